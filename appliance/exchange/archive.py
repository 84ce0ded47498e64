"""Everything of recordings that an exchange has, put together: who writes them, who keeps them, where they lie."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.asterisk.site import RECORDINGS, SPARES
from appliance.config import Config
from appliance.exchange.listening_desk import ListeningDesk
from appliance.exchange.pin_gate import Memory, PinGate
from appliance.exchange.recorder import Recorder
from appliance.recordings.book import FILE, Book
from appliance.recordings.keeper import MIB, Keeper, Log

PLAYED = "played"  # below RECORDINGS: copies for Asterisk to play, while somebody listens
FOLDER = "recordings"  # below the exchange's folder of the state directory
Append = Callable[[str, Mapping[str, Any]], Awaitable[object]]


class Archive:
    """Start the recorder's scribe before calls come; close it at the end."""

    def __init__(self, config: Config, log: Log, append: Append, memory: Memory) -> None:
        folder = config.device.state_dir / "exchange"
        self._exchange = config.exchange.name
        self.book = Book(folder / FILE)
        self.keeper = Keeper(
            self.book,
            log,
            folder / FOLDER,
            reserve_bytes=config.recordings.reserve_mb * MIB,
            days=config.recordings.days,
            append=append,
            wall=lambda: datetime.now(UTC),
        )
        self.recorder = Recorder(self.keeper, spares_of(config.exchange.directories.spool), append)
        self.keeper.stop = self.recorder.stop_all
        self.desk = ListeningDesk(
            self.keeper,
            PinGate(memory, time.time),
            config.exchange.directories.spool / RECORDINGS / PLAYED,
            config.recordings.extension,
        )

    async def run(self) -> None:
        """Keep order, for ever."""
        await self.desk.sweep()
        await self.keeper.run()

    async def follow(self) -> None:
        """Take over what the call log learns, for ever."""
        await self.keeper.follow(self._exchange)

    async def close(self) -> None:
        """Bring what has come to the disk; Asterisk goes on by itself."""
        await self.recorder.close()
        await self.book.close()


def spares_of(spool: Path) -> Path:
    """Where Asterisk records by itself, while no exchange is there to do it."""
    return spool / RECORDINGS / SPARES
