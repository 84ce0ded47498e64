"""The call log of an exchange: every call, from its arrival on, durable.

Theory of operation. A record is put as a whole each time something of a call has changed, and replaces what was
there; whoever follows the log sees it again under a new ``seq``. Records wait in memory, by call, for the one writer
task, which takes all that wait as one transaction. A call must never suffer from its log: while the disk refuses or
hangs, :meth:`CallLog.put` gives up after ``PATIENCE_S`` once and at once from then on, and the records stay in memory
until the disk takes them.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from appliance.calls import codec, privacy, queries
from appliance.calls.health import CallLogError, CallLogHealth
from appliance.calls.queries import CallQuery, Row
from appliance.calls.writer import CallWriter
from appliance.domain.calls import CallRecord
from appliance.domain.privacy import Erased, HolderError
from appliance.domain.times import rfc3339

PATIENCE_S = 1.0  # how long a call may be held up, once
PRUNE_EVERY_S = 6 * 3600.0

_log = logging.getLogger(__name__)


class CallLog:
    """Open it with :meth:`open`; one process writes a log, others read it (:mod:`appliance.calls.reader`)."""

    def __init__(self, exchange: str, writer: CallWriter) -> None:
        self._exchange, self._writer = exchange, writer

    @classmethod
    async def open(
        cls,
        path: Path,
        exchange: str,
        *,
        on_trouble: Callable[[CallLogHealth], None] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Self:
        """Open or begin the log. Never raises: in memory, and unhealthy, where the disk refuses.

        ``exchange`` is the own name; ``on_trouble`` is called when the health turns, from the event loop.
        """
        log = cls(exchange, CallWriter(path, on_trouble, patience_s))
        await log._writer.start()
        return log

    @property
    def health(self) -> CallLogHealth:
        """Whether everything is on disk."""
        return self._writer.health

    @property
    def last_seq(self) -> int:
        """The newest ``seq`` that :meth:`after` can return."""
        return self._writer.last_seq

    async def put(self, record: CallRecord) -> int | None:
        """Keep the record; its ``seq`` once it is durable, ``None`` while the disk refuses (it is then kept in memory
        and written as soon as the disk takes it)."""
        return await self._writer.put(record)

    async def after(self, seq: int, limit: int = 100) -> list[Row]:
        """Up to ``limit`` records changed after ``seq``, in that order. Raises :class:`CallLogError`."""
        return await self._writer.ask(lambda connection: queries.after(connection, seq, limit))

    async def wait_beyond(self, seq: int) -> None:
        """Return when :meth:`after` has something beyond ``seq``."""
        await self._writer.written_beyond(seq)

    async def open_calls(self) -> list[CallRecord]:
        """This exchange's calls that have not ended, as far as is known. Raises :class:`CallLogError`."""
        rows = await self._writer.ask(lambda connection: queries.open_calls(connection, self._exchange))
        known = {(row.record.exchange, row.record.id): row.record for row in rows} | self._writer.waiting
        return [record for record in known.values() if record.exchange == self._exchange and record.ended_at is None]

    @property
    def remembered(self) -> list[CallRecord]:
        """This exchange's calls that have not ended and wait for the disk; no disk is asked."""
        waiting = self._writer.waiting.values()
        return [record for record in waiting if record.exchange == self._exchange and record.ended_at is None]

    async def get(self, id_: str) -> CallRecord | None:
        """A call of this exchange, ended or not; ``None`` where there is none. Raises :class:`CallLogError`."""
        if (record := self._writer.waiting.get((self._exchange, id_))) is not None:
            return record
        rows = await self._writer.ask(lambda connection: queries.by_id(connection, id_))
        return next((row.record for row in rows if row.record.exchange == self._exchange), None)

    async def find(self, query: CallQuery) -> list[CallRecord]:
        """What the query asks for, of all exchanges, newest first. Raises :class:`CallLogError`."""
        rows = await self._writer.ask(lambda connection: queries.find(connection, query))
        return [row.record for row in rows]

    async def collect(self, exchange: str, rows: Sequence[Row]) -> None:
        """Take over rows of another exchange's log, and with them, in one transaction, how far it has been read.

        Raises :class:`CallLogError`: then ask for what is after :meth:`collected` again.
        """
        if exchange == self._exchange:
            raise ValueError("an exchange does not collect its own calls")

        def take(connection: sqlite3.Connection) -> int:
            queries.collect(connection, exchange, rows)
            return queries.last_seq(connection)

        self._writer.told(await self._writer.ask(take))

    async def collected(self, exchange: str) -> int:
        """The last ``seq`` collected of another exchange: ask it for what is after. Raises :class:`CallLogError`."""
        return await self._writer.ask(lambda connection: queries.collected(connection, exchange))

    @property
    def kind(self) -> str:
        """See :class:`appliance.domain.privacy.Holder`."""
        return "calls"

    async def export(self, digits: str) -> list[dict[str, Any]]:
        """Every call from a number, of all exchanges. Raises :class:`appliance.domain.privacy.HolderError`."""
        try:
            rows = await self._writer.ask(lambda connection: privacy.of_caller(connection, digits))
        except CallLogError as error:
            raise HolderError(str(error)) from None
        return [codec.to_mapping(row.record) for row in rows]

    async def erase(self, digits: str) -> Erased:
        """Make the calls from a number nobody's. Raises :class:`appliance.domain.privacy.HolderError`."""

        def erase(connection: sqlite3.Connection) -> tuple[int, int, int]:
            return (*privacy.forget_caller(connection, digits), queries.last_seq(connection))

        try:
            erased, in_use, last = await self._writer.ask(erase)
        except CallLogError as error:
            raise HolderError(str(error)) from None
        self._writer.told(last)
        return Erased(erased, in_use)

    async def prune(self, older_than: datetime) -> int:
        """Drop what arrived before; how many. Raises :class:`CallLogError`."""
        count = 0
        while dropped := await self._writer.ask(lambda connection: queries.prune(connection, rfc3339(older_than))):
            count += dropped
        return count

    async def keep_pruned(self, keep_days: float) -> None:
        """Drop what is older than ``keep_days``, now and every few hours. Runs until it is cancelled."""
        while True:
            try:
                if count := await self.prune(datetime.now(UTC) - timedelta(days=keep_days)):
                    _log.info("%d calls older than %g days were dropped from the log", count, keep_days)
            except CallLogError as error:
                _log.warning("old calls are not dropped from the log: %s", error)
            await asyncio.sleep(PRUNE_EVERY_S)

    async def close(self) -> None:
        """Write what waits if the disk lets us, and let go, within seconds even on a disk that hangs."""
        await self._writer.close()
