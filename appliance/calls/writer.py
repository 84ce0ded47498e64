"""Brings call records to the disk, keeps trying while it refuses, and lets no call wait for it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from appliance.calls import queries
from appliance.calls.health import CallLogError, CallLogHealth, set_aside_if_damaged
from appliance.calls.schema import MIGRATIONS
from appliance.domain.calls import CallRecord
from appliance.storage import Database, is_passing

RETRY_FIRST_S = 0.5
RETRY_MOST_S = 30.0
WAITING_MOST = 20_000  # records in memory while the disk refuses; the oldest are given up first
BATCH = 500
READ_WITHIN_S = 10.0
Key = tuple[str, str]  # exchange and call id
Caller = tuple[Key, asyncio.Future[int | None]]  # whoever waits for a put
T = TypeVar("T")

_log = logging.getLogger(__name__)


class CallWriter:
    """One task over one database. ``patience_s`` is how long a caller is held up, once, by a disk that hangs."""

    def __init__(self, path: Path, on_trouble: Callable[[CallLogHealth], None] | None, patience_s: float) -> None:
        self._path, self._on_trouble, self._patience_s = path, on_trouble, patience_s
        self._database: Database | None = None
        self.waiting: dict[Key, CallRecord] = {}
        self._callers: list[Caller] = []
        self._wake, self._tried, self._bell = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._reason = ""
        self._lost = 0
        self.last_seq = 0
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def health(self) -> CallLogHealth:
        """Whether everything is on disk."""
        return CallLogHealth(not self._reason, self._reason, len(self.waiting), self._lost)

    async def start(self) -> None:
        """Open the file, or find out that it cannot be; then write on in the background."""
        self._task = asyncio.create_task(self._run(), name="call log writer")
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                await self._tried.wait()

    async def put(self, record: CallRecord) -> int | None:
        """As :meth:`appliance.calls.log.CallLog.put`."""
        key = (record.exchange, record.id)
        self.waiting.pop(key, None)
        self.waiting[key] = record
        while len(self.waiting) > WAITING_MOST:
            del self.waiting[next(iter(self.waiting))]
            self._lost += 1
        self._wake.set()
        if self._reason or self._closing:
            return None
        done: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._callers.append((key, done))
        return await done

    async def written_beyond(self, seq: int) -> None:
        """Return when a row after ``seq`` is on disk."""
        while self.last_seq <= seq:
            await self._bell.wait()

    def told(self, seq: int) -> None:
        """Rows up to ``seq`` are on disk."""
        if seq > self.last_seq:
            self.last_seq = seq
            bell, self._bell = self._bell, asyncio.Event()
            bell.set()

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask the database, or change it, in a transaction of its own. Raises :class:`CallLogError`."""
        if self._database is None:
            raise CallLogError(self._reason or "the call log is not open")
        try:
            # not wait_for(): before Python 3.12 it may swallow a cancellation that comes with the result
            async with asyncio.timeout(READ_WITHIN_S):
                return await self._database.run(question)
        except TimeoutError:
            raise CallLogError("the disk does not answer") from None
        except sqlite3.Error as error:
            raise CallLogError(f"the call log cannot be read ({error})") from error

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
        if self.waiting:
            _log.error("%d call records are not on disk: %s", len(self.waiting), self._reason or "no time was left")

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
                    async with asyncio.timeout(retry_s):
                        await self._closed()
                retry_s = min(2 * retry_s, RETRY_MOST_S)
                continue
            if self._closing and not self.waiting:
                return
            if not self.waiting:
                await self._wake.wait()

    async def _closed(self) -> None:
        while not self._closing:
            self._wake.clear()
            await self._wake.wait()

    async def _write(self) -> None:
        self._wake.clear()
        if self._database is None:
            self._database = await self._patiently(Database.open(self._path, MIGRATIONS))
            self.told(await self._patiently(self._database.run(self._guarded(queries.newest))))
        batch = dict(islice(self.waiting.items(), BATCH))
        # with those whose record was given up meanwhile: nothing will ever come for them
        callers = [caller for caller in self._callers if caller[0] in batch or caller[0] not in self.waiting]
        self._callers = [caller for caller in self._callers if caller not in callers]
        seqs: dict[Key, int] = {}
        if batch:
            try:
                seqs = await self._patiently(self._database.run(self._guarded(lambda c: _put_all(c, batch))), callers)
            except BaseException:
                _answer(callers, {})
                raise
        for key, record in batch.items():
            if self.waiting.get(key) is record:
                del self.waiting[key]
        _answer(callers, seqs)
        self.told(max(seqs.values(), default=0))
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
