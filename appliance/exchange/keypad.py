"""Digits that somebody keys in, ended by ``#`` or by a pause. Pure; ``now`` is a monotonic clock."""

from __future__ import annotations

PAUSE_S = 4.0  # after the last digit
FIRST_S = 10.0  # until the first one
DIGITS = "0123456789"


class Keypad:
    """Takes keys until it is done. ``most`` digits count; whoever presses more has keyed in something else."""

    def __init__(self, most: int) -> None:
        self._most, self._digits, self._too_many = most, "", False
        self._until: float | None = None

    def asked(self, now: float) -> None:
        """The question has been put: time runs, unless a key was pressed already."""
        if self._until is None:
            self._until = now + FIRST_S

    @property
    def wakes_at(self) -> float | None:
        """When it is done without another key."""
        return self._until

    def key(self, key: str, now: float) -> bool:
        """A key; ``True``: that was the last. ``*`` begins anew."""
        if key == "#":
            return True
        if key == "*":
            self._digits, self._too_many = "", False
        elif key in DIGITS and len(self._digits) < self._most:
            self._digits += key
        else:
            self._too_many = True
        self._until = now + PAUSE_S
        return False

    @property
    def entered(self) -> str:
        """What was keyed in; empty for nothing, and for too much."""
        return "" if self._too_many else self._digits
