"""Delivery reports: which part of which message each belongs to, and what it changes."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from appliance.domain.sms import DeliveryReport, SmsError
from appliance.notify import message as rules
from appliance.notify.message import Message, State
from appliance.notify.sms_in_hand import InHand
from appliance.notify.sms_ports import SmsModem

UNMATCHED_MOST, UNMATCHED_S = 50, 600.0
_log = logging.getLogger(__name__)


class SmsReports:
    """``wanted``: the network is asked for them at all; ``busy``: the modem is not to be had now."""

    def __init__(
        self, in_hand: InHand, modem: SmsModem, unix: Callable[[], float], *, wanted: bool, busy: Callable[[], bool]
    ) -> None:
        self._in_hand, self._book, self._modem, self._unix = in_hand, in_hand.book, modem, unix
        self._wanted, self._busy = wanted, busy
        self._unmatched: deque[tuple[float, DeliveryReport]] = deque(maxlen=UNMATCHED_MOST)
        self._seen_generation: int | None = None

    async def run(self) -> None:
        """Take them until cancelled."""
        await self._modem.take_sms_reports(self._on_report)

    async def take_early(self, message: Message) -> None:
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
                        self._in_hand.due[message.id] = asyncio.get_running_loop().time()
                    await self._in_hand.changed(message, after)
                    self._in_hand.wake.set()
                    return
        _log.info("a delivery report belongs to no message of this box (status %#04x)", report.status)
        self._unmatched.append((asyncio.get_running_loop().time(), report))

    async def collect(self) -> None:
        """In each life of the modem once: have reports told, and take those of the time nobody listened."""
        generation = self._modem.generation
        awaited = any(not one.given_up and one.state is not State.DELIVERED for one in self._book.messages)
        if generation == self._seen_generation or not awaited or not self._wanted:
            return
        if self._busy():
            return
        self._seen_generation = generation
        try:
            await self._modem.collect_sms_reports(self._on_report)
        except SmsError as error:
            _log.info("delivery reports cannot be asked for: %s", error.message)
