"""Notices of calls: thought of from the call log, kept on disk, handed over until somebody takes them.

Theory of operation. The log is followed by its ``seq``; what a record calls for is written together with that, so a
crash loses no notice, and the notices' own keys keep them from doubling. Two tasks hand over: short messages to the
guard, which knows a key that it has had, and mail to the server, which gets the same Message-ID again where nobody
knows whether it took the mail. What fails for now is tried again, ever more rarely, for a day.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from appliance.domain.calls import CallRecord
from appliance.notify import wording
from appliance.notify.mail import Mail, Sound
from appliance.notify.notice import Channel, Notice
from appliance.notify.notice_store import Delivery, Letter, NoticeStore
from appliance.notify.smtp import Mailer, MailError

log = logging.getLogger(__name__)

KEEP_TRYING_S = 86_400.0
ASK_WITHIN_S = 30.0
LOOK_EVERY_S = 5.0
BATCH = 100
_PAUSES_S = (5.0, 15.0, 60.0, 300.0, 900.0)
_DISK_ERRORS = (sqlite3.Error, OSError)

Think = Callable[[CallRecord], tuple[Notice, ...]]


class Row(Protocol):
    """A record and its place in the log."""

    @property
    def seq(self) -> int:
        """Rises with each change."""

    @property
    def record(self) -> CallRecord:
        """The record as it is now."""


class Calls(Protocol):
    """The call log, as far as it is followed; :class:`appliance.calls.log.CallLog` has it."""

    @property
    def last_seq(self) -> int:
        """The newest ``seq`` there is."""

    async def after(self, seq: int, limit: int = 100) -> Sequence[Row]:
        """Records changed after ``seq``, in that order."""

    async def wait_beyond(self, seq: int) -> None:
        """Return when there is one."""


class GuardLink(Protocol):
    """Commands to the guard of the box."""

    async def command(self, name: str, args: Mapping[str, Any], id_: str, timeout_s: float) -> Mapping[str, Any]:
        """The whole response, refused or not; raises where nobody answers."""


class _NotNowError(Exception):
    """The channel as a whole is out of order."""


class Notices:
    """``think`` says what a record calls for (:func:`appliance.notify.policy.notices_for`, with today's roster).

    ``exchange`` is the own name: records collected from others are others' to tell of. Without ``mailer`` e-mails are
    given up at once. Open it with :meth:`open`.
    """

    def __init__(
        self,
        store: NoticeStore,
        calls: Calls,
        think: Think,
        guard: GuardLink,
        mailer: Mailer | None,
        *,
        exchange: str,
        unix: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._calls, self._think = store, calls, think
        self._guard, self._mailer = guard, mailer
        self._exchange = exchange
        self._unix = unix
        self._bells = {channel: asyncio.Event() for channel in Channel}
        self._born: dict[int, float] = {}
        self._due: dict[int, tuple[float, int]] = {}
        self._trouble: dict[Channel, str] = dict.fromkeys(Channel, "")

    @classmethod
    async def open(
        cls, path: Path, calls: Calls, think: Think, guard: GuardLink, mailer: Mailer | None, **options: Any
    ) -> Notices:
        """Open or begin the outbox at ``path``. Raises ``sqlite3.Error``, ``OSError``."""
        return cls(await NoticeStore.open(path), calls, think, guard, mailer, **options)

    @property
    def trouble(self) -> Mapping[str, str]:
        """Why a channel does not work now, by its name; empty where it does."""
        return {str(channel): why for channel, why in self._trouble.items() if why}

    async def keep(self, letters: Sequence[Letter]) -> None:
        """Take over letters of others, durably on return; those that are known by their keys already are not taken
        twice. The file of a letter's ``sound`` stays its owner's, who keeps it while :meth:`deliveries` waits. Raises
        ``sqlite3.Error``."""
        if await self._store.add(letters, None, self._unix()):
            for bell in self._bells.values():
                bell.set()

    async def deliveries(self) -> Mapping[str, Sequence[Delivery]]:
        """What became of the letters with a sound, by its path. Raises ``sqlite3.Error``."""
        return await self._store.deliveries()

    async def run(self) -> None:
        """Follow and hand over, until cancelled."""
        await asyncio.to_thread(lambda: [wording.texts(language) for language in wording.languages()])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(), name="notices: follow")
            tasks.create_task(self._hand_over(Channel.SMS, self._sms), name="notices: sms")
            tasks.create_task(self._hand_over(Channel.EMAIL, self._mail), name="notices: mail")

    async def aclose(self) -> None:
        """Let go of the database."""
        await self._store.close()

    async def _follow(self) -> None:
        cursor = await self._store.cursor()
        while True:
            # not wait_for(): before Python 3.12 it may swallow a cancellation that comes with the result
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._calls.wait_beyond(cursor)
            if 0 < self._calls.last_seq < cursor:
                log.warning("the call log has begun anew; it is read from its start")
                cursor = 0
            try:
                rows = await self._calls.after(cursor, BATCH)
            except Exception as error:  # the log says in its own words that it cannot be read
                log.warning("the call log cannot be followed: %s", error)
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            if rows:
                cursor = await self._keep(rows)

    async def _keep(self, rows: Sequence[Row]) -> int:
        now, cursor = self._unix(), rows[-1].seq
        letters = [
            letter
            for row in rows
            if row.record.exchange == self._exchange
            for letter in self._letters(row.record, now)
        ]
        pause_s = _PAUSES_S[0]
        while True:
            try:
                new = await self._store.add(letters, cursor, now)
            except _DISK_ERRORS as error:
                log.error("notices cannot be kept (%s); trying again", error)  # noqa: TRY400
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _PAUSES_S[-1])
                continue
            if new:
                for bell in self._bells.values():
                    bell.set()
            return cursor

    def _letters(self, record: CallRecord, now: float) -> list[Letter]:
        try:
            notices = self._think(record)
            return [_letter(notice, now) for notice in notices]
        except Exception:  # one call that cannot be told of must not keep all others from it
            log.exception("what the call %s calls for cannot be said", record.id)
            return []

    async def _hand_over(self, channel: Channel, send: Callable[[Letter], Awaitable[None]]) -> None:
        loop, pauses = asyncio.get_running_loop(), 0
        while True:
            bell = self._bells[channel]
            bell.clear()
            try:
                waiting = await self._store.waiting(channel)
                for letter in waiting:
                    if self._due.get(letter.id, (0.0, 0))[0] <= loop.time():
                        await self._try(letter, send)
                self._trouble[channel], pauses = "", 0
            except _NotNowError as error:
                if not self._trouble[channel]:
                    log.warning("%s notices wait: %s", channel, error)
                self._trouble[channel] = str(error)
                await asyncio.sleep(_PAUSES_S[min(pauses, len(_PAUSES_S) - 1)])
                pauses += 1
                continue
            except _DISK_ERRORS as error:
                log.error("notices cannot be read or settled (%s)", error)  # noqa: TRY400
                await asyncio.sleep(_PAUSES_S[1])
                continue
            ends = [self._due[one.id][0] for one in waiting if one.id in self._due]
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(ends, default=None)):
                    await bell.wait()

    async def _try(self, letter: Letter, send: Callable[[Letter], Awaitable[None]]) -> None:
        now = asyncio.get_running_loop().time()
        born = self._born.setdefault(letter.id, now - max(0.0, self._unix() - letter.created_at))
        # what a caller said is kept until a server has taken it
        late = letter.sound is None and now - born >= KEEP_TRYING_S
        try:
            await send(letter)
        except MailError as error:
            if error.final or late:
                await self._settle(letter, "failed", str(error))
            else:
                self._put_off(letter, str(error))
                if error.server:
                    raise _NotNowError(str(error)) from None
        except _NotNowError as error:
            if not late:
                self._put_off(letter, str(error))  # the next try begins with another one
                raise
            await self._settle(letter, "failed", f"not within a day; last: {error}")
        else:
            await self._settle(letter, "done", "")

    def _put_off(self, letter: Letter, why: str) -> None:
        tries = self._due.get(letter.id, (0.0, 0))[1]
        pause_s = _PAUSES_S[min(tries, len(_PAUSES_S) - 1)]
        self._due[letter.id] = asyncio.get_running_loop().time() + pause_s, tries + 1
        log.info("notice %d is tried again in %g s: %s", letter.id, pause_s, why)

    async def _settle(self, letter: Letter, state: str, reason: str) -> None:
        if state == "failed":
            log.error("notice %d (%s) is given up: %s", letter.id, letter.channel, reason)
        await self._store.settle(letter, state, reason, self._unix())
        self._born.pop(letter.id, None)
        self._due.pop(letter.id, None)

    async def _sms(self, letter: Letter) -> None:
        """The guard's outbox has it on return; under its key it is sent once, however often it is handed over."""
        args = {"to": letter.to, "text": letter.text, "key": letter.key}
        try:
            response = await self._guard.command("sms.send", args, str(uuid.uuid4()), ASK_WITHIN_S)
        except Exception as error:  # whatever the link says: nobody answered
            raise _NotNowError(f"the guard does not answer ({str(error) or type(error).__name__})") from None
        if response.get("ok") is True:
            return
        error_ = response.get("error")
        code, message = (error_.get("code"), error_.get("message")) if isinstance(error_, Mapping) else (None, None)
        # a number that gets no messages, a text that cannot be sent; or it was told already, in other words, before
        # this outbox lost its past
        if code in ("bad_request", "conflict"):
            raise MailError(f"the guard refuses it: {message}", final=True)
        raise _NotNowError(f"the guard refuses it now: {message} ({code})")

    async def _mail(self, letter: Letter) -> None:
        if self._mailer is None:
            final = letter.sound is None
            raise MailError("no mail server is configured ([smtp] host)", final=final, server=not final)
        at = datetime.fromtimestamp(letter.created_at, UTC)
        with suppress(ValueError):
            at = datetime.fromisoformat(letter.at)
        await self._mailer.send(
            Mail(
                letter.key,
                self._mailer.sender,
                letter.to,
                letter.subject or "",
                letter.text,
                at,
                letter.language,
                await asyncio.to_thread(_sound, letter),
            )
        )


def _sound(letter: Letter) -> Sound | None:
    """What comes with the letter; better without it than never, where its file is lost."""
    if letter.sound is None:
        return None
    file = Path(letter.sound)
    try:
        return Sound(file.name, file.read_bytes())
    except OSError as error:
        log.error("notice %d goes without its sound: %s: %s", letter.id, file, error.strerror)  # noqa: TRY400
        return None


def _letter(notice: Notice, now: float) -> Letter:
    subject, text = wording.in_words(notice)
    return Letter(notice.key, notice.channel, notice.to, notice.language, subject, text, notice.at, now)
