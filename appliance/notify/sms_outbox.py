"""The guard's outbox of short messages: durable, one part at a time, never in the way of a forwarding.

Theory of operation. A message is accepted once it is on disk, under its sender's key, so that asking twice sends
once. One task sends (:mod:`.sms_sender`): a part begins only while the modem is usable and no forwarding is due
(``forwarding_due``), so that a change of forwarding waits for one part at most, which nobody can call back from the
modem. Another task takes delivery reports (:mod:`.sms_reports`). What each outcome means is :mod:`.message`'s.

The database is opened when the first message comes, or at the start where there is one: a guard without messages
stays light, and one whose disk is broken guards on. Times within a run are monotonic: a clock that jumps neither
gives up a message nor frees the hour.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from appliance.domain.phone import PhoneNumber
from appliance.notify import message as rules
from appliance.notify.hour import Hour
from appliance.notify.message import Message, Part, State
from appliance.notify.sms_book import DISK_ERRORS, SmsBook
from appliance.notify.sms_in_hand import InHand
from appliance.notify.sms_ports import SmsModem
from appliance.notify.sms_reports import SmsReports
from appliance.notify.sms_sender import DISK_RETRY_S, SmsSender
from appliance.notify.sms_store import SmsStore
from appliance.notify.turns import Turns, source_of

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_WAITING, MOST_WAITING_OF_ONE = 1_000, 500
DISK_PATIENCE_S = 5.0
REPORTS_AFTER_S = 3_600.0  # beyond the network's own time to try, a report may still be under way


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
        self._modem, self._unix = modem, unix
        self._turns = Turns(per_hour)
        self._book = SmsBook(path, unix, keep_trying_s + REPORTS_AFTER_S, before_opening)
        self._in_hand = InHand(self._book, say)

        def busy() -> bool:
            return not modem.status.usable or forwarding_due()

        self._reports = SmsReports(self._in_hand, modem, unix, wanted=delivery_reports, busy=busy)
        self._sender = SmsSender(
            self._in_hand,
            modem,
            self._reports,
            self._turns,
            unix,
            want_reports=delivery_reports,
            keep_trying_s=keep_trying_s,
            busy=busy,
        )

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
        self._in_hand.enter(kept)
        self._in_hand.wake.set()
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
            self._in_hand.wake.set()
        elif await self._book.exists():
            await self._open_patiently()
        await self._in_hand.wake.wait()  # nothing was ever sent: not even a task more
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sender.run(), name="sms: send")
            tasks.create_task(self._reports.run(), name="sms: reports")

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
            self._in_hand.schedule(message)
            if message.state is State.FAILED:
                self._in_hand.tell(message)
        loop_now, now = asyncio.get_running_loop().time(), self._unix()
        for at, key in await store.sent_since(now - Hour.LENGTH_S):
            self._turns.sent(key, loop_now - max(0.0, now - at))
        self._in_hand.wake.set()
        return store
