"""The codes a member presses while talking: ``*1`` and ``*2``, an extension, ``#``. Pure.

``*1 201 #`` transfers blind, ``*2 201 #`` after a consultation; a pause of :data:`PAUSE_S` stands for ``#``. A second
``*`` begins anew. Whatever else is pressed is the talk's own business: a member may press keys for a caller's menu.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

PAUSE_S = 4.0
MOST_DIGITS = 6  # as long as an extension may be
BEGIN, END = "*", "#"


class Kind(StrEnum):
    """How a caller is handed on."""

    BLIND = "blind"
    ATTENDED = "attended"


CODES = {"1": Kind.BLIND, "2": Kind.ATTENDED}


@dataclass(frozen=True, slots=True)
class Keys:
    """What was pressed so far. ``until`` (the exchange's clock, seconds) is when a pause ends it; ``None``: nothing
    is under way. ``kind`` is ``None`` between ``*`` and the digit that says what is meant."""

    kind: Kind | None = None
    digits: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A code that is complete. ``extension`` may be nobody's; it is empty where more was pressed than any has."""

    kind: Kind
    extension: str


def press(keys: Keys, digit: str, now: float) -> tuple[Keys, Wish | None]:
    """A key was pressed."""
    if keys.until is not None and now >= keys.until:
        keys = Keys()  # the pause was not noticed in time, or nothing came of it
    if digit == BEGIN:
        return Keys(until=now + PAUSE_S), None
    if keys.until is None:
        return Keys(), None
    if keys.kind is None:
        kind = CODES.get(digit)
        return (Keys(kind, until=now + PAUSE_S), None) if kind else (Keys(), None)
    if digit == END:
        return Keys(), _wish(keys.kind, keys.digits)
    if digit not in "0123456789":
        return Keys(), None
    digits = (keys.digits + digit)[: MOST_DIGITS + 1]  # one too many is remembered, and no more
    return replace(keys, digits=digits, until=now + PAUSE_S), None


def pause(keys: Keys, now: float) -> tuple[Keys, Wish | None]:
    """Time has passed: a pause that is long enough ends what was begun."""
    if keys.until is None or now < keys.until:
        return keys, None
    return Keys(), _wish(keys.kind, keys.digits) if keys.kind is not None else None


def _wish(kind: Kind, digits: str) -> Wish | None:
    """``*1#`` takes it back."""
    if not digits:
        return None
    return Wish(kind, digits if len(digits) <= MOST_DIGITS else "")
