"""The calendars that lines need are loaded before a call waits for them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from appliance.exchange.world import Standing
from appliance.roster.holidays import is_holiday
from appliance.threads import in_daemon_thread


class Warming:
    """:meth:`run` loads them at the start, and after each :meth:`poke`."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """The roster may name other calendars now."""
        self._poked.set()

    async def run(self) -> None:
        """Serve until cancelled."""
        while True:
            await in_daemon_thread(self._load, "holidays")
            await self._poked.wait()
            self._poked.clear()

    def _load(self) -> None:
        for hours in self._standing.roster.hours:
            if hours.holidays is not None:
                is_holiday(hours.holidays, datetime.now(UTC).date())
