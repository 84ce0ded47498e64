"""Keeps recordings for their time and the disk free: what is over is erased, with an event for each; what a crash
left behind is put right; what the call log learns of a recorded call is taken over.

An erasure is noted first, then the file goes, then the event is told, then the note: wherever the power fails, it is
done to its end the next time, and told at least once.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from appliance.calls.health import CallLogError
from appliance.calls.queries import Row
from appliance.domain.calls import CallRecord
from appliance.domain.events import EventType
from appliance.domain.times import rfc3339
from appliance.recordings import names, wav
from appliance.recordings.book import Book, RecordingsError
from appliance.recordings.entry import Recording, State
from appliance.recordings.file import mend
from appliance.recordings.room import NEVER_YOUNGER_THAN, Room, look, to_erase
from appliance.threads import in_daemon_thread

LOOK_EVERY_S = 10.0
AT_ONCE = 200
EXPIRED, NO_ROOM, ASKED = "its time was over", "the disk was getting full", "it was asked for"
MIB = 1024 * 1024
_log = logging.getLogger(__name__)


class Log(Protocol):
    """The call log as it is followed."""

    async def after(self, seq: int, limit: int = 100) -> list[Row]:
        """What changed after."""

    async def wait_beyond(self, seq: int) -> None:
        """Return when there is something."""

    async def get(self, id_: str) -> CallRecord | None:
        """A call of this exchange."""


Append = Callable[[str, Mapping[str, Any]], Awaitable[object]]


class Keeper:
    """``folder`` is where the files are. ``stop`` is called where what is being recorded has to end, with why."""

    def __init__(
        self,
        book: Book,
        log: Log,
        folder: Path,
        *,
        reserve_bytes: int,
        days: int,
        append: Append,
        wall: Callable[[], datetime],
        stop: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.book, self.folder = book, folder
        self.days, self._log = days, log
        self._reserve_bytes, self._append, self._wall = reserve_bytes, append, wall
        self.stop = stop
        self._told_room = False

    def path(self, recording: Recording) -> Path:
        """Where it lies."""
        return self.folder / names.place_of(recording.name, recording.began_at)

    async def room(self) -> Room:
        """Whether anything may be recorded. Raises ``OSError`` where the disk cannot be asked."""
        return look(await in_daemon_thread(lambda: _free_bytes(self.folder), "free"), self._reserve_bytes)

    async def run(self) -> None:
        """Keep order until cancelled."""
        await self.put_right()
        while True:
            try:
                await self.look()
            except (RecordingsError, OSError) as error:
                _log.warning("recordings are not looked after: %s", error)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Once: erase what is due, and make room. Raises :class:`RecordingsError`, ``OSError``."""
        now = self._wall()
        while due := await self.book.due(rfc3339(now), AT_ONCE):
            await self._erase_all(due, EXPIRED)
        room = await self.room()
        if room.missing_bytes:
            await self._make_room(room, now)
        if room.refuse != self._told_room:
            self._told_room = room.refuse
            (_log.error if room.refuse else _log.warning)(
                "%s", "the disk is getting full of recordings" if room.refuse else "there is room to record again"
            )

    async def erase(self, recording: Recording, why: str) -> None:
        """For ever. Raises :class:`RecordingsError`, ``OSError``."""
        if recording.state is not State.ERASING:
            await self.book.change(recording.name, State.ERASING, why, recording.frames)
        await in_daemon_thread(lambda: _unlink(self.path(recording)), "erase")
        await self._append(
            EventType.RECORDING_ERASED,
            {"id": recording.name, "began_at": recording.began_at, "why": why, "bytes": recording.size},
        )
        await self.book.forget(recording.name)

    async def put_right(self) -> None:
        """What a crash left: erasures that were begun, files that nobody knows."""
        try:
            for recording in await self.book.of_state(State.ERASING):
                await self.erase(recording, recording.reason)
            await self._adopt()
        except (RecordingsError, OSError) as error:
            _log.warning("recordings are not put right: %s", error)

    async def follow(self, exchange: str) -> None:
        """Take over what the log says of this exchange's recorded calls, for ever."""
        seq = await self.book.place()
        while True:
            await self._log.wait_beyond(seq)
            rows: Sequence[Row] = ()
            with suppress(CallLogError):
                rows = await self._log.after(seq)
            if not rows:
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            records = [row.record for row in rows if row.record.exchange == exchange and row.record.ended_at]
            await self.book.follow(records, rows[-1].seq)
            seq = rows[-1].seq

    async def _make_room(self, room: Room, now: datetime) -> None:
        oldest = await self.book.oldest(rfc3339(now - NEVER_YOUNGER_THAN), AT_ONCE)
        await self._erase_all(to_erase(oldest, room.missing_bytes), NO_ROOM)
        if room.stop and (await self.room()).stop:
            self.stop("the disk is full")

    async def _erase_all(self, recordings: Iterable[Recording], why: str) -> None:
        for recording in recordings:
            _log.info("the recording %s is erased: %s", recording.name, why)
            await self.erase(recording, why)

    async def _adopt(self) -> None:
        """Files without an entry: the list was lost with its disk's sector, they were not."""
        known = await self.book.names()
        for path in await in_daemon_thread(lambda: sorted(self.folder.glob("*/hl-*.wav")), "adopt"):
            if path.name in known or not names.is_name(path.name):
                continue
            try:
                found = await in_daemon_thread(lambda path=path: _read(path), "adopt")  # type: ignore[misc]
            except (OSError, ValueError) as error:
                _log.warning("%s is no recording: %s", path, error)
                continue
            keep_until = rfc3339(datetime.fromisoformat(found.began_at) + timedelta(days=self.days))
            record = None
            with suppress(CallLogError):
                record = await self._log.get(found.call)
            await self.book.begin(replace(found, keep_until=keep_until, record=record))
            _log.warning("the recording %s was in no list; it is kept until %s", found.name, keep_until)


def _read(path: Path) -> Recording:
    with path.open("rb") as file:
        head = wav.read_head(file.read(wav.HEAD_BYTES))
    if head is None:
        raise ValueError("it has another form")
    began_at = f"{path.parent.name}T00:00:00.000Z"
    datetime.fromisoformat(began_at)
    frames = mend(path, head.sides)
    call = path.name.removeprefix("hl-").removesuffix(".wav")
    return Recording(path.name, call, began_at, head.sides, "", State.INCOMPLETE, "was in no list", frames)


def _free_bytes(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
    with suppress(OSError):  # the day's last one
        path.parent.rmdir()
