"""Callers who wait, one agent who is free again and again; how long until the next caller is heard."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from benchmarks.fifty.ears import Ears, End
from benchmarks.fifty.sound import LOUD, Frame
from benchmarks.oncall.farside import Seen
from benchmarks.oncall.numbers import caller
from benchmarks.oncall.site import Site
from benchmarks.queue.setting import AGENT, EXTENSION, LINE

APART_S = 0.2  # between two callers who come: more a second than operators bring, and their order is certain
SETTLING_S, SETTLED_WITHIN_S = 2.0, 60.0
QUIET_SHARE = 0.1  # of a core
CONNECTED_WITHIN_S = 30.0
TALKS_S = (1.0, 2.5)  # of chance, so that no rival's look at its queue keeps step with the calls
LOOK_S, WRITTEN_WITHIN_S = 0.02, 10.0
TALK_CHANNELS = 2


class QueueBy(Enum):
    """Whose queue it is."""

    EXCHANGE = "**Hotline's exchange**"
    APP_QUEUE = "`app_queue`"


@dataclass(frozen=True, slots=True)
class Served:
    """One caller who got the agent: seconds from when that one hung up on the caller before until the agent's phone
    was called, and until the agent heard the caller."""

    called_s: float
    heard_s: float


@dataclass(frozen=True, slots=True)
class Shift:
    """One agent's work. ``overtaken``: callers who were brought before somebody who had come earlier."""

    served: tuple[Served, ...]
    overtaken: int
    others: float  # the share of the machine that other programs used


@dataclass(frozen=True, slots=True)
class Load:
    """Processor while nothing happens but music: shares of one core."""

    asterisk: float
    exchange: float
    others: float


class RoundError(Exception):
    """Somebody who waited was not connected."""


def first_loud(frames: Sequence[Frame]) -> float | None:
    """When sound began (seconds); ``None``: only silence."""
    return next(
        (one.at for one in frames if np.abs(np.frombuffer(one.sound, "<i2").astype(np.int32)).max(initial=0) >= LOUD),
        None,
    )


def overtaken(brought: Sequence[str]) -> int:
    """How many were brought before somebody who came earlier; numbers rise in the order in which they came."""
    return sum(later < earlier for earlier, later in itertools.pairwise(brought))


def calls_in(brought: Sequence[Seen], times: Sequence[tuple[float, float]], to_loop: float) -> list[float | None]:
    """When the agent was called in each span of ``times``; of several calls the last, the one that was heard.

    ``to_loop`` is added to the far side's clock and gives that of ``times``.
    """
    at = [one.at + to_loop for one in brought]
    return [max((one for one in at if begin <= one <= end), default=None) for begin, end in times]


