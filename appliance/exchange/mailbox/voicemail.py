"""Messages of callers: from the takes that Asterisk writes to one file of ours, and on to the mail (MISSION Q3).

Theory of operation. A message is a row before Asterisk records anything, and each take has a name that follows from
the call's id. So whatever dies, the row says which files to look for. Once nothing more will come of the call, the
newest take in which somebody speaks becomes a file of ours, durably; then the outbox of notices takes over its
letters under keys of its own, and row and file are the archive's. Each of these may be done twice and comes to the
same.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from appliance.asterisk.site import RECORDINGS
from appliance.config import Config
from appliance.domain.times import rfc3339
from appliance.exchange.call import Call
from appliance.exchange.mailbox.archive import MessageArchive
from appliance.exchange.mailbox.files import FOLDER, MessageFiles, is_full, take_name
from appliance.exchange.mailbox.keeping import MOST_DAYS
from appliance.exchange.mailbox.store import Message, State, VoicemailStore
from appliance.notify.notice_store import Letter
from appliance.notify.voicemail import Left, file_name, letters_of
from appliance.prompts import waves
from appliance.roster.destinations import Mailbox

_log = logging.getLogger(__name__)
LOOK_EVERY_S = 5.0
IDLE_S = 600.0  # while Asterisk cannot be asked: by then nobody records any more
_DISK_ERRORS = (sqlite3.Error, OSError)

Hand = Callable[[Sequence[Letter]], Awaitable[None]]


class NotTakenError(Exception):
    """No message can be taken now; the message says why."""


class Voicemail:
    """``full`` says whether the disk is; ``mail``, whether there is a mail server to send to. ``live`` says whether a
    call is still going on, ``None`` where nobody knows now. ``days`` is how long recordings are kept."""

    def __init__(
        self,
        store: VoicemailStore,
        files: MessageFiles,
        *,
        timezone: str,
        mail: bool,
        full: Callable[[], Awaitable[bool]],
        days: int = MOST_DAYS,
    ) -> None:
        self._store, self._files = store, files
        self._timezone, self._mail, self._full = timezone, mail, full
        self.archive = MessageArchive(store, files, full, days)
        self._bell = asyncio.Event()
        self.live: Callable[[str], bool | None] = lambda _: None

    @classmethod
    async def open(cls, config: Config) -> Voicemail:
        """As the configuration says. Raises ``sqlite3.Error``, ``OSError``."""
        folder = config.device.state_dir / "exchange"
        return cls(
            await VoicemailStore.open(folder / "voicemail.db"),
            MessageFiles(config.exchange.directories.spool / RECORDINGS, folder / FOLDER),
            timezone=config.device.timezone,
            mail=config.smtp.host is not None,
            full=lambda: is_full(config),
            days=config.recordings.days,
        )

    async def close(self) -> None:
        """Let go of the database."""
        await self._store.close()

    async def begin(self, call: Call, mailbox: Mailbox, line: str) -> Taking:
        """A message of this call, or the one that it had begun before a crash. Raises :class:`NotTakenError`."""
        if not self._mail:
            raise NotTakenError("there is no mail server to send it to ([smtp] host)")
        try:
            if await self._full():
                raise NotTakenError("the disk is too full")
            message = await self._store.get(call.id)
            if message is None:
                message = Message(_left(call, mailbox, line))
                await self._store.put(message)
        except _DISK_ERRORS as error:
            raise NotTakenError(f"it could not be kept: {error}") from None
        return Taking(self._store, self._files, self.keep, message)

    async def run(self, hand: Hand) -> None:
        """Bring every message on its way, for ever."""
        while True:
            self._bell.clear()
            try:
                for message in await self._store.of_state(State.TAKING):
                    if await self._is_over(message):
                        await self.keep(message)
                for message in await self._store.of_state(State.KEPT):
                    await self._hand_on(message, hand)
            except _DISK_ERRORS as error:
                _log.error("messages wait: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._bell.wait()

    async def keep(self, message: Message) -> float:
        """Make one file of it, durably, and tell its length; 0 where nobody spoke, and then nothing is left of it.
        Raises ``sqlite3.Error``, ``OSError``."""
        files, call = self._files, message.left.call
        found = await asyncio.to_thread(files.newest, call, message.takes)
        seconds = 0.0
        if found is None:
            await self._store.forget(call)
        else:
            seconds = round(len(found) / waves.SAMPLE_BYTES / waves.RATE_HZ, 2)
            left = replace(message.left, seconds=seconds)
            name = file_name(left, self._timezone)
            await asyncio.to_thread(files.keep, name, found)
            await self._store.put(replace(message, left=left, state=State.KEPT, file=name))
            self._bell.set()
        await asyncio.to_thread(files.remove_takes, call, message.takes)
        return seconds

    async def _is_over(self, message: Message) -> bool:
        live = self.live(message.left.call)
        if live is None:
            idle_s = await asyncio.to_thread(self._files.idle_s, message.left.call, message.takes)
            return idle_s is None or idle_s > IDLE_S
        return not live

    async def _hand_on(self, message: Message, hand: Hand) -> None:
        left, path = message.left, self._files.kept(message.file)
        await hand([*letters_of(left, str(path), self._timezone, time.time())])
        await asyncio.to_thread(self._files.remove_takes, left.call, message.takes)
        await self._store.put(replace(message, state=State.HANDED))
        _log.info("call %s: its message of %.0f s goes out", left.call, left.seconds)


class Taking:
    """One message being taken. ``kept_s`` is its length, once it is kept: 0 where nobody spoke."""

    def __init__(
        self,
        store: VoicemailStore,
        files: MessageFiles,
        keep: Callable[[Message], Awaitable[float]],
        message: Message,
    ) -> None:
        self._store, self._files, self._keep, self._message = store, files, keep, message
        self.kept_s: float | None = None if message.state is State.TAKING else message.left.seconds

    @property
    def take(self) -> str:
        """The name of the newest take; empty before the first."""
        return take_name(*self._newest) if self._message.takes else ""

    async def next_take(self) -> str:
        """The name of another one. Raises :class:`NotTakenError`."""
        counted = replace(self._message, takes=self._message.takes + 1)
        try:
            await self._store.put(counted)
        except _DISK_ERRORS as error:
            raise NotTakenError(f"it could not be kept: {error}") from None
        self._message = counted
        return self.take

    async def has_speech(self) -> bool:
        """Whether somebody speaks in the newest take."""
        try:
            return await asyncio.to_thread(self._files.speaks, *self._newest)
        except OSError as error:
            _log.warning("the take %s cannot be read: %s", self.take, error.strerror)
            return False

    async def to_the_disk(self) -> None:
        """What is written so far outlasts a power cut."""
        await asyncio.to_thread(self._files.to_the_disk, *self._newest)

    async def keep(self) -> float:
        """It is to be sent, once; its length in seconds, 0 where nobody spoke. Where the disk refuses, it stays where
        Asterisk wrote it, and is kept as soon as that can be."""
        if self.kept_s is None:
            try:
                self.kept_s = await self._keep(self._message)
            except _DISK_ERRORS as error:
                _log.error("call %s: its message waits where it was recorded: %s", self._message.left.call, error)
                await self.to_the_disk()
                self.kept_s = float(await self.has_speech())
        return self.kept_s

    @property
    def _newest(self) -> tuple[str, int]:
        return self._message.left.call, self._message.takes


def _left(call: Call, mailbox: Mailbox, line: str) -> Left:
    return Left(
        call.world.name,
        call.id,
        rfc3339(call.world.wall()),
        call.record.caller,
        mailbox.name,
        line,
        mailbox.email,
        call.language,
    )
