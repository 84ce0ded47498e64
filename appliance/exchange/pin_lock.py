"""How often a PIN may be guessed. Pure.

Four digits are ten thousand guesses. After each three wrong ones in a row there is a pause, a quarter of an hour at
first and twice as long each time, a day at most: whoever tries day and night gets some three guesses a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRIES = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 900.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Lock:
    """``wrong`` guesses in a row; locked until ``until`` (Unix seconds)."""

    wrong: int = 0
    until: float = 0.0

    def holds(self, now: float) -> bool:
        """Whether no PIN is looked at now. A clock that was set back must not lock anybody out for longer."""
        return now < self.until <= now + LONGEST_PAUSE_S

    def tried(self, now: float) -> Lock:
        """One guess more. It counts as wrong before it is looked at: a crash in between gives nothing away."""
        wrong = self.wrong + 1
        if wrong % TRIES:
            return Lock(wrong, self.until)
        pause_s = min(FIRST_PAUSE_S * 2 ** min(wrong // TRIES - 1, 16), LONGEST_PAUSE_S)
        return Lock(wrong, now + pause_s)


def read_lock(kept: object) -> Lock:
    """What was kept; a new one where that cannot be read."""
    if not isinstance(kept, Mapping):
        return Lock()
    wrong, until = kept.get("wrong"), kept.get("until")
    if not isinstance(wrong, int) or not isinstance(until, (int, float)) or wrong < 0:
        return Lock()
    return Lock(wrong, float(until))


def kept(lock: Lock) -> dict[str, Any]:
    """As it is kept."""
    return {"wrong": lock.wrong, "until": lock.until}
