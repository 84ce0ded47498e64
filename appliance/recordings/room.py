"""Room on the disk: recordings must never take what the journal and the call log need. Pure.

A part of the disk is kept free (the *reserve*). Where less is left, the oldest recordings go before their time, those
of the last day never; where that is not enough, nothing new is recorded; where less than half of the reserve is left,
what is being recorded ends. So a box that is forgotten for years keeps the newest, as any recorder with a ring does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from appliance.recordings.entry import Recording

NEVER_YOUNGER_THAN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Room:
    """What a look at the disk came to. ``refuse``: nothing new is begun; ``stop``: what is being made ends too.
    ``missing_bytes`` should become free."""

    refuse: bool
    stop: bool
    missing_bytes: int


def look(free_bytes: int, reserve_bytes: int) -> Room:
    """Judge what is free."""
    missing = max(0, reserve_bytes - free_bytes)
    return Room(missing > 0, 2 * free_bytes < reserve_bytes, missing)


def to_erase(oldest: Iterable[Recording], missing_bytes: int) -> list[Recording]:
    """The first of ``oldest`` that together make enough room, or all of them."""
    chosen: list[Recording] = []
    for one in oldest:
        if missing_bytes <= 0:
            break
        chosen.append(one)
        missing_bytes -= one.size
    return chosen
