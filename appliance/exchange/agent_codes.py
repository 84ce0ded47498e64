"""The codes by which agents say on their own phone whether they take calls. Pure.

A code may have a queue's extension behind it, and is about that queue only then: ``*62800``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.queueing.presence import Presence
from appliance.roster.models import Roster

CODES: Mapping[str, tuple[Presence, str]] = {  # what is said, and the prompt that confirms it
    "*61": (Presence.IN, "agent-in"),
    "*62": (Presence.OUT, "agent-out"),
    "*63": (Presence.PAUSED, "agent-paused"),
    "*64": (Presence.IN, "agent-resumed"),
}


@dataclass(frozen=True, slots=True)
class Code:
    """What was dialled. ``queue`` is an id; ``None``: all queues."""

    presence: Presence
    prompt: str
    queue: str | None = None


def read_code(dialled: str, roster: Roster) -> Code | None:
    """The code, or ``None`` where it is none, or names an extension that is no queue's."""
    found, extension = CODES.get(dialled[:3]), dialled[3:].rstrip("#")
    if found is None:
        return None
    if not extension:
        return Code(*found)
    queue = next((one.id for one in roster.queue if one.extension == extension), None)
    return Code(*found, queue) if queue is not None else None


# what is pressed at the agents' desk, where a voice has told the keys
KEYS: Mapping[str, Code] = {code[-1]: Code(*said) for code, said in CODES.items()}
