"""What every language has: the templates of phrases, walked and looked up."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from appliance.domain.phrase import Phrase
from appliance.web.languages import NAMES, SOURCE
from tests.web.messages import translated

OTHERS = [language for language in NAMES if language != SOURCE]
Template = str | tuple[str, str]


@functools.cache
def known(language: str) -> frozenset[Template]:
    """The messages of a catalogue that are translated."""
    return frozenset(one.id for one in translated(language) if one.id and one.string)


def templates(text: str) -> Iterator[Template]:
    """All that a phrase is made of; none of a text that is no phrase."""
    if not isinstance(text, Phrase):
        return
    if not text.joins:
        yield text.template if text.many is None else (text.template, text.many)
    for part in (*text.parts, *text.values.values()):
        if isinstance(part, str):
            yield from templates(part)


def unspoken(text: str) -> list[tuple[str, Template]]:
    """The languages that lack a template of it."""
    return [(language, one) for one in templates(text) for language in OTHERS if one not in known(language)]
