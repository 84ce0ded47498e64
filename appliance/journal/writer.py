"""Brings what waits to the disk, and keeps trying while the disk refuses."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from appliance.domain.events import EventType
from appliance.domain.phrase import phrase
from appliance.domain.times import rfc3339
from appliance.journal.commits import Commits
from appliance.journal.disk import Disk
from appliance.journal.health import JournalError, JournalHealth, TroubleKind
from appliance.journal.highwater import EventIds
from appliance.journal.limits import Limits
from appliance.journal.memory import Memory
from appliance.journal.store import Contents
from appliance.journal.waiting import Waiting
from appliance.worker import Worker

T = TypeVar("T")
STEADY_S = 60.0  # a disk that fails again sooner is flapping: it gets no fresh start in the backoff

_log = logging.getLogger(__name__)


class Writer:
    """One task over one thread. ``note`` records an event of the journal's own."""

    def __init__(
        self,
        disk: Disk,
        waiting: Waiting,
        memory: Memory,
        ids: EventIds,
        *,
        limits: Limits,
        now: Callable[[], datetime],
        note: Callable[[EventType, Mapping[str, Any]], object],
        on_trouble: Callable[[JournalHealth], None] | None,
    ) -> None:
        self._disk, self._waiting, self._memory, self._ids = disk, waiting, memory, ids
        self._limits, self._now, self._note, self._on_trouble = limits, now, note, on_trouble
        self._worker = Worker("journal")
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._wake, self._closing, self._bell = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._commits = Commits()
        self._lazy: asyncio.TimerHandle | None = None
        self._health = (True, "", now())
        self._aside: str | None = None
        self._tried = asyncio.Event()
        self._begun = False
        self._open = False
        self._retry_s = 0.0
        self._healed_at = self._failed_at = self._pruned_at = float("-inf")
        self._written_since_prune = 0
        self.durable_id = 0

    @property
    def health(self) -> JournalHealth:
        """How things stand."""
        ok, reason, since = self._health
        return JournalHealth(ok, reason, since, len(self._waiting.events))

    @property
    def readable_id(self) -> int:
        """The newest event that may be handed on: durable, or waiting on a refusing disk under a reserved id."""
        if self._health[0]:
            return self.durable_id
        return max(self.durable_id, min(self._ids.last, self._ids.ceiling))

    async def start(self) -> None:
        """Open the files, or find out that they cannot be; then write on in the background."""
        self._task = asyncio.create_task(self._run(), name="journal writer")
        await self._tried.wait()
        if not self._begun:
            self._ids.begin(None, 0)

    async def commit(self) -> bool:
        """Return when all that waits now is durable: ``True``; or the disk refuses: ``False``."""
        if self._waiting.empty:
            return self._health[0]
        self._wake.set()
        if not self._health[0] or self._closing.is_set():
            self._ring()
            return False
        return await self._commits.wait(self._ids.last)

    def write_soon(self) -> None:
        """Something waits that may wait a little longer."""
        if self._lazy is None:
            self._lazy = self._loop.call_later(self._limits.lazy_s, self._lazily)

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T | None:
        """Ask the database; ``None`` where it does not answer in time, or cannot."""
        job = self._worker.start(lambda: self._disk.read(question))
        try:
            async with asyncio.timeout(self._limits.patience_s):  # not wait_for: before 3.12 it may swallow a stop
                return await job
        except TimeoutError:
            return None
        except JournalError as trouble:
            if trouble.kind is not TroubleKind.MISSING:
                self._refused(trouble)
            return None

    async def readable_beyond(self, event_id: int) -> None:
        """Return when an event after ``event_id`` may be handed on."""
        while self.readable_id <= event_id:
            await self._bell.wait()

    async def close(self) -> None:
        """Write what waits if the disk lets us, then let go of the files and the thread."""
        self._closing.set()
        self._wake.set()
        if self._lazy is not None:
            self._lazy.cancel()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=self._limits.close_s)
            if not done:
                self._task.cancel()
                await asyncio.wait({self._task})
        self._commits.settle_all(durable=False)
        self._worker.start(self._disk.close)
        if not await self._worker.close(self._limits.close_s):
            _log.error("the disk does not answer: the journal was left open")
        if self._waiting.events:
            _log.error("%d events could not be written before the end", len(self._waiting.events))

    async def _run(self) -> None:
        if not await self._succeeds(self._open_files):
            await self._peek()
        self._tried.set()
        while True:
            # what may wait (cursors) does so until something wakes us; events and a refusing disk do not
            if not (self._closing.is_set() or self._waiting.events or not self._health[0]):
                await self._wake.wait()
            self._wake.clear()
            if self._waiting.empty and self._closing.is_set():
                return
            if not await self._succeeds(self._write):
                if self._closing.is_set():
                    return
                await self._pause()

    async def _succeeds(self, step: Callable[[], Awaitable[None]]) -> bool:
        """Whether the disk let us. A fault of ours is trouble like any other: callers wait for this task."""
        try:
            await step()
        except JournalError as trouble:
            self._refused(trouble)
            return False
        except Exception as error:
            _log.exception("the journal's writer failed")
            self._refused(
                JournalError(TroubleKind.FAILED, phrase("an internal error, {kind}", kind=type(error).__name__))
            )
            return False
        return True

    async def _write(self) -> None:
        if not self._open:
            await self._open_files()
        if self._waiting.empty:
            self._commits.settle_all(durable=True)  # their writes went with a batch that was under way already
            return
        batch, ceiling = self._waiting.batch(), self._ids.wanted_ceiling
        self._commits.batch_taken()
        await self._patiently(lambda: self._disk.write(batch, ceiling))
        self._ids.ceiling = max(self._ids.ceiling, ceiling or 0)
        self._waiting.written(batch)
        if batch.events:
            self.durable_id = max(self.durable_id, batch.events[-1].event.id)
            self._written_since_prune += len(batch.events)
        first_waiting = self._waiting.events[0].event.id if self._waiting.events else None
        self._commits.batch_written(first_waiting)
        self._ring()
        if first_waiting is None:
            self._accepted()
        await self._prune()

    async def _open_files(self) -> None:
        contents, ceiling = await self._patiently(lambda: (self._disk.open(), self._disk.ceiling()))
        self._adopt(contents, ceiling)
        self._open = True

    async def _peek(self) -> None:
        try:
            async with asyncio.timeout(self._limits.patience_s):
                contents, ceiling = await self._worker.start(lambda: (self._disk.peek(), self._disk.ceiling()))
        except (JournalError, TimeoutError):
            return
        self._adopt(contents, ceiling)

    def _adopt(self, contents: Contents, ceiling: int | None) -> None:
        floor = self._ids.begin(ceiling, contents.newest_id)
        if not self._begun:
            self._begun = True
            self._ids.last = max(self._ids.last, self._waiting.renumber(floor))
        self.durable_id = max(self.durable_id, contents.newest_id)
        self._memory.adopt(contents)
        if not self._waiting.empty:
            self._wake.set()
        self._ring()

    async def _patiently(self, job: Callable[[], T]) -> T:
        """A job's result, however long it takes; but the guard is not kept waiting for longer than agreed."""
        future = self._worker.start(job)
        try:
            done, _ = await asyncio.wait({future}, timeout=self._limits.patience_s)
        except asyncio.CancelledError:
            future.cancel()
            raise
        if not done:
            self._refused(JournalError(TroubleKind.STALLED, phrase("the disk does not answer")))
            self._tried.set()
        return await future

    async def _pause(self) -> None:
        limits = self._limits
        self._retry_s = min(limits.retry_most_s, max(limits.retry_first_s, self._retry_s * 2))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._retry_s * random.uniform(0.8, 1.2)):
                await self._closing.wait()

    async def _prune(self) -> None:
        limits, moment = self._limits, self._loop.time()
        due = (
            moment - self._pruned_at > limits.prune_every_s or self._written_since_prune >= limits.prune_every_events
        )
        if not due:
            return
        self._pruned_at, self._written_since_prune = moment, 0
        oldest = rfc3339(self._now() - timedelta(days=limits.keep_days))
        dropped = await self._patiently(lambda: self._disk.prune(older_than=oldest, keep_newest=limits.keep_events))
        if dropped:
            _log.info("dropped %d events that were older than the journal keeps", dropped)

    def _refused(self, trouble: JournalError) -> None:
        self._open = False
        self._aside = trouble.aside or self._aside
        was_ok, reason, since = self._health
        if was_ok:
            self._failed_at = self._loop.time()
            if self._failed_at - self._healed_at > STEADY_S:
                self._retry_s = 0.0
            self._health = (False, trouble.reason, self._now())
            _log.error("the journal is kept in memory only: %s", trouble.reason)
            self._note(EventType.JOURNAL_FAILED, {"kind": trouble.kind.value, "reason": trouble.reason})
            self._tell()
        elif reason != trouble.reason:
            self._health = (False, trouble.reason, since)
            _log.warning("the journal is still kept in memory only: %s", trouble.reason)
        self._commits.settle_all(durable=False)
        self._wake.set()
        self._ring()

    def _accepted(self) -> None:
        ok, reason, _ = self._health
        if ok:
            return
        self._healed_at = self._loop.time()
        took_s, lost = round(self._healed_at - self._failed_at, 1), self._waiting.lost
        self._health = (True, "", self._now())
        self._waiting.lost = 0
        _log.warning("the journal is on disk again after %.1f s (%s); %d events were lost", took_s, reason, lost)
        aside, self._aside = self._aside, None
        self._note(
            EventType.JOURNAL_HEALED, {"after_s": took_s, "reason": reason, "lost": lost, "moved_aside": aside}
        )
        self._wake.set()
        self._tell()

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()

    def _lazily(self) -> None:
        self._lazy = None
        self._wake.set()

    def _tell(self) -> None:
        if self._on_trouble is not None:
            self._on_trouble(self.health)
