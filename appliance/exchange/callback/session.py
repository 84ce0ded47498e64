"""One callback's life at work: it waits for its turn as a caller would, then agent and caller are brought together.

A task of its own, for as long as the callback stands. What the callback is, is the desk's word; what is done for it
is done here, and each turn ends in a move. :class:`.call.WithdrawnError` ends a turn: because nothing came
of it, or because somebody else moved the callback, and then everything that was being done for it ends.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.asterisk.site import TECHNICIAN_CONTEXT
from appliance.domain.calls import LegResult, Outcome
from appliance.exchange.call import CallerGoneError, Leg
from appliance.exchange.callback.call import CallbackCall, WithdrawnError
from appliance.exchange.callback.talk import BUSY_PAUSE_S, CallbackTalk, Means
from appliance.exchange.living import lived
from appliance.exchange.pastime import Silence
from appliance.exchange.queue.turn import Turn
from appliance.exchange.stage import NORMAL_CAUSE, Stage
from appliance.exchange.taken import TakenUp
from appliance.exchange.talk import Features, Talk
from appliance.queueing import callback_life as life
from appliance.queueing.callback_life import Callback, IllegalMove, State
from appliance.queueing.callback_life import Result as End
from appliance.queueing.callback_store import CallbackStoreError
from appliance.queueing.hall import Waiter
from appliance.queueing.terms import Left

LOOK_AGAIN_S = 60.0  # a clock may be set, hours may change
STILL_THERE_S = 1.0
NOBODY_PAUSE_S = 30.0  # the queue had nobody to ring
LIMITED_PAUSE_S = 120.0  # so many calls went out within the last hour
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallbackTakenUp:
    """What was found of a callback after a crash. ``calling``: the agent of the attempt, with the legs by number on
    which the caller is being called; ``both``: agent and caller who were about to talk; ``step``: else."""

    calling: tuple[Leg, Mapping[str, Leg]] | None = None
    both: Leg | None = None
    step: TakenUp = field(default_factory=TakenUp)


def waiter_of(call: CallbackCall, callback: Callback, *, ready: bool = True) -> Waiter:
    """The callback as it stands in the queue. An agent who asked for it by their own mobile is not rung for it:
    nobody could call them meanwhile."""
    roster = call.world.standing.roster
    asked = next((person.id for person in roster.person if person.mobile == callback.number), None)
    return Waiter(callback.id, callback.queue, callback.queued_at, ready, but=asked, held=callback.held)


class CallbackStage(Stage):
    """Its talks begin with a call to the caller."""

    def __init__(self, call: CallbackCall, features: Features, means: Means) -> None:
        super().__init__(call, features)
        self._callback_call, self._means = call, means

    def meet(self, member: Leg) -> Talk:
        """Agent and caller."""
        return CallbackTalk(self._callback_call, member, self._means)

    async def over(self, outcome: Outcome, ended_by: str, cause: int = NORMAL_CAUSE) -> None:
        """The talk is over, and with it the callback."""
        call, world, desk = self._callback_call, self.call.world, self._means.desk
        call.drop(LegResult.CALLER_GONE)
        call.detach(LegResult.TALKED)
        world.errands.run(world.channels.end_bridge(call.bridge))
        call.end_record(outcome, ended_by)
        await call.write()
        try:
            await desk.settle(call.id, lambda one: life.talked(one, desk.now()))
        except IllegalMove as error:
            _log.info("%s", error)


class OnHold(Silence):
    """A caller who waits on the line hears music."""

    def __init__(self, call: CallbackCall) -> None:
        self._call = call

    async def begin(self) -> None:
        """If anybody is there to hear it."""
        await self._call.let_hear(self.hears)


class CallbackSession:
    """Build it, then :meth:`run` it once."""

    def __init__(
        self,
        call: CallbackCall,
        stage: CallbackStage,
        means: Means,
        taken_up: CallbackTakenUp | None = None,
    ) -> None:
        self._call, self._stage, self._means, self._taken_up = call, stage, means, taken_up

    @property
    def call(self) -> CallbackCall:
        """What the call is."""
        return self._call

    @property
    def talk(self) -> Talk | None:
        """Who talk in it."""
        return self._stage.talk

    async def run(self) -> None:
        """Live, until the callback is over. Raises nothing but ``CancelledError``."""
        call, world, desk = self._call, self._call.world, self._means.desk
        unwatch = desk.watch(call.id, call.withdraw)
        try:
            await lived(f"callback {call.id}", self._live, self._escape)
        finally:
            unwatch()
            world.queues.leave(call.id)
            for leg in (*call.legs.values(), *((call.caller_leg,) if call.caller_leg is not None else ())):
                leg.stop_listening()
            world.switch.disown(call.arrival.channel)

    async def _live(self) -> None:
        while (standing := self._means.desk.get(self._call.id)) is not None:
            taken_up, self._taken_up = self._taken_up, None
            try:
                if taken_up is not None:
                    await self._go_on(standing, taken_up)
                else:
                    await self._turn(standing)
            except WithdrawnError:
                self._let_go(LegResult.CALLER_GONE)
            except CallerGoneError:
                await self._caller_gone()
        await self._end()

    async def _go_on(self, standing: Callback, taken_up: CallbackTakenUp) -> None:
        """Take up what was being done when it crashed."""
        if taken_up.calling is not None:
            agent, ringing = taken_up.calling
            talk = CallbackTalk(self._call, agent, self._means)
            if await talk.go_on_calling(ringing):
                await self._talk(agent)
        elif taken_up.both is not None:
            if await CallbackTalk(self._call, taken_up.both, self._means).connect():
                await self._talk(taken_up.both)
        elif taken_up.step.alone:
            await self._stage.over(Outcome.ANSWERED, "member")
        elif taken_up.step.talking is not None:
            agent = taken_up.step.talking
            if standing.state is not State.TALKING:  # it crashed between bringing them together and writing it down
                await self._settle(lambda one: life.connected(one, agent.member, agent.channel))
            await self._talk(taken_up.step.talking, taken_up.step)
        elif standing.state is State.HOLDING or life.is_ready(standing, self._means.desk.now()):
            await self._serve(standing, taken_up.step)

    async def _turn(self, standing: Callback) -> None:
        call, desk, now = self._call, self._means.desk, self._call.world.now()
        if standing.state is State.WAITING:
            call.world.queues.join(waiter_of(call, standing, ready=False))  # while it rests it keeps the place
            if await self._means.look(standing):
                return
            if self._means.on_line(standing.call):
                await call.next(now + STILL_THERE_S)  # whoever asked for it has not hung up yet
            elif not life.is_ready(standing, desk.now()):
                wait_s = max(0.0, life.ready_at(standing, desk.now()) - desk.now())
                await call.next(now + (LOOK_AGAIN_S if standing.held else min(wait_s, LOOK_AGAIN_S)))
            elif (why := call.world.limits.refuses(standing.number, now)) is not None:
                _log.warning("callback %s waits: %s", call.id, why)
                await self._settle(lambda one: life.postponed(one, desk.now(), LIMITED_PAUSE_S))
            elif call.phone_is_busy:
                await self._settle(lambda one: life.postponed(one, desk.now(), BUSY_PAUSE_S))
            else:
                await self._serve(standing)
        elif standing.state is State.ASIDE:
            call.world.queues.leave(call.id)  # the caller has the place, on the line
            await call.next(now + LOOK_AGAIN_S)
        elif standing.state is State.HOLDING and call.has_caller:
            await self._serve(standing)
        else:
            await self._stranded(standing)

    async def _serve(self, standing: Callback, taken_up: TakenUp | None = None) -> None:
        """Wait in the queue for an agent."""
        call, desk = self._call, self._means.desk
        turn = Turn(self._stage, waiter_of(call, standing), OnHold(call), self._leaves)
        if await turn.run(taken_up) is Left.AGENT:
            return
        if call.has_caller:  # the caller must not wait for nobody
            await self._escape(LookupError("the queue has nobody to ring"))
            return
        await self._settle(lambda one: life.postponed(one, desk.now(), NOBODY_PAUSE_S))

    def _leaves(self) -> Left | None:
        """Whoever is called back waits for as long as it takes; nobody waits on the line for nobody."""
        world, queue = self._call.world, self._call.record.queue or ""
        if world.standing.roster.queue_by_id(queue) is None:
            return Left.GONE
        nobody = self._call.has_caller and not world.queues.staff(queue).logged_in
        return Left.NOBODY if nobody else None

    async def _talk(self, agent: Leg, taken_up: TakenUp | None = None) -> None:
        """The talk of who has been brought together; an agent who is a machine leaves the caller waiting."""
        if not await self._stage.converse(agent, taken_up) and not agent.over:
            # may be a machine: nobody is asked for a key while the other waits on a call that they did not make
            self._call.leg_over(agent, LegResult.NOT_ACCEPTED, hang_up=16)
            self._call.world.book.release(self._call.id, agent.member)

    async def _caller_gone(self) -> None:
        """The caller hung up: at the end of a talk, or waiting for an agent."""
        call, desk = self._call, self._means.desk
        if call.record.answered_at is not None:
            await self._stage.over(Outcome.ANSWERED, "caller")
            return
        self._let_go(LegResult.CALLER_GONE)
        await self._settle(lambda one: life.not_reached(one, LegResult.CALLER_GONE, desk.now(), self._means.rule()))

    async def _stranded(self, standing: Callback) -> None:
        """Something was being done, and is not any more: by a fault."""
        desk = self._means.desk
        self._let_go(LegResult.CUT)
        if standing.state is State.TALKING:
            await self._stage.over(Outcome.CUT, "cut")
        else:
            await self._settle(lambda one: life.broken_off(one, "a fault", desk.now()))

    def _let_go(self, result: LegResult) -> None:
        """Nothing is being done for it any more."""
        call, world = self._call, self._call.world
        call.drop(result)
        if call.has_caller or call.record.answered_at is not None:
            world.errands.run(world.channels.end_bridge(call.bridge))
        call.detach(result)
        world.book.release_call(call.id)

    async def _escape(self, error: Exception) -> None:
        """A fault of ours: a caller on the line goes to the technician; else it is tried again by and by."""
        call, world, desk = self._call, self._call.world, self._means.desk
        _log.error("callback %s failed", call.id, exc_info=error)
        leg, call.caller_leg = call.caller_leg, None
        self._let_go(LegResult.CUT)
        if leg is not None:
            call.leg_over(leg, LegResult.TALKED)
            world.errands.run(world.channels.go_on(leg.channel, TECHNICIAN_CONTEXT))
            await self._settle(lambda one: life.handed_on(one, "the caller was led to the technician", desk.now()))
            await self._end()
        elif (standing := desk.get(call.id)) is not None and standing.state is State.WAITING:
            await self._settle(lambda one: life.postponed(one, desk.now(), NOBODY_PAUSE_S))

    async def _end(self) -> None:
        """The log gets its end, unless a talk has given it one."""
        call = self._call
        self._let_go(LegResult.CALLER_GONE)
        if call.record.ended_at is None:
            try:
                over = await self._means.desk.find(call.id)
            except CallbackStoreError:
                over = None
            given_up = over is None or over.result is End.GIVEN_UP
            outcome = Outcome.UNANSWERED if given_up else Outcome.CANCELLED
            if over is not None and over.result is End.TALKED:
                outcome = Outcome.ANSWERED
            call.end_record(outcome, "exchange")
            await call.write()

    async def _settle(self, move: life.Move) -> None:
        try:
            await self._means.desk.settle(self._call.id, move)
        except IllegalMove as error:
            _log.info("%s", error)
