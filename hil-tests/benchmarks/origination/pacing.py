"""Ring-all through a trunk that allows few calls a second: is it kept, and is the lag told right?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.oncall.site import Site
from benchmarks.origination.rounds import RingBy, play

SLACK_S = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What a trunk allows, and how many phones ring through it."""

    cps: float
    phones: int

    @property
    def at_once(self) -> int:
        """How many calls may start together."""
        return max(1, math.floor(self.cps))

    @property
    def soonest_s(self) -> float:
        """When the last phone may ring at the earliest: so many calls at once as the trunk allows in a second (one
        at least), and the next so many when that second, or the longer time of a slower trunk, is over."""
        return ((self.phones - 1) // self.at_once) * self.at_once / self.cps


@dataclass(frozen=True, slots=True)
class PacedRound:
    """``first_to_last_s`` as the phones saw it, ``told_s`` as the call log tells it, ``most`` calls in any second."""

    first_to_last_s: float
    told_s: float
    most: int


def most_in(rang_s: Sequence[float], window_s: float) -> int:
    """The most ringings within any span of ``window_s``, its end excluded; ``rang_s`` rises."""
    most = first = 0
    for last, at in enumerate(rang_s):
        while at - rang_s[first] >= window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


async def paced(site: Site, pace: Pace) -> PacedRound:
    """One round through a running exchange that was started with this pace."""
    began = datetime.now(UTC)
    round_ = await play(site, RingBy.EXCHANGE, pace.phones, pace.soonest_s + SLACK_S)
    rows = await site.calls(began)
    told_s = [row.get("last_phone_rang_after_s") for row in rows]
    if len(told_s) != 1 or told_s[0] is None:
        raise RuntimeError(f"the call log should tell of one call and its last phone: {rows}")
    # a ringing on its way may come a little sooner after the one before than it was sent
    return PacedRound(round_.rang_s[-1] - round_.rang_s[0], told_s[0], most_in(round_.rang_s, 0.95))
