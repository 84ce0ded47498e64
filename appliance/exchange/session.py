"""One call's life: what its line says, step by step, until a human has it; the end; the log.

The shape: a call's way (:mod:`.way`) is a list of steps (:mod:`.route`, pure). The session walks them (:mod:`.walk`)
and has each done by a class of its own (:mod:`.steps.every`), which works on the call's :mod:`.stage` and answers
with what comes next (:mod:`.steps.step` tells how a kind of step is written, and how it goes on after a crash).

Runs as a task of its own. The caller may hang up at any moment: that raises :class:`CallerGoneError` out of whatever
waits. A fault of ours in here hands the caller to the dialplan's technician line, and touches no other call. Being
cancelled leaves everything in Asterisk as it is, for whoever takes the call up again.
"""

from __future__ import annotations

import asyncio
import logging

from appliance.asterisk.ari import AriError
from appliance.asterisk.site import TECHNICIAN_CONTEXT
from appliance.domain.calls import LegResult, Outcome
from appliance.exchange.call import Call, CallerGoneError
from appliance.exchange.living import lived
from appliance.exchange.playing import play
from appliance.exchange.stage import Stage
from appliance.exchange.steps.every import doing
from appliance.exchange.steps.step import Lead, Over
from appliance.exchange.taken import TakenUp
from appliance.exchange.talk import Features, Talk
from appliance.exchange.unseen import STEP
from appliance.exchange.walk import Walk, walk_on
from appliance.exchange.way import steps_to, way_of
from appliance.exchange.way_steps import HangUp, WaitInQueue

NO_ANSWER_CAUSE, NO_LINE_CAUSE = 19, 1
_log = logging.getLogger(__name__)


class Session:
    """Build it, then :meth:`run` it once."""

    def __init__(self, call: Call, features: Features, taken_up: TakenUp | None = None) -> None:
        self._call, self._world = call, call.world
        self._taken_up = taken_up
        self._stage = Stage(call, features)

    @property
    def call(self) -> Call:
        """What the call is."""
        return self._call

    @property
    def talk(self) -> Talk | None:
        """Who talk in it."""
        return self._stage.talk

    async def run(self) -> None:
        """Live. Raises nothing but ``CancelledError``."""
        call, world = self._call, self._world
        world.trunks.carry(call.arrival.trunk)
        lifeline = asyncio.create_task(call.lifeline.keep(), name=f"lifeline {call.id}")
        try:
            await lived(f"call {call.id}", self._live, self._escape)
        finally:
            lifeline.cancel()
            for leg in call.legs.values():
                leg.stop_listening()
            world.queues.leave(call.id)
            world.trunks.free(call.arrival.trunk)
            world.switch.disown(call.arrival.channel)

    async def _live(self) -> None:
        call, stage, taken_up = self._call, self._stage, self._taken_up
        try:
            if taken_up is not None and taken_up.alone:
                await stage.over(Outcome.ANSWERED, "member")
            elif taken_up is not None and taken_up.talking is not None:
                await call.of_caller(call.lifeline.let_talk())
                await stage.converse(taken_up.talking, taken_up)
            else:
                await self._to_a_human()
        except CallerGoneError:
            call.drop(LegResult.CALLER_GONE)
            unanswered = stage.if_gone if call.record.callback is None else Outcome.CALLBACK
            outcome = Outcome.ANSWERED if call.record.answered_at else unanswered
            await stage.over(outcome, "caller")
        if self._world.callbacks is not None:
            await self._world.callbacks.again_over(call.id, had_a_human=call.record.answered_at is not None)

    async def _to_a_human(self) -> None:
        """Step after step, until the call or the tries are over."""
        call, world, taken_up = self._call, self._world, self._taken_up
        way, self._stage.line = way_of(call)
        if way is None:
            await self._refuse()
            return
        walk = Walk(way.steps)
        if taken_up is not None:
            walk = walk_on(
                way.steps, call.record, taken_up.legs, lambda text: steps_to(call, text, "taken up after a crash")
            )
        while (step := walk.next()) is not None:
            resumed, taken_up = taken_up, None
            if resumed is None or step.label not in call.record.steps[-1:]:
                call.note(steps=(*call.record.steps, step.label), led_from=walk.at if walk.aside else None)
            if isinstance(step, HangUp):
                break
            if not isinstance(step, WaitInQueue):
                world.queues.leave(call.id)  # where a crash found it waiting
            result = await doing(self._stage, step).run(resumed)
            if isinstance(result, Over):
                return
            if isinstance(result, Lead) and not walk.lead(steps_to(call, result.to, result.why)):
                _log.warning("call %s: led about too often; its plan goes on", call.id)
        await self._nobody()

    async def _nobody(self) -> None:
        """Nobody answered: say so, as far as the caller can hear it without paying for it, and hang up."""
        call, world = self._call, self._world
        await call.let_hear(None)
        if not call.answered:
            await call.of_caller(world.channels.progress(call.arrival.channel))
        said = await world.speech.say("nobody", language=call.language, prompts=call.prompts)
        await play(call, f"{call.bridge}-nobody", said)
        await self._stage.over(Outcome.UNANSWERED, "exchange", NO_ANSWER_CAUSE)

    async def _refuse(self) -> None:
        _log.warning("call %s: no line takes %s", self._call.id, self._call.arrival.called)
        await self._stage.over(Outcome.REFUSED, "exchange", NO_LINE_CAUSE)

    async def _escape(self, error: Exception) -> None:
        """A fault of ours: the caller goes to the technician by the dialplan."""
        call, world = self._call, self._world
        _log.error("call %s failed; its caller is led to the technician", call.id, exc_info=error)
        call.drop(LegResult.CUT)
        world.book.release_call(call.id)
        world.errands.run(world.channels.end_bridge(call.bridge))
        try:
            await world.channels.go_on(call.arrival.channel, TECHNICIAN_CONTEXT)
            call.note(steps=(*call.record.steps, STEP))  # its end comes from the dialplan's own note
        except AriError as refused:
            if refused.unreachable:
                return  # it is taken up once Asterisk answers
            _log.error("call %s: the dialplan did not take it: %s", call.id, refused)
            call.end_record(Outcome.CUT, "fault")
            await call.write()
