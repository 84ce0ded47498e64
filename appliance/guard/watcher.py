"""One target, probed at its pace: the I/O around :mod:`appliance.guard.health`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from appliance.domain.health import Sample, Target
from appliance.guard.ports import Prober

JITTER = 0.1  # of each interval, so that ten thousand boxes do not probe in step


class Watcher:
    """Probes one target forever. Intervals run from start to start; a probe never overlaps the next."""

    def __init__(
        self,
        prober: Prober,
        *,
        timeout_s: float,
        shortest_s: float,
        pace: Callable[[Target], float],
        report: Callable[[Sample, float], None],
        beat: Callable[[], None],
        chance: random.Random,
    ) -> None:
        self._prober = prober
        self._timeout_s = timeout_s
        self._shortest_s = shortest_s
        self._pace = pace
        self._report = report
        self._beat = beat
        self._chance = chance
        self._prodded = asyncio.Event()
        self._waiters: list[asyncio.Future[Sample]] = []

    @property
    def target(self) -> Target:
        """What is watched."""
        return self._prober.target

    def prod(self) -> None:
        """Probe soon instead of in turn."""
        self._prodded.set()

    async def fresh(self) -> Sample:
        """A sample that was asked for after this call."""
        loop = asyncio.get_running_loop()
        for _ in range(2):  # the one under way may have begun before
            waiter: asyncio.Future[Sample] = loop.create_future()
            self._waiters.append(waiter)
            self.prod()
            sample = await waiter
        return sample

    async def run(self) -> None:
        """Probe, forever."""
        loop = asyncio.get_running_loop()
        try:
            await asyncio.sleep(self._chance.uniform(0, self._shortest_s))
            while True:
                began = loop.time()
                self._prodded.clear()
                self._beat()
                sample = await self._prober.probe(self._timeout_s)
                self._report(sample, began)
                for waiter in self._waiters:
                    if not waiter.done():
                        waiter.set_result(sample)
                self._waiters.clear()
                pace_s = self._pace(self.target) * self._chance.uniform(1 - JITTER, 1 + JITTER)
                await self._rest(began, pace_s)
        finally:
            await self._prober.close()

    async def _rest(self, began: float, pace_s: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(max(began + pace_s, loop.time())):
                await self._prodded.wait()
            await asyncio.sleep(max(0.0, began + self._shortest_s - loop.time()))
        except TimeoutError:
            pass
