"""What sender, reports and the outbox's front share: the messages in hand, when each is due, and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from appliance.domain.events import EventType
from appliance.domain.sms import masked
from appliance.notify import message as rules
from appliance.notify.message import Message, State
from appliance.notify.sms_book import SmsBook


class InHand:
    """``book`` keeps the messages; ``due`` is from when on each may go out (monotonic); ``wake`` rings when there is
    something new. ``say`` is told journal events and must not block."""

    def __init__(self, book: SmsBook, say: Callable[[str, Mapping[str, Any]], None]) -> None:
        self.book = book
        self.due: dict[int, float] = {}
        self.wake = asyncio.Event()
        self.say = say

    def enter(self, message: Message) -> None:
        """Take a message in hand."""
        if self.book.enter(message):
            self.schedule(message)

    def schedule(self, message: Message) -> None:
        """It may go out now; or, where it may have been sent already, once no report has come for a while."""
        pause_s = rules.pause_s(message) if message.state is State.MAYBE_SENT else 0.0
        self.due[message.id] = asyncio.get_running_loop().time() + pause_s

    async def changed(self, before: Message, after: Message) -> None:
        """Keep what a message has become, and tell of it."""
        await self.book.keep(after)
        if after.state is not before.state:
            self.tell(after)

    def tell(self, message: Message) -> None:
        """An event for the journal, where its state is worth one."""
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
        self.say(type_, told)
