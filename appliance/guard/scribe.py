"""Events reach the journal in the order they happened, and deciding never waits for a disk."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from typing import Any

from appliance.guard.ports import JournalPort

log = logging.getLogger(__name__)

TOO_LONG_TO_LOG = ("samples", "exchanges")  # they are in the journal
MAX_WAITING = 10_000  # events kept while the journal does not take them; the oldest go first


class Scribe:
    """Writes what happened. ``say`` never waits; ``settled`` waits until all said is durable, or for a time."""

    def __init__(self, journal: JournalPort) -> None:
        self._journal = journal
        self._waiting: deque[tuple[str, Mapping[str, Any]]] = deque(maxlen=MAX_WAITING)
        self._said = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()

    def say(self, type_: str, data: Mapping[str, Any]) -> None:
        """Something happened."""
        log.info(
            "%s %s", type_, " ".join(f"{key}={value}" for key, value in data.items() if key not in TOO_LONG_TO_LOG)
        )
        if len(self._waiting) == MAX_WAITING:
            log.error("the journal does not keep up; the oldest waiting event is lost: %s", self._waiting[0][0])
        self._waiting.append((type_, data))
        self._settled.clear()
        self._said.set()

    async def settled(self, within_s: float) -> bool:
        """Whether everything said so far became durable in time. ``False`` must not stop a change: the calls of
        this minute weigh more than the story of it."""
        try:
            async with asyncio.timeout(within_s):
                await self._settled.wait()
        except TimeoutError:
            log.warning("the journal did not answer within %g s; going on without it", within_s)
            return False
        return True

    async def run(self) -> None:
        """Write, forever."""
        while True:
            await self._said.wait()
            while self._waiting:
                type_, data = self._waiting[0]
                await self._journal.append(type_, data)
                self._waiting.popleft()
            self._said.clear()
            self._settled.set()
