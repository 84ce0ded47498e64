"""The voice calls of a modem, both ways."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bench.mobile.calls import Call, CallState
from bench.mobile.network import DialResult
from bench.mobile.state import Tasks

if TYPE_CHECKING:
    from bench.mobile.modem import SimulatedModem

RING_INTERVAL_S = 5.0
DIAL_URC = {DialResult.BUSY: "BUSY", DialResult.NO_ANSWER: "NO ANSWER", DialResult.REJECTED: "NO CARRIER"}


class Phone:
    """Places, takes and ends one modem's calls; the subscriber is busy while there is one."""

    def __init__(self, modem: SimulatedModem, tasks: Tasks) -> None:
        self._modem = modem
        self._tasks = tasks
        self.calls: list[Call] = []

    def ring(self, number: str, *, forwarded: bool = False) -> Call:
        """A call comes in. It rings until it is answered, rejected (``ended``) or :meth:`release`-d."""
        call = self._new_call(number, incoming=True)
        call.task = self._tasks.spawn(self._ringing(call, forwarded), "modem-ringing")
        return call

    def dial(self, number: str) -> Call:
        """Place a call; the network says what becomes of it."""
        call = self._new_call(number, incoming=False)
        call.task = self._tasks.spawn(self._dialling(call), "modem-dialling")
        return call

    def release(self, call: Call, *, by_far_end: bool = True) -> None:
        """End a call; told to the terminal when the far end did it."""
        if call not in self.calls:
            return
        self.calls.remove(call)
        call.ended.set()
        if call.task is not None and call.task is not asyncio.current_task():
            call.task.cancel()  # so that the far end of a call being placed hears of the hang-up
        if self._modem.subscriber:
            self._modem.subscriber.busy = bool(self.calls)
        if by_far_end:
            self._modem.urc("NO CARRIER")

    def drop_all(self) -> None:
        """The modem lost power, or the terminal hung up."""
        for call in list(self.calls):
            self.release(call, by_far_end=False)

    def _new_call(self, number: str, *, incoming: bool) -> Call:
        state = CallState.INCOMING if incoming else CallState.DIALLING
        used = {call.index for call in self.calls}
        call = Call(next(i for i in range(1, 8) if i not in used), number, incoming, state)
        self.calls.append(call)
        if self._modem.subscriber:
            self._modem.subscriber.busy = True
        return call

    async def _ringing(self, call: Call, forwarded: bool) -> None:
        modem = self._modem
        while call.state is CallState.INCOMING:
            modem.urc("+CRING: VOICE" if modem.settings.crc else "RING")
            if modem.settings.clip:
                modem.urc(f'+CLIP: "{call.number}",{145 if call.number.startswith("+") else 129},,,,0')
            if forwarded and modem.settings.cssu:
                modem.urc("+CSSU: 0")
            await asyncio.sleep(RING_INTERVAL_S)

    async def _dialling(self, call: Call) -> None:
        modem = self._modem
        assert modem.msisdn is not None
        notice = modem.network.own_forwarding_notice(modem.msisdn)
        if modem.settings.cssi and notice is not None:
            modem.urc(f"+CSSI: {notice}")
        self._progress(f"^ORIG:{call.index},0")
        call.state = CallState.ALERTING
        result = await modem.network.dial(modem.msisdn, call.number)
        if result is DialResult.ANSWERED:
            call.answer()
            self._progress(f"^CONN:{call.index},0")
            return
        self.release(call, by_far_end=False)
        self._progress(f"^CEND:{call.index},0,29,17")
        modem.urc(DIAL_URC[result])

    def _progress(self, line: str) -> None:
        if self._modem.personality.call_progress:
            self._modem.urc(line)
