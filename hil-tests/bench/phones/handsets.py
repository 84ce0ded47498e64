"""The telephones that are called: mobiles of the network and SIP phones, each with its manners and its record."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from bench.phones.agent import Agent, register
from bench.phones.behaviour import NORMAL, Behaviour
from bench.phones.call import Call, Side
from bench.phones.message import parameter, user_of
from bench.phones.rtp import Stream
from bench.phones.sounds import Sounds

Record = dict[str, Any]


class Handsets:
    """Answers for every number it is called by. ``people``: number or account → name.

    ``manners`` may override a telephone's behaviour by (number, trunk): what a trunk does to a call on its way.
    """

    def __init__(
        self,
        sounds: Sounds,
        people: Mapping[str, str],
        known_hz: Mapping[str, int],
        manners: Callable[[str, str], Behaviour | None],
    ) -> None:
        self.agent = Agent(self._rings)
        self._sounds = sounds
        self._people = people
        self._known_hz = known_hz
        self._manners = manners
        self.usual = NORMAL  # how whoever was told nothing else behaves
        self._behaviours: dict[str, Behaviour] = {}
        self._registered: dict[str, tuple[tuple[str, int], str]] = {}
        self._lifted: dict[Call, asyncio.Event] = {}  # ringing telephones that somebody may pick up

    def number_of(self, who: str) -> str:
        """The number or account of somebody named, or of the number itself. Raises ``KeyError``."""
        if who in self._people:
            return who
        return next(number for number, name in self._people.items() if name == who)

    def set(self, who: str, manners: Behaviour) -> None:
        """How this telephone behaves from the next call on."""
        self._behaviours[self.number_of(who)] = manners

    def reset(self) -> None:
        """Everybody behaves as usual; calls that last are hung up."""
        self._behaviours.clear()
        for call in self._called():
            call.hang_up()

    def calls(self, who: str | None = None, since: float = 0.0) -> list[Call]:
        """The calls that came in since a Unix time."""
        number = self.number_of(who) if who else None
        return [call for call in self._called() if call.began >= since and number in (None, call.number)]

    def records(self, since: float = 0.0, heard: bool = True) -> list[Record]:
        """What became of each call, in order; what was ``heard`` takes a while to find out."""
        return [self._record(call, heard) for call in self.calls(since=since)]

    def lasting(self, who: str) -> Call:
        """The newest call of somebody that is not over. Raises ``LookupError``."""
        for call in reversed(self.calls(who)):
            if call.ended_at is None:
                return call
        raise LookupError(f"{who} has no call now")

    def pick_up(self, who: str) -> None:
        """Somebody answers now, and not after the time of their manners. Raises ``LookupError``: nothing rings."""
        self._lifted[self.lasting(who)].set()

    def say(self, who: str, sound: str) -> None:
        """Somebody says something; their tone is silent meanwhile."""
        self.lasting(who).stream.play(self._sounds.get(sound))

    async def refer(self, who: str, to: str | None, consult: str | None) -> int | None:
        """Transfer the party of somebody's first lasting call: to the number ``to``, or, with ``consult``, to the
        party of the call that ``who`` has with that Call-ID. The status of the answer.
        """
        call = next(one for one in self.calls(who) if one.ended_at is None)
        host = ":".join(map(str, call.peer))
        if consult is None:
            return await call.refer(f"sip:{to}@{host}")
        other = next(one for one in self.agent.calls if one.call_id == consult)
        return await call.refer(f"{other.target}?Replaces={quote(other.replaces, safe='')}")

    async def consult(self, who: str, number: str) -> str:
        """Somebody puts a second call through the exchange that the first one came from; its Call-ID."""
        first = next(one for one in self.calls(who) if one.ended_at is None)
        second = Call(self.agent, Side.CALLER, secrets.token_hex(8), Stream(self.agent.address))
        second.stream.set_tone(self._known_hz[self._people[first.number]])
        self.agent.keep(second)
        _, secret = self._registered.get(first.number, (first.peer, ""))
        self.agent.spawn(second.dial(first.peer, number, first.number, secret=secret), f"consultation of {who}")
        return second.call_id

    async def register(self, who: str, registrar: tuple[str, int], password: str) -> int | None:
        """Register a SIP phone; the status of the registrar's answer."""
        account = self.number_of(who)
        status = await register(self.agent, registrar, account, password)
        if status == 200:
            self._registered[account] = registrar, password
        return status

    def registered(self, who: str) -> tuple[tuple[str, int], str]:
        """Where a SIP phone is registered, and its password. Raises ``KeyError``."""
        return self._registered[self.number_of(who)]

    async def unregister_all(self) -> None:
        """Take every registration back."""
        registered, self._registered = self._registered, {}
        await asyncio.gather(
            *(register(self.agent, where, who, secret, 0) for who, (where, secret) in registered.items())
        )

    def _called(self) -> list[Call]:
        return [call for call in self.agent.calls if call.side is Side.CALLED]

    async def _rings(self, call: Call) -> None:
        assert call.invite is not None
        via = parameter(call.invite.uri, "via")
        manners = self._manners(call.number, via) or self._behaviours.get(call.number, self.usual)
        others = [
            one for one in self.calls() if one.number == call.number and one.ended_at is None and one is not call
        ]
        if call.number not in self._people:
            call.refuse(404)
        elif len(others) >= manners.lines:
            call.refuse(486)
        else:
            acting = asyncio.create_task(self._act(call, manners), name=f"act {call.number}")
            over = asyncio.create_task(call.over.wait())
            await asyncio.wait((acting, over), return_when=asyncio.FIRST_COMPLETED)
            for task in (acting, over):
                task.cancel()
            for result in await asyncio.gather(acting, over, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result

    async def _act(self, call: Call, manners: Behaviour) -> None:
        call.stream.mute = manners.mute
        if manners.refuses is not None:
            if manners.rings:
                call.ring()
            await asyncio.sleep(manners.refuses_after_s)
            call.refuse(manners.refuses, manners.cause)
            return
        told = _told(call, manners)
        if "diverted" in told:
            call.forward(told["diverted"])
        if manners.early is not None:
            call.early_media()
            call.stream.play(self._sounds.get(manners.early))
        elif manners.rings:
            call.ring(told.get("ringing", ()))
        await self._lift(call, manners.answers_after_s)
        call.answer(told.get("answer", ()))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._speak(call, manners))
            if manners.presses:
                group.create_task(self._press(call, manners))
            if manners.hangs_up_after_s is not None:
                group.create_task(self._leave(call, manners.hangs_up_after_s))
            group.create_task(self._listen(call, manners.gives_up_after_s))

    async def _lift(self, call: Call, after_s: float | None) -> None:
        lifted = self._lifted[call] = asyncio.Event()
        try:
            async with asyncio.timeout(after_s):
                await lifted.wait()
        except TimeoutError:
            return
        finally:
            del self._lifted[call]

    async def _speak(self, call: Call, manners: Behaviour) -> None:
        if manners.says is not None:
            await asyncio.sleep(manners.says_after_s)
            call.stream.play(self._sounds.get(manners.says))
            await call.stream.played()
        if manners.tone:
            await asyncio.sleep(manners.tone_after_s)
            call.stream.set_tone(self._known_hz[self._people[call.number]])

    @staticmethod
    async def _listen(call: Call, patience_s: float) -> None:
        while call.ended_at is None:
            since = max(call.stream.last_packet_at, call.answered_at or 0.0)
            left_s = since + patience_s - time.time()
            if left_s <= 0:
                call.hang_up()
            await asyncio.sleep(max(left_s, 0.05))

    @staticmethod
    async def _press(call: Call, manners: Behaviour) -> None:
        await asyncio.sleep(manners.presses_after_s)
        call.stream.press(manners.presses)

    @staticmethod
    async def _leave(call: Call, after_s: float) -> None:
        await asyncio.sleep(after_s)
        call.hang_up()

    def _record(self, call: Call, heard: bool) -> Record:
        assert call.invite is not None
        invite = call.invite
        return {
            **facts(call, self._known_hz if heard else {}),
            "who": self._people.get(call.number),
            "via": parameter(invite.uri, "via") or None,
            "from": user_of(invite.get("from")),
            "pai": user_of(invite.get("p-asserted-identity")) or None,
            "diversion": user_of(invite.get("diversion")) or None,
        }


