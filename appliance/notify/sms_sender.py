"""Sending: one part at a time, whose turn it is, while the modem is usable and no forwarding is due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from appliance.domain.events import EventType
from appliance.domain.sms import Fate, SmsError
from appliance.notify import message as rules
from appliance.notify.message import Message
from appliance.notify.sms_in_hand import InHand
from appliance.notify.sms_ports import SmsModem
from appliance.notify.sms_reports import SmsReports
from appliance.notify.turns import Turn, Turns, Waiting

DISK_RETRY_S = 30.0
LINE_LOOK_S = 0.5
CATCH_UP_S = 60.0  # nothing is waited for in vain because a change fell between two looks
_log = logging.getLogger(__name__)


class SmsSender:
    """``busy``: the modem is not to be had now. Messages are given up after ``keep_trying_s``."""

    def __init__(
        self,
        in_hand: InHand,
        modem: SmsModem,
        reports: SmsReports,
        turns: Turns,
        unix: Callable[[], float],
        *,
        want_reports: bool,
        keep_trying_s: float,
        busy: Callable[[], bool],
    ) -> None:
        self._in_hand, self._book, self._modem, self._reports = in_hand, in_hand.book, modem, reports
        self._turns, self._unix = turns, unix
        self._want_reports, self._keep_trying_s, self._busy = want_reports, keep_trying_s, busy
        self._held = False

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._in_hand.wake.clear()
            for id_ in self._book.forget_old():
                self._in_hand.due.pop(id_, None)
            await self._expire()
            await self._reports.collect()
            turn, now = self._next(), loop.time()
            if turn is None:
                self._held = False
                await self._rest(CATCH_UP_S)
            elif turn.at > now:
                if turn.held:
                    self._hold()
                await self._rest(min(turn.at - now, self._until_expiry_s()))
            elif self._busy():
                await self._rest(LINE_LOOK_S)
            else:
                await self._send_part(next(one for one in self._book.going if one.id == turn.id))

    def _next(self) -> Turn | None:
        waiting = (Waiting(one.id, one.key, self._in_hand.due.get(one.id, 0.0)) for one in self._book.going)
        return self._turns.next(waiting, asyncio.get_running_loop().time())

    async def _send_part(self, message: Message) -> None:
        place = message.next_part
        if place is None:
            return
        loop = asyncio.get_running_loop()
        self._turns.taken(message.key)
        if not await self._book.keep(rules.begun(message, place)):
            self._book.undo(message)
            self._in_hand.due[message.id] = loop.time() + DISK_RETRY_S
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
            _log.warning("message %d, part %d of %d: %s", message.id, place + 1, len(message.parts), error.message)
        else:
            self._turns.sent(message.key, loop.time())
            after = rules.taken(self._book.present(message), place, submitted, self._unix())
        self._in_hand.due[message.id] = loop.time() + (rules.pause_s(after) if after.reason else 0.0)
        await self._in_hand.changed(message, after)
        await self._reports.take_early(after)

    async def _expire(self) -> None:
        for message in self._book.going:
            if self._book.age_s(message) >= self._keep_trying_s:
                why = f"not sent within {self._keep_trying_s:g} s; last: {message.reason or 'no modem'}"
                await self._in_hand.changed(message, rules.given_up(message, why, self._unix()))

    def _hold(self) -> None:
        if not self._held:
            self._held = True
            self._in_hand.say(
                EventType.SMS_HELD, {"waiting": len(self._book.going), "per_hour": self._turns.hour.most}
            )

    def _until_expiry_s(self) -> float:
        oldest_s = max((self._book.age_s(one) for one in self._book.going), default=0.0)
        return max(0.1, self._keep_trying_s - oldest_s)

    async def _rest(self, seconds: float) -> None:
        """Until there is something new, the modem has changed, or for so long."""
        news = asyncio.ensure_future(self._in_hand.wake.wait())
        modem = asyncio.ensure_future(self._modem.changed())
        try:
            await asyncio.wait((news, modem), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (news, modem):
                one.cancel()
            await asyncio.gather(news, modem, return_exceptions=True)
