"""Handing a caller on after a consultation: caller on hold, the target rings, member and target talk, then two of the
three are connected.

The member ends it: by hanging up (the caller gets the target, also while that still rings) or by ``*`` (back to the
caller). The target ends it by not answering or hanging up, the caller by leaving.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum, auto

from appliance.asterisk.events import AriEvent
from appliance.domain.calls import LegResult
from appliance.exchange.call import ELSEWHERE_CAUSE, Leg
from appliance.exchange.feature_codes import BEGIN as BACK_KEY
from appliance.exchange.ringing import Ringing, RingStep
from appliance.exchange.switch import OWN_PREFIX
from appliance.exchange.talk import LEG_ENDS, Talk
from appliance.exchange.transfer.aside import Aside, hint, hold, let_member_go, note, rejoin, save, tolerant
from appliance.exchange.transfer.blind import Ringings, connect, hand_on, steps_of
from appliance.exchange.transfer.state import UNDER_WAY, Handover
from appliance.exchange.way_steps import Step

NOT_ANSWERED = ("vm-nobodyavail",)


class _Member(Enum):
    WAITS = auto()
    WANTS_BACK = auto()
    GONE = auto()


class Consultation:
    """One of them. It ends with the talk going on, or over."""

    def __init__(self, talk: Talk, handover: Handover) -> None:
        self._talk, self._call, self._channels = talk, talk.call, talk.call.world.channels
        self._handover = handover
        self._steps = steps_of(self._call, handover.by, handover.to)
        self._answered: Step | None = None
        self._member = _Member.WAITS

    @property
    def bridge(self) -> str:
        """Where member and target talk."""
        return consultation_bridge(self._call.id)

    async def begin(self, legs: Ringings, since: Mapping[str, float]) -> None:
        """Ring the target; go on with whoever answers. Raises :class:`CallerGoneError`."""
        talk, member = self._talk, self._talk.member
        note(talk, self._handover, UNDER_WAY)
        await save(talk, self._handover)
        await hold(talk)
        await tolerant(self._channels.leave(self._call.bridge, member.channel))
        await tolerant(self._channels.ring(member.channel))
        with Aside(talk) as aside:
            target = await self._reach(aside, legs, since)
        if self._member is _Member.GONE:
            await self._without_member(target)
            return
        await tolerant(self._channels.stop_ringing(member.channel))
        if self._member is _Member.WANTS_BACK:
            if target is not None:
                self._dismiss(target)
            await self._back("taken back")
        elif target is None:
            note(talk, self._handover, "nobody answered; back to the caller")
            await hint(talk, *NOT_ANSWERED)
            await rejoin(talk)
        else:
            await self.consult(target)

    async def consult(self, target: Leg) -> None:
        """Member and target talk, until one of the three ends it. Raises :class:`CallerGoneError`."""
        talk, call, member = self._talk, self._call, self._talk.member
        talk.own(target)
        self._handover = replace(self._handover, target=target.channel)
        await save(talk, self._handover)
        await self._channels.bridge(self.bridge)
        await tolerant(self._channels.join(self.bridge, member.channel))
        await tolerant(self._channels.join(self.bridge, target.channel))
        while True:
            item = await call.next()
            if not isinstance(item, AriEvent):
                continue
            if item.channel == target.channel and item.type in LEG_ENDS:
                self._dismiss(target)
                await self._back(f"{target.member} hung up; back to the caller")
                return
            if item.channel != member.channel:
                continue
            if item.type in LEG_ENDS:
                await self._complete(target)
                return
            if item.type == "ChannelDtmfReceived" and item.text("digit") == BACK_KEY:
                self._dismiss(target)
                await self._back("taken back")
                return

    async def _reach(self, aside: Aside, legs: Ringings, since: Mapping[str, float]) -> Leg | None:
        ringing = asyncio.create_task(self._ring(legs, since), name=f"{self._call.id} consultation")
        reading = asyncio.create_task(aside.inbox.next(), name=f"{self._call.id} aside")
        try:
            while True:
                await asyncio.wait({ringing, reading}, return_when=asyncio.FIRST_COMPLETED)
                if reading.done():
                    await self._of_member(aside, reading.result())
                    if self._member is not _Member.WAITS:
                        break
                    reading = asyncio.create_task(aside.inbox.next(), name=f"{self._call.id} aside")
                elif ringing.done():
                    break
            if self._member is _Member.WANTS_BACK and not ringing.done():
                return None
            return await ringing
        finally:
            for task in (ringing, reading):
                task.cancel()
            await asyncio.gather(ringing, reading, return_exceptions=True)
            if self._member is _Member.WANTS_BACK:
                self._call.drop(LegResult.ELSEWHERE)
                self._call.world.book.release_call(self._call.id)

    async def _of_member(self, aside: Aside, item: object) -> None:
        if not isinstance(item, AriEvent):
            return
        if item.type in LEG_ENDS:
            # the caller shall hear now that it rings, and a crash finds a blind transfer
            self._member = _Member.GONE
            self._handover = self._handover.let_go()
            await save(self._talk, self._handover)
            aside.back()
            let_member_go(self._talk)
            await self._call.let_hear("ringing")
        elif item.type == "ChannelDtmfReceived" and item.text("digit") == BACK_KEY:
            self._member = _Member.WANTS_BACK

    async def _ring(self, legs: Ringings, since: Mapping[str, float]) -> Leg | None:
        for number, step in enumerate(self._steps):
            if number < self._handover.step or not isinstance(step, RingStep):
                continue
            self._handover = replace(self._handover, step=number)
            await save(self._talk, self._handover)
            leg = await Ringing(self._call, step).run(legs, since)
            if leg is not None:
                self._answered = step
                return leg
            legs, since = {}, {}
        return None

    async def _without_member(self, target: Leg | None) -> None:
        """The member hung up while it rang: as if it had been blind."""
        if target is not None and await connect(self._talk, target, self._answered):
            note(self._talk, self._handover, f"{target.member} answered")
            await save(self._talk, None)
            return
        await hand_on(self._talk, replace(self._handover, step=len(self._steps)), {}, {})

    async def _complete(self, target: Leg) -> None:
        talk, handover = self._talk, self._handover
        await save(talk, handover.let_go())
        let_member_go(talk)
        if await connect(talk, target, self._answered):
            note(talk, handover, f"{target.member} has the caller")
            await save(talk, None)
            self._end_bridge()
            return
        self._end_bridge()
        await hand_on(talk, replace(handover.let_go(), step=len(self._steps)), {}, {})

    async def _back(self, why: str) -> None:
        note(self._talk, self._handover, why)
        await rejoin(self._talk)
        self._end_bridge()

    def _dismiss(self, target: Leg) -> None:
        self._call.leg_over(target, LegResult.ELSEWHERE, hang_up=ELSEWHERE_CAUSE)
        self._call.world.book.release(self._call.id, target.member)

    def _end_bridge(self) -> None:
        self._call.world.errands.run(self._channels.end_bridge(self.bridge))


def consultation_bridge(call: str) -> str:
    """The id of the bridge where the member of a call consults."""
    return f"{OWN_PREFIX}{call}-consultation"
