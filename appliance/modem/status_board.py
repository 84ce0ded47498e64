"""The modem's status as others see it: whole snapshots, and a bell for each change."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from appliance.domain.modem import ModemStatus


class StatusBoard:
    """Holds the newest snapshot. Written by the modem's service only."""

    def __init__(self) -> None:
        self._status = ModemStatus()
        self._generation = 0
        self._bell = asyncio.Event()

    @property
    def status(self) -> ModemStatus:
        """The newest snapshot."""
        return self._status

    @property
    def generation(self) -> int:
        """Rises each time the modem can be used anew."""
        return self._generation

    async def changed(self) -> None:
        """Return when something has changed since this call began."""
        await self._bell.wait()

    def update(self, **changes: Any) -> None:
        """Replace the snapshot; rings only if it differs."""
        status = replace(self._status, **changes)
        if status != self._status:
            self._status = status
            self._ring()

    def rise(self) -> None:
        """The modem can be used anew."""
        self._generation += 1
        self._ring()

    def _ring(self) -> None:
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()
