"""The mobile network's time, noted for the box's clock where nobody else tells the time.

The guard may not set a clock. It writes what the modem said beside the moment it was said; a unit of the image reads
it and decides. A network that tells no time changes nothing here: rotas are judged by the system's clock.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from appliance import wholefile

log = logging.getLogger(__name__)
FILE_NAME = "network-time.json"
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
FIRST_S, AGAIN_S, UNTOLD_S = 45.0, 3600.0, 300.0


def _write(path: Path, told: datetime, said_at_s: float) -> None:
    wholefile.replace(path, json.dumps({"time": told.isoformat(), "boottime": said_at_s}).encode())


class Timekeeper:
    """``ask`` gives the modem's clock; ``synchronised`` is a file that is there once NTP has set the clock."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[datetime | None]],
        state_dir: Path,
        *,
        synchronised: Path = SYNCHRONISED,
        first_s: float = FIRST_S,
        again_s: float = AGAIN_S,
        untold_s: float = UNTOLD_S,
    ) -> None:
        self._ask, self._path, self._synchronised = ask, state_dir / FILE_NAME, synchronised
        self._first_s, self._again_s, self._untold_s = first_s, again_s, untold_s

    async def run(self) -> None:
        """Until cancelled. A card wears by writing, so nothing is written while NTP keeps the clock."""
        await asyncio.sleep(self._first_s)
        while True:
            pause_s = self._again_s if await self.note() else self._untold_s
            await asyncio.sleep(pause_s)

    async def note(self) -> bool:
        """Ask and note once; whether the time is known, from here or from NTP."""
        if self._synchronised.exists():
            return True
        try:
            told = await self._ask()
        except Exception as error:  # a modem that is away is told of elsewhere
            log.debug("the modem does not tell the time: %s", error)
            return False
        if told is None:
            return False
        try:
            await asyncio.to_thread(_write, self._path, told, time.clock_gettime(time.CLOCK_BOOTTIME))
        except OSError as error:
            log.warning("%s: %s", self._path, error.strerror)
            return False
        return True
