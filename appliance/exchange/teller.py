"""Tells each call once it has ended: follows the log by its ``seq``, so that a crash forgets none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from appliance.calls import codec
from appliance.calls.health import CallLogError
from appliance.calls.queries import Row

CALL_EVENT = "call"
CURSOR = "exchange-calls-told"
RETRY_S = 5.0
_log = logging.getLogger(__name__)


class Followed(Protocol):
    """The call log as it is followed."""

    async def after(self, seq: int, limit: int = 100) -> list[Row]:
        """What changed after."""

    async def wait_beyond(self, seq: int) -> None:
        """Return when there is something."""


class Events(Protocol):
    """The journal as calls are told to it."""

    async def append(self, type_: str, data: Mapping[str, Any]) -> object:
        """Record an event, durably."""

    async def remember(self, key: str, value: Any) -> bool:
        """Keep a value."""

    async def recall(self, key: str) -> Any:
        """The value last kept."""


async def tell_calls(name: str, log: Followed, journal: Events) -> None:
    """An event ``call`` for each call of this exchange that has ended; at least once each. Runs until cancelled."""
    kept = await journal.recall(CURSOR)
    seq = kept if isinstance(kept, int) else 0
    while True:
        await log.wait_beyond(seq)
        try:
            rows = await log.after(seq)
        except CallLogError as error:
            _log.warning("calls are not told: %s", error)
            await asyncio.sleep(RETRY_S)
            continue
        for row in rows:
            if row.record.exchange == name and row.record.ended_at is not None:
                await journal.append(CALL_EVENT, codec.to_mapping(row.record))
        if rows:
            seq = rows[-1].seq
            await journal.remember(CURSOR, seq)
