"""A journal in memory that outlives the guard that wrote it, as a disk would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from appliance.domain.events import Event


class VirtualJournal:
    """Implements ``JournalPort``."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.kept: dict[str, str] = {}
        self._flows = asyncio.Event()
        self._flows.set()

    def stick(self) -> None:
        """Every write hangs, as on a dying card, until :meth:`unstick`."""
        self._flows.clear()

    def unstick(self) -> None:
        """Writes go through again."""
        self._flows.set()

    async def append(self, type_: str, data: Mapping[str, Any]) -> Event:
        """Keep an event, JSON and all, so that what cannot be written is found."""
        await self._write()
        loop_s = asyncio.get_running_loop().time()
        event = Event(len(self.events) + 1, f"{loop_s:.3f}", "boot", str(type_), json.loads(json.dumps(data)))
        self.events.append(event)
        return event

    async def remember(self, key: str, value: Any) -> bool:
        """Keep a value."""
        await self._write()
        self.kept[key] = json.dumps(value)
        return True

    async def recall(self, key: str) -> Any:
        """The value kept last."""
        return json.loads(self.kept[key]) if key in self.kept else None

    def of(self, type_: str) -> list[Event]:
        """The events of one type."""
        return [event for event in self.events if event.type == type_]

    async def _write(self) -> None:
        await asyncio.sleep(0.002)  # about an fsync
        await self._flows.wait()
