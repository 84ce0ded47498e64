"""The guard's outbox of short messages: durable, one part at a time, never in the way of a forwarding.

Theory of operation. A message is accepted once it is on disk, under its sender's key, so that asking twice sends
once. One task sends: a part begins only while the modem is usable and no forwarding is due (``forwarding_due``), so
that a change of forwarding waits for one part at most, which nobody can call back from the modem. Another task takes
delivery reports. What each outcome means is :mod:`.message`'s.

The database is opened when the first message comes, or at the start where there is one: a guard without messages
stays light, and one whose disk is broken guards on. Times within a run are monotonic: a clock that jumps neither
gives up a message nor frees the hour.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from appliance.domain.events import EventType
from appliance.domain.phone import PhoneNumber
from appliance.domain.sms import DeliveryReport, Fate, SmsError, masked
from appliance.notify import message as rules
from appliance.notify.hour import Hour
from appliance.notify.message import Message, Part, State
from appliance.notify.sms_book import DISK_ERRORS, SmsBook
from appliance.notify.sms_ports import SmsModem
from appliance.notify.sms_store import SmsStore
from appliance.notify.turns import Turn, Turns, Waiting, source_of

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_WAITING, MOST_WAITING_OF_ONE = 1_000, 500
DISK_PATIENCE_S = 5.0
DISK_RETRY_S = 30.0
LINE_LOOK_S = 0.5
CATCH_UP_S = 60.0  # nothing is waited for in vain because a change fell between two looks
REPORTS_AFTER_S = 3_600.0  # beyond the network's own time to try, a report may still be under way
UNMATCHED_MOST, UNMATCHED_S = 50, 600.0


class OutboxError(Exception):
    """A message was not accepted; the text says why."""


class KeyTakenError(OutboxError):
    """The key belongs to another message."""


class SmsOutbox:
    """``say`` is told journal events and must not block; ``unix`` is the wall clock. Run it with :meth:`run`."""

    def __init__(
        self,
        path: Path,
        modem: SmsModem,
        say: Callable[[str, Mapping[str, Any]], None],
        *,
        per_hour: int,
        delivery_reports: bool,
        keep_trying_s: float,
        forwarding_due: Callable[[], bool] = lambda: False,
        unix: Callable[[], float] = time.time,
        before_opening: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._modem = modem
        self._say = say
        self._want_reports = delivery_reports
        self._keep_trying_s = keep_trying_s
        self._forwarding_due = forwarding_due
        self._unix = unix
        self._turns = Turns(per_hour)
        self._held = False
        self._book = SmsBook(path, unix, keep_trying_s + REPORTS_AFTER_S, before_opening)
        self._due: dict[int, float] = {}  # monotonic
        self._unmatched: deque[tuple[float, DeliveryReport]] = deque(maxlen=UNMATCHED_MOST)
        self._wake = asyncio.Event()
        self._seen_generation: int | None = None

    async def accept(self, number: PhoneNumber, text: str, key: str) -> Message:
        """Take a message on; durable on return. The same key again gives the message there is.

        Raises :class:`OutboxError`, :class:`KeyTakenError` where that one has another text or receiver,
        ``ValueError`` for a text that cannot be sent.
        """
        parts = self._modem.sms_parts(text)
        message = Message(
            id=0,
            key=key,
            number=number,
            text=text,
            reference=secrets.randbelow(256),
            accepted_at=self._unix(),
            parts=(Part(),) * parts,
            digest=rules.digest_of(key, text),
        )
        try:
            async with asyncio.timeout(DISK_PATIENCE_S):
                store = await self._open()
                if (known := await store.find(key)) is not None:
                    return self._same(known, message)
                self._refuse_floods(key)
                kept = await store.add(message)
        except TimeoutError:
            raise OutboxError("the disk does not answer; ask again under the same key") from None
        except DISK_ERRORS as error:
            raise OutboxError(f"the message cannot be kept ({error})") from error
        if not kept.says(number, text):  # another one under the key was quicker
            return self._same(kept, message)
        self._enter(kept)
        self._wake.set()
        return self._book.present(kept)

    def _same(self, known: Message, asked: Message) -> Message:
        if not known.says(asked.number, asked.text):
            raise KeyTakenError(
                f"the key {asked.key!r} is message {known.id}'s, which has another text or receiver; "
                "give this one a key of its own"
            )
        return self._book.present(known)

    def _refuse_floods(self, key: str) -> None:
        going, source = self._book.going, source_of(key)
        if len(going) >= MOST_WAITING:
            raise OutboxError(f"busy: {MOST_WAITING} messages wait already")
        if sum(source_of(one.key) == source for one in going) >= MOST_WAITING_OF_ONE:
            of = f"of {source!r}" if source else "under keys that name no source"
            raise OutboxError(f"busy: {MOST_WAITING_OF_ONE} messages {of} wait already")

    async def newest(self, limit: int) -> list[Message]:
        """What was accepted, newest first. Raises :class:`OutboxError`."""
        nothing: list[Message] = []
        kept = await self._about(lambda store: store.newest(limit), nothing)
        return [self._book.present(one) for one in kept]

    async def of_number(self, number: str) -> list[Message]:
        """Every message to a number. Raises :class:`OutboxError`."""
        nothing: list[Message] = []
        return await self._about(lambda store: store.of_number(number), nothing)

    async def forget(self, number: str) -> tuple[int, int]:
        """Drop the messages to a number that are not on their way; how many, and how many are. Raises
        :class:`OutboxError`."""
        return await self._about(lambda store: store.forget(number), (0, 0))

    async def _about(self, job: Callable[[SmsStore], Awaitable[T]], nothing: T) -> T:
        if not self._book.open and not await self._book.exists():
            return nothing
        try:
            async with asyncio.timeout(DISK_PATIENCE_S):
                return await job(await self._open())
        except TimeoutError:
            raise OutboxError("the disk does not answer") from None
        except DISK_ERRORS as error:
            raise OutboxError(f"the messages cannot be read ({error})") from error

    def counts(self) -> dict[str, int]:
        """How many wait, how many parts went out in the last hour, and how many may."""
        waiting = len(self._book.going)
        sent = self._turns.hour.used(asyncio.get_running_loop().time())
        return {"waiting": waiting, "sent_this_hour": sent, "per_hour": self._turns.hour.most}

    async def run(self) -> None:
        """Send and take reports, until cancelled."""
        if self._book.open:
            self._wake.set()
        elif await self._book.exists():
            await self._open_patiently()
        await self._wake.wait()  # nothing was ever sent: not even a task more
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send(), name="sms: send")
            tasks.create_task(self._modem.take_sms_reports(self._on_report), name="sms: reports")

    async def aclose(self) -> None:
        """Let go of the database."""
        await self._book.close()

    async def _open_patiently(self) -> None:
        while True:
            try:
                await self._open()
            except DISK_ERRORS as error:
                log.warning("messages that wait cannot be read (%s); trying again in %g s", error, DISK_RETRY_S)
                await asyncio.sleep(DISK_RETRY_S)
                continue
            return

    async def _open(self) -> SmsStore:
        store, found = await self._book.store()
        if found is None:
            return store
        for message in found:
            self._schedule(message)
            if message.state is State.FAILED:
                self._tell(message)
        loop_now, now = asyncio.get_running_loop().time(), self._unix()
        for at, key in await store.sent_since(now - Hour.LENGTH_S):
            self._turns.sent(key, loop_now - max(0.0, now - at))
        self._wake.set()
        return store

    def _enter(self, message: Message) -> None:
        if self._book.enter(message):
            self._schedule(message)

    def _schedule(self, message: Message) -> None:
        pause_s = rules.pause_s(message) if message.state is State.MAYBE_SENT else 0.0
        self._due[message.id] = asyncio.get_running_loop().time() + pause_s

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            for id_ in self._book.forget_old():
                self._due.pop(id_, None)
            await self._expire()
            await self._collect()
            turn, now = self._next(), loop.time()
            if turn is None:
                self._held = False
                await self._rest(CATCH_UP_S)
            elif turn.at > now:
                if turn.held:
                    self._hold()
                await self._rest(min(turn.at - now, self._until_expiry_s()))
            elif not self._modem.status.usable or self._forwarding_due():
                await self._rest(LINE_LOOK_S)
            else:
                await self._send_part(next(one for one in self._book.going if one.id == turn.id))

    def _next(self) -> Turn | None:
        waiting = (Waiting(one.id, one.key, self._due.get(one.id, 0.0)) for one in self._book.going)
        return self._turns.next(waiting, asyncio.get_running_loop().time())

    async def _send_part(self, message: Message) -> None:
        place = message.next_part
        if place is None:
            return
        loop = asyncio.get_running_loop()
        self._turns.taken(message.key)
        if not await self._book.keep(rules.begun(message, place)):
            self._book.undo(message)
            self._due[message.id] = loop.time() + DISK_RETRY_S
            return
        try:
            submitted = await self._modem.send_sms_part(
                message.number,
                message.text,
                message.reference,
                place,
                report=self._want_reports,
                validity_s=self._keep_trying_s,
            )
        except SmsError as error:
            if error.fate is Fate.UNKNOWN:
                self._turns.sent(message.key, loop.time())
            after = rules.refused(self._book.present(message), place, error, self._unix())
            log.warning("message %d, part %d of %d: %s", message.id, place + 1, len(message.parts), error.message)
        else:
            self._turns.sent(message.key, loop.time())
            after = rules.taken(self._book.present(message), place, submitted, self._unix())
        self._due[message.id] = loop.time() + (rules.pause_s(after) if after.reason else 0.0)
        await self._changed(message, after)
        await self._take_early_reports(after)

    async def _take_early_reports(self, message: Message) -> None:
        """A report may come before the modem has said under which reference the part went out."""
        since = asyncio.get_running_loop().time() - UNMATCHED_S
        for entry in list(self._unmatched):
            at, report = entry
            place = rules.sent_as(message, report) if at >= since else None
            if place is not None:
                self._unmatched.remove(entry)
                await self._on_report(report)

    async def _on_report(self, report: DeliveryReport) -> None:
        newest_first = sorted(self._book.messages, key=lambda one: one.id, reverse=True)
        for find in (rules.sent_as, rules.doubt_ended_by):
            for message in newest_first:
                place = find(message, report)
                if place is not None:
                    after = rules.reported(message, place, report, self._unix())
                    if (
                        message.state is State.MAYBE_SENT is not after.state
                    ):  # its doubt is over: the next part need not wait
                        self._due[message.id] = asyncio.get_running_loop().time()
                    await self._changed(message, after)
                    self._wake.set()
                    return
        log.info("a delivery report belongs to no message of this box (status %#04x)", report.status)
        self._unmatched.append((asyncio.get_running_loop().time(), report))

    async def _collect(self) -> None:
        """In each life of the modem once: have reports told, and take those of the time nobody listened."""
        generation = self._modem.generation
        awaited = any(not one.given_up and one.state is not State.DELIVERED for one in self._book.messages)
        if generation == self._seen_generation or not awaited or not self._want_reports:
            return
        if not self._modem.status.usable or self._forwarding_due():
            return
        self._seen_generation = generation
        try:
            await self._modem.collect_sms_reports(self._on_report)
        except SmsError as error:
            log.info("delivery reports cannot be asked for: %s", error.message)

    async def _expire(self) -> None:
        for message in self._book.going:
            if self._book.age_s(message) >= self._keep_trying_s:
                why = f"not sent within {self._keep_trying_s:g} s; last: {message.reason or 'no modem'}"
                await self._changed(message, rules.given_up(message, why, self._unix()))

    async def _changed(self, before: Message, after: Message) -> None:
        await self._book.keep(after)
        if after.state is not before.state:
            self._tell(after)

    def _tell(self, message: Message) -> None:
        type_ = {
            State.SENT: EventType.SMS_SENT,
            State.DELIVERED: EventType.SMS_DELIVERED,
            State.FAILED: EventType.SMS_FAILED,
        }.get(message.state)
        if type_ is None:
            return
        told: dict[str, Any] = {"id": message.id, "to": masked(message.number.e164), "parts": len(message.parts)}
        if type_ is EventType.SMS_FAILED:
            told |= {"reason": message.reason, "code": message.code}
        self._say(type_, told)

    def _hold(self) -> None:
        if not self._held:
            self._held = True
            self._say(EventType.SMS_HELD, {"waiting": len(self._book.going), "per_hour": self._turns.hour.most})

    def _until_expiry_s(self) -> float:
        oldest_s = max((self._book.age_s(one) for one in self._book.going), default=0.0)
        return max(0.1, self._keep_trying_s - oldest_s)

    async def _rest(self, seconds: float) -> None:
        """Until there is something new, the modem has changed, or for so long."""
        news = asyncio.ensure_future(self._wake.wait())
        modem = asyncio.ensure_future(self._modem.changed())
        try:
            await asyncio.wait((news, modem), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (news, modem):
                one.cancel()
            await asyncio.gather(news, modem, return_exceptions=True)