def _told(call: Call, manners: Behaviour) -> dict[str, list[tuple[str, str]]]:
    """The headers that tell another identity, by when they are sent."""
    if manners.answers_as is None:
        return {}
    other, dialled = call.identity(manners.answers_as), call.identity(call.number)
    match manners.tells_by:
        case "asserted":
            return {"answer": [("p-asserted-identity", other)]}
        case "ringing":
            return {"ringing": [("p-asserted-identity", other)]}
        case "remote-party":
            return {"answer": [("remote-party-id", f"{other};party=called;screen=yes;privacy=off")]}
        case "diverted":
            return {"diverted": [("diversion", f"{dialled};reason=no-answer")]}
        case "history":
            again = other.replace(">", ";cause=408>")  # RFC 4458: nobody answered
            return {"answer": [("history-info", f"{dialled};index=1, {again};index=1.1;mp=1")]}
    raise ValueError(f"no telephone tells by {manners.tells_by!r}")


def facts(call: Call, known_hz: Mapping[str, int]) -> Record:
    """What any call tells of itself. All times are Unix seconds."""
    began = call.stream.began
    heard = [
        {"what": span.what, "start": began + span.start_s, "end": began + span.end_s}
        for span in (call.stream.heard(known_hz) if known_hz else ())
    ]
    return {
        "id": call.call_id,
        "number": call.number,
        "began": call.began,
        "rang_at": call.rang_at,
        "early_at": call.early_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "ended_by": call.ended_by,
        "status": call.status,
        "cause": call.cause,
        "connected": list(call.connected),
        "told": list(call.told),
        "pressed": [digit for _, digit in call.stream.pressed],
        "heard": heard,
        "told_at": time.time(),
    }
