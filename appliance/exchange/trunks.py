"""The trunks at run time: how much each carries, which one failed lately, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from appliance.config.models import Trunk
from appliance.exchange.pacing import Go, NoTrunk, Pacer, TrunkView, take

SUSPECT_S = 30.0  # a trunk that failed is left alone so long, while another one does


class Trunks:
    """Gives out the right to place one call through one trunk."""

    def __init__(self, trunks: Sequence[Trunk], now: Callable[[], float]) -> None:
        self._trunks = [trunk for trunk in trunks if trunk.outbound]
        self._addresses = {trunk.name: trunk.sip for trunk in trunks}
        self._silent_about_callee = {trunk.name for trunk in trunks if not trunk.connected_number}
        self._now = now
        self._pacer = Pacer()
        self._in_use: Counter[str] = Counter()
        self._suspect_until: dict[str, float] = {}
        self._brought_at: dict[str, float] = {}
        self._freed = asyncio.Event()

    @property
    def outbound(self) -> tuple[str, ...]:
        """Those that calls are placed through."""
        return tuple(trunk.name for trunk in self._trunks)

    def host(self, trunk: str) -> str | None:
        """Where the trunk is, as a URI ends."""
        address = self._addresses.get(trunk)
        return None if address is None else address.place

    def domain(self, trunk: str) -> str | None:
        """The domain in which the trunk's operator knows our numbers: its own host."""
        address = self._addresses.get(trunk)
        return None if address is None else address.uri_host

    def names_callee(self, trunk: str) -> bool:
        """Whether what the trunk tells of the number that answered is worth something."""
        return trunk not in self._silent_about_callee

    def carry(self, trunk: str | None) -> None:
        """A call runs over the trunk, in or out."""
        if trunk is not None:
            self._in_use[trunk] += 1

    def free(self, trunk: str | None) -> None:
        """It is over."""
        if trunk is not None and self._in_use[trunk] > 0:
            self._in_use[trunk] -= 1
            self._freed.set()

    def forget_calls(self) -> None:
        """Nothing is known of any call any more."""
        self._in_use.clear()

    def suspect(self, trunk: str) -> None:
        """It refused or swallowed a call: others first, for a while."""
        self._suspect_until[trunk] = self._now() + SUSPECT_S

    def trust(self, trunk: str) -> None:
        """It brought a phone to ring."""
        self._suspect_until.pop(trunk, None)
        self._brought_at[trunk] = self._now()

    def brought_since(self, trunk: str, since: float) -> bool:
        """Whether it has brought any phone to ring since then."""
        return self._brought_at.get(trunk, float("-inf")) >= since

    @property
    def in_use(self) -> dict[str, int]:
        """Calls by trunk."""
        return {trunk: count for trunk, count in sorted(self._in_use.items()) if count}

    def left(self, refused: frozenset[str]) -> bool:
        """Whether there is a trunk that did not refuse this call."""
        return any(trunk.name not in refused for trunk in self._trunks)

    async def seat(self, refused: frozenset[str]) -> str | None:
        """Wait for one's turn; the trunk, or ``None`` where there is none that did not refuse this call."""
        while True:
            self._pacer, found = take(self._pacer, self._views(refused), self._now(), refused)
            if isinstance(found, Go):
                return found.trunk
            if isinstance(found, NoTrunk):
                return None
            self._freed.clear()
            try:
                async with asyncio.timeout(max(0.0, found.until - self._now())):
                    await self._freed.wait()
            except TimeoutError:
                continue

    def _views(self, refused: frozenset[str]) -> list[TrunkView]:
        now = self._now()
        doubtful = {name for name, until in self._suspect_until.items() if until > now}
        if all(trunk.name in doubtful | refused for trunk in self._trunks):
            doubtful = set()  # a doubtful trunk is better than none
        return [
            TrunkView(trunk.name, trunk.cps, trunk.channels, self._in_use[trunk.name], trunk.name not in doubtful)
            for trunk in self._trunks
        ]
