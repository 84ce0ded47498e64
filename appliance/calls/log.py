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
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

from appliance.calls import queries
from appliance.calls.health import CallLogError, CallLogHealth, is_passing, set_aside_if_damaged
from appliance.calls.queries import CallQuery, Row
from appliance.calls.schema import MIGRATIONS
from appliance.domain.calls import CallRecord
from appliance.domain.times import rfc3339
from appliance.storage import Database

PATIENCE_S = 1.0  # how long a call may be held up, once
RETRY_FIRST_S = 0.5
RETRY_MOST_S = 30.0
WAITING_MOST = 20_000  # records in memory while the disk refuses; the oldest are given up first
PRUNE_EVERY_S = 6 * 3600.0
BATCH = 500
READ_WITHIN_S = 10.0
Key = tuple[str, str]  # exchange and call id
Caller = tuple[Key, asyncio.Future[int | None]]  # whoever waits for a put
T = TypeVar("T")

_log = logging.getLogger(__name__)


class CallLog:
    """Open it with :meth:`open`; one process writes a log, others read it (:mod:`appliance.calls.reader`)."""

    def __init__(
        self, path: Path, exchange: str, on_trouble: Callable[[CallLogHealth], None] | None, patience_s: float
    ) -> None:
        self._path, self._exchange, self._on_trouble = path, exchange, on_trouble
        self._patience_s = patience_s
        self._database: Database | None = None
        self._waiting: dict[Key, CallRecord] = {}
        self._callers: list[Caller] = []
        self._wake, self._tried, self._bell = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._reason = ""
        self._lost = 0
        self._last_seq = 0
        self._closing = False
        self._task: asyncio.Task[None] | None = None

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
        log = cls(path, exchange, on_trouble, patience_s)
        log._task = asyncio.create_task(log._run(), name="call log writer")
        with suppress(TimeoutError):
            await asyncio.wait_for(log._tried.wait(), patience_s)
        return log

    @property
    def health(self) -> CallLogHealth:
        """Whether everything is on disk."""
        return CallLogHealth(not self._reason, self._reason, len(self._waiting), self._lost)

    @property
    def last_seq(self) -> int:
        """The newest ``seq`` that :meth:`after` can return."""
        return self._last_seq

    async def put(self, record: CallRecord) -> int | None:
        """Keep the record; its ``seq`` once it is durable, ``None`` while the disk refuses (it is then kept in memory
        and written as soon as the disk takes it)."""
        key = (record.exchange, record.id)
        self._waiting.pop(key, None)
        self._waiting[key] = record
        while len(self._waiting) > WAITING_MOST:
            del self._waiting[next(iter(self._waiting))]
            self._lost += 1
        self._wake.set()
        if self._reason or self._closing:
            return None
        done: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._callers.append((key, done))
        return await done

    async def after(self, seq: int, limit: int = 100) -> list[Row]:
        """Up to ``limit`` records changed after ``seq``, in that order. Raises :class:`CallLogError`."""
        return await self._ask(lambda connection: queries.after(connection, seq, limit))

    async def wait_beyond(self, seq: int) -> None:
        """Return when :meth:`after` has something beyond ``seq``."""
        while self._last_seq <= seq:
            await self._bell.wait()

    async def open_calls(self) -> list[CallRecord]:
        """This exchange's calls that have not ended, as far as is known. Raises :class:`CallLogError`."""
        rows = await self._ask(lambda connection: queries.open_calls(connection, self._exchange))
        known = {(row.record.exchange, row.record.id): row.record for row in rows} | self._waiting
        return [record for record in known.values() if record.exchange == self._exchange and record.ended_at is None]

    async def find(self, query: CallQuery) -> list[CallRecord]:
        """What the query asks for, of all exchanges, newest first. Raises :class:`CallLogError`."""
        rows = await self._ask(lambda connection: queries.find(connection, query))
        return [row.record for row in rows]

    async def collect(self, exchange: str, rows: Sequence[Row]) -> None:
        """Take over rows of another exchange's log, and with them, in one transaction, how far it has been read.

        Raises :class:`CallLogError`: then nothing was taken, ask for them again.
        """
        if exchange == self._exchange:
            raise ValueError("an exchange does not collect its own calls")

        def take(connection: sqlite3.Connection) -> int:
            queries.collect(connection, exchange, rows)
            return queries.last_seq(connection)

        self._told(await self._ask(take))

    async def collected(self, exchange: str) -> int:
        """The last ``seq`` collected of another exchange: ask it for what is after. Raises :class:`CallLogError`."""
        return await self._ask(lambda connection: queries.collected(connection, exchange))

    async def prune(self, older_than: datetime) -> int:
        """Drop what arrived before; how many. Raises :class:`CallLogError`."""
        count = 0
        while dropped := await self._ask(lambda connection: queries.prune(connection, rfc3339(older_than))):
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
        self._closing = True
        self._wake.set()
        if self._task is not None:
            done, _pending = await asyncio.wait({self._task}, timeout=self._patience_s)
            if not done:
                self._task.cancel()
                await asyncio.wait({self._task})
        self._let_callers_go()
        if self._database is not None:
            await self._database.close()
        if self._waiting:
            _log.error("%d call records are not on disk: %s", len(self._waiting), self._reason or "no time was left")

    async def _run(self) -> None:
        retry_s = RETRY_FIRST_S
        while True:
            try:
                await self._write()
                retry_s = RETRY_FIRST_S
            except Exception as error:  # whatever it is: the calls go on, and their records wait
                await self._failed(error)
                if self._closing:
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closed(), retry_s)
                retry_s = min(2 * retry_s, RETRY_MOST_S)
                continue
            if self._closing and not self._waiting:
                return
            if not self._waiting:
                await self._wake.wait()

    async def _closed(self) -> None:
        while not self._closing:
            self._wake.clear()
            await self._wake.wait()

    async def _write(self) -> None:
        self._wake.clear()
        if self._database is None:
            self._database = await self._patiently(Database.open(self._path, MIGRATIONS))
            self._told(await self._patiently(self._database.run(self._guarded(queries.last_seq))))
        batch = dict(islice(self._waiting.items(), BATCH))
        callers = [caller for caller in self._callers if caller[0] in batch]
        self._callers = [caller for caller in self._callers if caller[0] not in batch]
        seqs: dict[Key, int] = {}
        if batch:
            try:
                seqs = await self._patiently(self._database.run(self._guarded(lambda c: _put_all(c, batch))), callers)
            except BaseException:
                _answer(callers, {})
                raise
        for key, record in batch.items():
            if self._waiting.get(key) is record:
                del self._waiting[key]
        _answer(callers, seqs)
        self._told(max(seqs.values(), default=0))
        self._tried.set()
        self._turn("")

    async def _patiently(self, work: Coroutine[Any, Any, T], callers: Sequence[Caller] = ()) -> T:
        """Wait for the disk however long it takes, but let callers go when it takes too long."""
        job = asyncio.create_task(work, name="call log job")
        try:
            done, _pending = await asyncio.wait({job}, timeout=self._patience_s)
            if not done:
                self._turn("the disk does not answer")
                _answer(callers, {})
                self._let_callers_go()
            return await job
        except asyncio.CancelledError:
            job.cancel()
            await asyncio.wait({job})
            raise

    async def _failed(self, error: Exception) -> None:
        self._tried.set()
        self._turn(f"the call log cannot be written ({error})")
        self._let_callers_go()
        if self._database is not None and not is_passing(error):
            database, self._database = self._database, None
            await database.close()

    def _guarded(self, job: Callable[[sqlite3.Connection], T]) -> Callable[[sqlite3.Connection], T]:
        """The job; a file that proves damaged under it is set aside at once, in the thread that owns it."""

        def guarded(connection: sqlite3.Connection) -> T:
            try:
                return job(connection)
            except sqlite3.Error as error:
                set_aside_if_damaged(self._path, error)
                raise

        return guarded

    def _let_callers_go(self) -> None:
        callers, self._callers = self._callers, []
        _answer(callers, {})

    async def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        if self._database is None:
            raise CallLogError(self._reason or "the call log is not open")
        try:
            return await asyncio.wait_for(self._database.run(question), READ_WITHIN_S)
        except TimeoutError:
            raise CallLogError("the disk does not answer") from None
        except sqlite3.Error as error:
            raise CallLogError(f"the call log cannot be read ({error})") from error

    def _told(self, seq: int) -> None:
        if seq > self._last_seq:
            self._last_seq = seq
            bell, self._bell = self._bell, asyncio.Event()
            bell.set()

    def _turn(self, reason: str) -> None:
        turned = bool(reason) != bool(self._reason)
        self._reason = reason
        if not turned:
            return
        if reason:
            _log.error("calls are kept in memory: %s", reason)
        else:
            _log.warning("calls are kept on disk again")
        if self._on_trouble is not None:
            self._on_trouble(self.health)


def _answer(callers: Sequence[Caller], seqs: dict[Key, int]) -> None:
    for key, future in callers:
        if not future.done():
            future.set_result(seqs.get(key))


def _put_all(connection: sqlite3.Connection, batch: dict[Key, CallRecord]) -> dict[Key, int]:
    return {key: queries.put(connection, record) for key, record in batch.items()}
