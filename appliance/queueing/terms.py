"""On which terms a caller waits: when they are not taken in, when they leave, what they are told meanwhile. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.roster.destinations import Queue

RECENT = 30  # answered calls that the expected wait is made of; older ones were on another day's staff


class Left(StrEnum):
    """Why somebody no longer waits."""

    AGENT = "agent"  # has an agent
    CALLER = "caller"  # hung up
    FULL = "full"  # was not taken in
    WAITED = "waited"  # for as long as anybody may
    NOBODY = "nobody"  # no agent is logged in
    CALLBACK = "callback"  # will be called back
    GONE = "gone"  # the roster has the queue no more


@dataclass(frozen=True, slots=True)
class Staff:
    """How many agents a queue has: ``logged_in`` in all, ``at_work`` of them not paused."""

    logged_in: int
    at_work: int


def leaves(queue: Queue, waits_s: float, staff: Staff) -> Left | None:
    """Why somebody who waits leaves for the overflow now; ``None``: they wait on."""
    if staff.logged_in == 0:
        return Left.NOBODY
    return Left.WAITED if waits_s >= queue.max_wait_s else None


def refuses(queue: Queue, waiting: int, staff: Staff) -> Left | None:
    """Why somebody who comes while ``waiting`` others wait is not taken in."""
    if staff.logged_in == 0:
        return Left.NOBODY
    return Left.FULL if waiting >= queue.max_waiting else None


def expected_wait_s(position: int, at_work: int, recent_s: Sequence[float]) -> float | None:
    """How long the one at ``position`` (1: the next) will probably wait.

    While all agents talk, one of them becomes free every mean handling time divided by their number, and ``position``
    of them must. ``recent_s`` are handling times (talk and wrap-up), the newest last. ``None``: nobody can tell.
    """
    if at_work <= 0 or not recent_s:
        return None
    recent = recent_s[-RECENT:]
    return position * (sum(recent) / len(recent)) / at_work


def announcement(queue: Queue, position: int, wait_s: float | None) -> tuple[tuple[str, Mapping[str, int]], ...]:
    """The prompts that tell somebody where they stand and what they can do, by name and with their values; none where
    the queue says nothing."""
    said: list[tuple[str, Mapping[str, int]]] = []
    if queue.say_position:
        said.append(("queue-next", {}) if position == 1 else ("queue-position", {"position": position}))
    if queue.say_wait and wait_s is not None:
        minutes = math.ceil(wait_s / 60)
        said.append(("queue-wait-short", {}) if minutes <= 1 else ("queue-wait", {"minutes": minutes}))
    if said:
        by_key = queue.callback is not None and queue.callback.key
        said.append(("callback-offer", {}) if by_key else ("queue-thanks", {}))
    return tuple(said)
