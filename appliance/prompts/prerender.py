"""What is said sooner or later, so that it is spoken before anybody waits for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from appliance.domain.prompts import PROMPTS
from appliance.prompts.grammar import Value
from appliance.prompts.plan import PromptSet, Sounds, Spoken, plan

POSITIONS, MINUTES = 20, 30


def foreseeable(
    language: str, prompts: str | None, sets: Mapping[str, PromptSet], there: Sounds
) -> Iterator[tuple[str, str]]:
    """Words and their language: every fixed prompt, and the positions and waits that are usual."""
    cases: list[tuple[str, dict[str, Value]]] = [(name, {}) for name, values in PROMPTS.items() if not values]
    cases += [("queue-position", {"position": number}) for number in range(2, POSITIONS + 1)]
    cases += [("queue-wait", {"minutes": number}) for number in range(1, MINUTES + 1)]
    for name, values in cases:
        said = plan(name, values, language, prompts, sets, there)
        for piece in said.pieces:
            if isinstance(piece, Spoken):
                yield piece.text, said.language
