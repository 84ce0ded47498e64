"""The control socket's door to the telephones, the talking customers and what exchanges do to the world."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bench.addresses import SIP_PORT
from bench.exchange_plan import address_of
from bench.phones.behaviour import behaviour
from bench.plan import SERVICE_NUMBER
from bench.switchboard import Switchboard

LONGEST_WAIT_S = 60.0
Arguments = Mapping[str, Any]
Method = Callable[[Arguments], Awaitable[Any]]


class BoardControl:
    """``methods`` are named as the control socket knows them."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self.methods: dict[str, Method] = {
            "phone.set": self._set,
            "phone.reset": self._reset,
            "phone.records": self._records,
            "phone.press": self._press,
            "phone.pick_up": self._pick_up,
            "phone.play": self._play,
            "phone.hang_up": self._hang_up,
            "phone.refer": self._refer,
            "phone.consult": self._consult,
            "phone.register": self._register,
            "talk.dial": self._dial,
            "talk.told": self._told,
            "talk.hears": self._hears,
            "talk.press": self._talk_press,
            "talk.hang_up": self._talk_hang_up,
            "talk.wait": self._wait,
            "outgoing": self._outgoing,
            "mail": self._mail,
        }

    async def _set(self, given: Arguments) -> None:
        self._board.handsets.set(given["who"], behaviour(given["behaviour"], self._board.handsets.usual))

    async def _reset(self, given: Arguments) -> None:
        self._board.handsets.usual = behaviour(given.get("usual", {}))
        self._board.talkers.hang_up_all()
        self._board.handsets.reset()
        await self._board.handsets.unregister_all()

    async def _records(self, given: Arguments) -> Any:
        heard = given.get("heard", True)
        return await asyncio.to_thread(self._board.handsets.records, given.get("since", 0.0), heard)

    async def _press(self, given: Arguments) -> None:
        self._board.handsets.lasting(given["who"]).stream.press(given["digits"])

    async def _pick_up(self, given: Arguments) -> None:
        self._board.handsets.pick_up(given["who"])

    async def _play(self, given: Arguments) -> None:
        self._board.handsets.say(given["who"], given["sound"])

    async def _hang_up(self, given: Arguments) -> None:
        self._board.handsets.lasting(given["who"]).hang_up()

    async def _refer(self, given: Arguments) -> Any:
        """Blind with ``to``; attended with ``consult``, the Call-ID of the same person's other call."""
        return await self._board.handsets.refer(given["who"], given.get("to"), given.get("consult"))

    async def _consult(self, given: Arguments) -> str:
        return await self._board.handsets.consult(given["who"], given["number"])

    async def _register(self, given: Arguments) -> Any:
        where = address_of(self._board.plan, given["exchange"]), SIP_PORT
        return await self._board.handsets.register(given["who"], where, given["password"])

    async def _dial(self, given: Arguments) -> int:
        number, caller, board = given.get("number") or SERVICE_NUMBER, given.get("caller"), self._board
        at = None
        if phone := given.get("phone"):
            caller, at = board.handsets.number_of(phone), board.handsets.registered(phone)
        return board.talkers.dial(number, caller, tone=given.get("tone", True), at=at)

    async def _told(self, given: Arguments) -> Any:
        return await asyncio.to_thread(self._board.talkers.told, given["call"])

    async def _hears(self, given: Arguments) -> bool:
        timeout_s = min(given["timeout_s"], LONGEST_WAIT_S)
        return await self._board.talkers.hears(given["call"], given["what"], timeout_s, given.get("since"))

    async def _talk_press(self, given: Arguments) -> None:
        self._board.talkers.call(given["call"]).stream.press(given["digits"])

    async def _talk_hang_up(self, given: Arguments) -> None:
        self._board.talkers.call(given["call"]).hang_up()

    async def _wait(self, given: Arguments) -> bool:
        """Whether the call was over within the time."""
        call = self._board.talkers.call(given["call"])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(call.over.wait(), min(given["timeout_s"], LONGEST_WAIT_S))
        return call.over.is_set()

    async def _outgoing(self, given: Arguments) -> Any:
        return self._board.outgoing.records(given.get("since", 0.0))

    async def _mail(self, given: Arguments) -> Any:
        return [one for one in self._board.mailbox.messages if one["at"] >= given.get("since", 0.0)]