class Desk:
    """Callers come to one queue of a site, and its agent's phone is an end of ``ears``."""

    def __init__(self, site: Site, ears: Ears, way: QueueBy) -> None:
        self._site, self._ears, self._way = site, ears, way
        self._came = 0
        self._mark = site.far_side.mark()

    async def come(self, callers: int) -> None:
        """So many more dial, one after the other."""
        for _ in range(callers):
            self._came += 1
            await self._site.far_side.sing(LINE if self._way is QueueBy.EXCHANGE else EXTENSION, caller(self._came))
            await asyncio.sleep(APART_S)

    async def settled(self) -> None:
        """Return once the callers who came have been taken in, and only their music is left to do."""
        until = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < until:
            before = self._site.usage()[1]
            await asyncio.sleep(SETTLING_S)
            after = self._site.usage()[1]
            if before is None or after is None or after.cpu_s - before.cpu_s < QUIET_SHARE * SETTLING_S:
                return
        raise RoundError(f"{self._way.value}: the exchange is still at work after {SETTLED_WITHIN_S:.0f} s")

    async def heard(self, before: End | None) -> tuple[End, float]:
        """The agent's call after ``before``, and when the caller was heard in it. Raises :class:`RoundError`."""
        until = time.monotonic() + CONNECTED_WITHIN_S
        while time.monotonic() < until:
            end = self._ears.ends.get(AGENT)
            if end is not None and end is not before and (at := first_loud(end.heard)) is not None:
                return end, at
            await asyncio.sleep(LOOK_S)
        raise RoundError(f"{self._way.value}: the agent heard nobody for {CONNECTED_WITHIN_S:.0f} s")

    def free(self) -> float:
        """The agent hangs up; when (the loop's clock). Read before: the next call may come at once."""
        at = asyncio.get_running_loop().time()
        self._ears.hang_up([AGENT])
        return at

    async def brought(self, whole: Callable[[Sequence[Seen]], bool]) -> list[Seen]:
        """Every call to the agent so far, once they are ``whole``: the far side's log comes behind its work."""
        until = time.monotonic() + WRITTEN_WITHIN_S
        while True:
            found = [one for one in self._site.far_side.seen(self._mark) if one.what == "brought"]
            if whole(found) or time.monotonic() > until:
                return found
            await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        """Everybody leaves: who waits, and then who talks with the agent.

        The agent must not become free meanwhile. Where a caller hangs up while ``app_queue`` (22.10.1) begins to call
        a member for them, it keeps the member in its ``pending_members``, and skips them from then on ("has another
        call trying") until their device state changes. A number behind a trunk has none: nobody would be rung again.
        """
        brought = await self.brought(bool)
        talks = brought[-1].who if brought else None
        for one in map(caller, range(1, self._came + 1)):
            if one != talks:
                await self._site.far_side.end_song(one)
        with contextlib.suppress(TimeoutError):  # of a round that broke off, any number may be left
            await self._site.quiet(TALK_CHANNELS)
        await self._site.far_side.end_songs()
        self._ears.hang_up()
        await self._site.quiet()
        self._ears.forget()


async def shift(site: Site, ears: Ears, way: QueueBy, waiting: int, serve: int, chance: random.Random) -> Shift:
    """``waiting`` callers wait whenever the agent becomes free, ``serve`` times. Raises :class:`RoundError`."""
    loop, desk, look = asyncio.get_running_loop(), Desk(site, ears, way), site.look()
    to_loop = loop.time() - time.time()
    times: list[tuple[float, float]] = []
    try:
        await desk.come(1)
        end, _ = await desk.heard(None)
        await desk.come(waiting)
        await desk.settled()
        for _ in range(serve):
            free_at = desk.free()
            end, heard_at = await desk.heard(end)
            times.append((free_at, heard_at))
            await desk.come(1)
            await asyncio.sleep(chance.uniform(*TALKS_S))
        # an agent who is busy still is called again, so their number does not tell whether all are in the log
        brought = (await desk.brought(lambda seen: None not in calls_in(seen, times, to_loop)))[1:]
    finally:
        await desk.close()
    served = []
    for (free_at, heard_at), at in zip(times, calls_in(brought, times, to_loop), strict=True):
        if at is None:
            raise RoundError(f"{way.value}: the far side did not see the agent being called")
        served.append(Served(at - free_at, heard_at - free_at))
    return Shift(tuple(served), overtaken([one.who for one in brought]), look.share_until(site.look()))


async def load(site: Site, ears: Ears, way: QueueBy, waiting: int, measuring_s: float) -> Load:
    """``waiting`` callers hear music while the agent talks. Raises :class:`RoundError`."""
    desk = Desk(site, ears, way)
    try:
        await desk.come(1)
        await desk.heard(None)
        await desk.come(waiting)
        await desk.settled()
        before, look, began = site.usage(), site.look(), time.monotonic()
        await asyncio.sleep(measuring_s)
        after, lasted_s = site.usage(), time.monotonic() - began
        others = look.share_until(site.look())
    finally:
        await desk.close()
    exchange_s = after[1].cpu_s - before[1].cpu_s if after[1] and before[1] else 0.0
    return Load((after[0].cpu_s - before[0].cpu_s) / lasted_s, exchange_s / lasted_s, others)
