"""Messages that were left, for whoever listens: listed, read, and erased once their time is over.

The file goes before its row: wherever the power fails the row still names it, and the next look ends what was begun.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from appliance.exchange.mailbox.files import MessageFiles
from appliance.exchange.mailbox.keeping import MOST_DAYS, Mailed, is_over, mailed
from appliance.exchange.mailbox.store import Message, State, VoicemailStore
from appliance.notify.notice_store import Delivery

LOOK_EVERY_S = 600.0
Deliveries = Mapping[str, Sequence[Delivery]]  # what became of letters, by the path of their sound
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, how far it is with the mail, and why where that is known."""

    message: Message
    mailed: Mailed
    why: str = ""


async def _nobody_knows() -> Deliveries | None:
    return None


class MessageArchive:
    """``full`` says whether the disk is; ``days`` is how long recordings are kept. ``deliveries`` tells what became
    of the letters, ``None`` while nobody knows."""

    def __init__(
        self, store: VoicemailStore, files: MessageFiles, full: Callable[[], Awaitable[bool]], days: int = MOST_DAYS
    ) -> None:
        self._store, self._files, self._full, self._days = store, files, full, days
        self.deliveries: Callable[[], Awaitable[Deliveries | None]] = _nobody_knows

    async def entries(self) -> list[Entry]:
        """All that are whole, newest first. Raises ``sqlite3.Error``."""
        found = await self._store.of_state(State.KEPT, State.HANDED)
        told = await self.deliveries()
        entries = [Entry(one, *self._mailed(one, told)) for one in found]
        return sorted(entries, key=lambda one: one.message.left.began_at, reverse=True)

    async def get(self, call: str) -> Message | None:
        """That of a call, unless it is still being taken. Raises ``sqlite3.Error``."""
        found = await self._store.get(call)
        return None if found is None or found.state is State.TAKING else found

    def path(self, message: Message) -> Path:
        """Where its sound is."""
        return self._files.kept(message.file)

    async def run(self) -> None:
        """Erase what is over, for ever."""
        while True:
            try:
                await self.look(datetime.now(UTC))
            except (sqlite3.Error, OSError) as error:
                _log.warning("old messages are not looked after: %s", error)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, now: datetime) -> None:
        """Once. Raises ``sqlite3.Error``, ``OSError``."""
        whole = await self._store.of_state(State.KEPT, State.HANDED)
        handed = [one for one in whole if one.state is State.HANDED]
        kept = [one for one in whole if one.state is State.KEPT]
        told = await self.deliveries()  # after the list: whatever is in that has its letters by now
        if told is None:
            return
        stays = []
        for message in handed:
            if is_over(message.left.began_at, told.get(str(self.path(message)), ()), now, self._days):
                await self._erase(message, "its time was over")
            else:
                stays.append(message)
        stays = await self._make_room(stays, told)
        waiting = {Path(path).name for path, letters in told.items() if any(one.state != "done" for one in letters)}
        known = {one.file for one in (*stays, *kept)} | waiting
        await asyncio.to_thread(self._files.sweep, known)

    async def _make_room(self, handed: Sequence[Message], told: Deliveries) -> list[Message]:
        """While the disk is full, the oldest go of which the mail server has a copy; what stays."""
        stays = sorted(handed, key=lambda one: one.left.began_at)
        for message in tuple(stays):
            if not await self._full():
                break
            if self._mailed(message, told)[0] is Mailed.TAKEN:
                await self._erase(message, "the disk was getting full")
                stays.remove(message)
        return stays

    async def _erase(self, message: Message, why: str) -> None:
        await asyncio.to_thread(self._files.remove, message.file)
        await self._store.forget(message.left.call)
        _log.info("call %s: its message is erased: %s", message.left.call, why)

    def _mailed(self, message: Message, told: Deliveries | None) -> tuple[Mailed, str]:
        if message.state is State.KEPT:
            return Mailed.WAITING, ""
        return mailed(() if told is None else told.get(str(self.path(message)), ()))
