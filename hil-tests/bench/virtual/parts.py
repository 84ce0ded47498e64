"""Probed parts in virtual time: alive or dead, behind a link that loses packets and that can be cut."""

from __future__ import annotations

import asyncio
import random

from appliance.domain.health import Sample, Target

RTT_S = 0.012


class Link:
    """The box's own uplink, or a part's path. ``loss`` is the share of packets lost, each way."""

    def __init__(self) -> None:
        self.cut = False
        self.loss = 0.0


class VirtualPart:
    """A trunk, node or reference as probing sees it; implements ``Prober``.

    A request goes out ``sends`` times within one probe (RFC 3261 §17.1.2 retransmits); each copy and its answer must
    both survive the part's link and the box's uplink.
    """

    def __init__(self, target: Target, uplink: Link, chance: random.Random, *, sends: int = 2) -> None:
        self._target = target
        self._uplink = uplink
        self._chance = chance
        self._sends = sends
        self.alive = True
        self.link = Link()
        self.probes = 0

    @property
    def target(self) -> Target:
        """What this is."""
        return self._target

    async def probe(self, timeout_s: float) -> Sample:
        """One probe."""
        loop = asyncio.get_running_loop()
        self.probes += 1
        began = loop.time()
        for _ in range(self._sends):
            if self._arrives():
                await asyncio.sleep(RTT_S)
                return Sample(self._target, loop.time(), True, 1000 * (loop.time() - began), "200")
            await asyncio.sleep(timeout_s / self._sends)
        return Sample(self._target, loop.time(), False, None, f"no answer in {timeout_s:g} s")

    async def close(self) -> None:
        """Nothing to let go."""

    def _arrives(self) -> bool:
        if not self.alive or self.link.cut or self._uplink.cut:
            return False
        keeps = (1 - self.link.loss) ** 2 * (1 - self._uplink.loss) ** 2
        return self._chance.random() < keeps
