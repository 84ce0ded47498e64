"""Bringing an agent who has answered together with a caller who wants to be called back (MISSION C4).

To whoever rings agents this is a talk like any other: :meth:`CallbackTalk.connect` says whether they talk. It is here
that the caller is called, after that was written down. Where nothing comes of it, the callback is moved on, the agent
hears so and is let go, and :class:`.call.WithdrawnError` ends the turn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from appliance.domain.calls import LegResult
from appliance.exchange.call import Item, Leg
from appliance.exchange.callback.call import CallbackCall, WithdrawnError
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.callback.dial import Attempt, call_back
from appliance.exchange.callback.telling import tell
from appliance.exchange.inbox import Heard
from appliance.exchange.talk import BY_HAND, DOUBT, MACHINE, Features, Talk
from appliance.queueing import callback_life as life
from appliance.queueing.callback_life import Callback, IllegalMove, Rule
from appliance.queueing.callback_store import CallbackStoreError

HEARS_WHY_S = 5.0  # an agent hears why nothing came of it
BUSY_PAUSE_S = 15.0  # another callback is calling the same phone
REFUSED_PAUSE_S = 60.0  # while the disk takes nothing, agents are not rung again and again
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """What a callback is carried out with; ``rule`` and ``ring_s`` (how long the caller's phone rings) by the roster
    as it stands, ``on_line`` whether a call, by its id, lasts. ``look`` looks at the clock: whether the callback was
    moved by that, such as because the line has closed."""

    desk: CallbackDesk
    rule: Callable[[], Rule]
    ring_s: Callable[[], float]
    on_line: Callable[[str], bool]
    look: Callable[[Callback], Awaitable[bool]]


class CallbackTalk(Talk):
    """Agent and caller of one callback."""

    def __init__(self, call: CallbackCall, member: Leg, means: Means) -> None:
        super().__init__(call, member)
        self._callback_call, self._means = call, means
        self._caller_is_machine = False

    async def connect(self) -> bool:
        """Call the caller, unless that one waits on the line already, and bring both together.

        ``False`` where the agent has gone meanwhile, and the caller waits; raises
        :class:`.call.WithdrawnError` where the turn is over.
        """
        if self._callback_call.has_caller:
            return await self._join()
        if not self._callback_call.hold_phone():
            await self._settle(lambda one: life.postponed(one, self._means.desk.now(), BUSY_PAUSE_S))
            self._dismiss()
            raise WithdrawnError
        try:
            await self._means.desk.move(
                self.call.id, lambda one: life.dial(one, self.member.member, self.member.channel)
            )
        except IllegalMove as error:
            self._dismiss()
            raise WithdrawnError from error
        except CallbackStoreError as error:
            _log.error("callback %s: the caller is not called: %s", self.call.id, error)
            await self._settle(lambda one: life.postponed(one, self._means.desk.now(), REFUSED_PAUSE_S))
            self._dismiss()
            raise WithdrawnError from error
        number = self._callback_call.callback_number
        saying = tell(self.call, self.member, "callback-agent", "callback-agent-calling", number=number)
        self.call.world.errands.run(saying)
        return await self.go_on_calling()

    async def go_on_calling(self, ringing: Mapping[str, Leg] | None = None) -> bool:
        """The caller is being called, or is about to be; as :meth:`connect`."""
        call, means = self._callback_call, self._means
        attempt = await call_back(call, self.member, means.ring_s(), ringing)
        if attempt.leg is None:
            await self._nothing(attempt)
            raise WithdrawnError
        call.attach(attempt.leg)
        if attempt.agent_here:
            return await self._join()
        await self._leave_alone()
        return False

    async def run(self, features: Features) -> str:
        """As for every talk. Raises :class:`.call.WithdrawnError` where the caller was a machine."""
        ended_by = await super().run(features)
        if ended_by in (MACHINE, DOUBT):
            await self._settle(life.left_alone)
        elif self._caller_is_machine:
            call = self.call
            call.note(answered_at=None, answered_by=None, answered_number=None, watched=None)
            await self._nothing(Attempt(None, LegResult.MACHINE, agent_here=True))
            raise WithdrawnError
        return ended_by

    async def next(self, until: float | None = None) -> Item | None:
        """As for every talk; a caller who presses a key is no machine."""
        item = await super().next(until)
        leg = self._callback_call.caller_leg
        if leg is not None and leg.ear is not None:
            if isinstance(item, Heard) and item.channel == leg.channel:
                leg.stop_listening()
                if item.verdict.kind == "machine":
                    _log.info("callback %s: the caller is a machine: %s", self.call.id, item.verdict.why)
                    self._caller_is_machine, self.ended_by = True, "exchange"
            elif getattr(item, "channel", "") == leg.channel and getattr(item, "type", "") in BY_HAND:
                leg.stop_listening()
        return item

    async def _join(self) -> bool:
        """Bridge first, write then: who talks is found in the bridge after a crash, but an instant before it nobody
        would have talked, and a callback that is over would be forgotten."""
        joined = await super().connect()
        if joined:
            await self._settle(lambda one: life.connected(one, self.member.member, self.member.channel))
        else:
            await self._leave_alone()
        return joined

    async def _leave_alone(self) -> None:
        """The agent has gone, and the caller is on the line: who waits hears music."""
        standing = self._means.desk.get(self.call.id)
        if standing is not None and standing.state is not life.State.HOLDING:
            await self._settle(life.left_alone)
        await self.call.let_hear("music")

    async def _nothing(self, attempt: Attempt) -> None:
        """The caller was not reached: move on, tell the agent."""
        call, means = self._callback_call, self._means
        now = means.desk.now()
        if attempt.result is not None:
            result = attempt.result
            await self._settle(lambda one: life.not_reached(one, result, now, means.rule()))
        else:
            why = "there was no way to the caller" if attempt.agent_here else "the agent left"
            await self._settle(lambda one: life.broken_off(one, why, now))
        call.detach(attempt.result or LegResult.CALLER_GONE)
        self._dismiss()

    async def _settle(self, move: life.Move) -> None:
        try:
            await self._means.desk.settle(self.call.id, move)
        except IllegalMove as error:  # somebody else was quicker: the session hears of it
            _log.info("%s", error)

    def _dismiss(self) -> None:
        """Tell the agent that nothing comes of it, and let them go."""
        call, leg = self.call, self.member
        if leg.over:
            return
        call.leg_over(leg, LegResult.CALLER_GONE)
        hearing = f"{call.id}-told-{leg.channel}"  # until then they are not rung again, whoever it is for
        call.world.book.hand(leg.member, call.id, hearing)
        call.world.book.release(hearing, leg.member, HEARS_WHY_S)
        call.world.errands.run(self._say_so(leg))

    async def _say_so(self, leg: Leg) -> None:
        await tell(self.call, leg, "callback-agent-failed", number=self._callback_call.callback_number)
        await asyncio.sleep(HEARS_WHY_S)
        self.call.world.end(leg.channel)
