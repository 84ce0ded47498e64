"""One call's life: what its line says, step by step, until a human has it; the talk; the end; the log.

Runs as a task of its own. The caller may hang up at any moment: that raises :class:`CallerGoneError` out of whatever
waits. A fault of ours in here hands the caller to the dialplan's technician line, and touches no other call. Being
cancelled leaves everything in Asterisk as it is, for whoever takes the call up again.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.asterisk.site import TECHNICIAN_CONTEXT
from appliance.domain.calls import LegResult, Outcome
from appliance.exchange.call import CALLER_ENDS, Call, CallerGoneError, Leg, seconds_between
from appliance.exchange.lines import line_of
from appliance.exchange.resume import resume_at
from appliance.exchange.ringing import Ringing
from appliance.exchange.route import HangUp, Play, RingGroup, Route, Step, route
from appliance.exchange.talk import MACHINE, Features, Interrupted, Talk
from appliance.exchange.transfer_aside import hold
from appliance.exchange.transfer_plan import internal_route
from appliance.exchange.unseen import STEP
from appliance.roster.holidays import is_holiday
from appliance.roster.hours import situation_of
from appliance.roster.members import members_of
from appliance.roster.models import Line

SOUND_AT_MOST_S = 180.0
NOBODY = ("vm-nobodyavail", "please-try-call-later")
NO_ANSWER_CAUSE, NO_LINE_CAUSE, NORMAL_CAUSE = 19, 1, 16
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TakenUp:
    """Where a call stood that is taken up after a crash. ``legs`` ring, by member and number; ``talking`` talks;
    ``alone``: the talk is over, and the caller does not know it yet; ``interrupted``: ``talking`` was transferring.
    """

    legs: Mapping[str, Mapping[str, Leg]] = field(default_factory=dict)
    since: Mapping[str, float] = field(default_factory=dict)
    talking: Leg | None = None
    alone: bool = False
    interrupted: Interrupted | None = None


class Session:
    """Build it, then :meth:`run` it once."""

    def __init__(self, call: Call, features: Features, taken_up: TakenUp | None = None) -> None:
        self._call, self._world, self._features = call, call.world, features
        self._taken_up = taken_up
        self._line: Line | None = None
        self.talk: Talk | None = None

    @property
    def call(self) -> Call:
        """What the call is."""
        return self._call

    async def run(self) -> None:
        """Live. Raises nothing but ``CancelledError``."""
        call, world = self._call, self._world
        world.trunks.carry(call.arrival.trunk)
        try:
            await self._live()
        except AriError as error:
            if not error.unreachable:
                await self._escape(error)
            else:
                _log.warning("call %s: %s; it is taken up once Asterisk answers", call.id, error)
        except Exception as error:
            await self._escape(error)
        finally:
            for leg in call.legs.values():
                leg.stop_listening()
            world.trunks.free(call.arrival.trunk)
            world.switch.disown(call.arrival.channel)

    async def _live(self) -> None:
        call = self._call
        try:
            if self._taken_up is not None and self._taken_up.alone:
                await self._over(Outcome.ANSWERED, "member")
                return
            if self._taken_up is not None and self._taken_up.talking is not None:
                await self._talk(self._taken_up.talking)
            else:
                await self._to_a_human()
        except CallerGoneError:
            call.drop(LegResult.CALLER_GONE)
            outcome = Outcome.ANSWERED if call.record.answered_at else Outcome.ABANDONED
            await self._over(outcome, "caller")

    async def _to_a_human(self) -> None:
        """Step after step, until the talk or the tries are over."""
        call = self._call
        way = self._way()
        if way is None:
            await self._refuse()
            return
        begun = call.record.steps
        resumed = resume_at(way.steps, begun, self._taken_up.legs) if self._taken_up else 0
        for number, step in enumerate(way.steps):
            if number < resumed:
                continue
            if number > resumed or step.label not in begun[-1:]:
                call.note(steps=(*call.record.steps, step.label))
            if isinstance(step, HangUp):
                break
            if isinstance(step, Play):
                await self._play(step.sound)
                continue
            if await self._ring(step, fresh=number > resumed):
                return
        await self._nobody()

    def _way(self) -> Route | None:
        """The line's steps now; ``None`` where no line takes the call."""
        call, world = self._call, self._world
        roster, duty, now = world.standing.roster, world.standing.duty, world.wall()
        members = {group.id: members_of(group, roster, now, world.timezone, duty.person) for group in roster.group}
        if call.arrival.account is not None:
            return internal_route(call.arrival.account, call.arrival.called, roster, members, duty)
        # a call that is taken up stays with its line: who diverted it, only its first event told
        line = next((one for one in roster.line if one.id == call.record.line), None) or line_of(
            roster, call.arrival.called, world.region, call.arrival.diverted_by
        )
        if line is None and not roster.line:
            raise LookupError("the roster has no line")  # nobody thought of calls: the technician gets them
        if line is None:
            return None
        situation = situation_of(line, roster, now, world.timezone, is_holiday)
        self._line = line
        call.language, call.caller_id = line.language, line.caller_id
        way = route(line, situation, roster, members, duty)
        for left_out in way.left_out:
            _log.warning("call %s: left out: %s", call.id, left_out)
        call.note(line=line.id, situation=situation)
        return way

    async def _ring(self, step: Step, *, fresh: bool) -> bool:
        """Whether somebody of the step had the call, which is over then."""
        call, world = self._call, self._world
        assert not isinstance(step, Play | HangUp)
        if isinstance(step, RingGroup):
            call.note(group=step.group)
        call.wrap_up_s = step.wrap_up_s if isinstance(step, RingGroup) else 0.0
        hears = step.hears if isinstance(step, RingGroup) else "ringing"
        await call.let_hear(hears)
        began = call.now_text()
        taken_up = self._taken_up if not fresh else None
        legs, since = (taken_up.legs, taken_up.since) if taken_up else ({}, {})
        ringing = Ringing(call, step)
        member = await self._paced(ringing.run(legs, since), began)
        while member is not None:
            connected_at = world.now()
            talk = Talk(call, member)
            if not await talk.connect():
                # gone between accepting and connecting: the others are rung anew
                call.leg_over(member, LegResult.NOT_ACCEPTED, hang_up=NORMAL_CAUSE)
                world.book.release(call.id, member.member)
                member = await self._paced(ringing.run({}, {}), began)
            elif await self._talk(member):
                return True
            else:
                await hold(talk, hears)
                began = call.now_text()
                member = await self._paced(ringing.go_on(member.member, world.now() - connected_at), began)
        return False

    async def _paced(self, ringing: Coroutine[Any, Any, Leg | None], began: str) -> Leg | None:
        try:
            return await ringing
        finally:
            self._note_pacing(began)

    def _note_pacing(self, began: str) -> None:
        legs = [leg for leg in self._call.record.legs if leg.dialled_at >= began and leg.rang_at]
        if legs:
            first, last = min(leg.dialled_at for leg in legs), max(leg.rang_at or "" for leg in legs)
            self._call.note(last_phone_rang_after_s=seconds_between(first, last))

    async def _talk(self, member: Leg) -> bool:
        """``False``: it was a machine, and the caller is to be taken back."""
        call, world = self._call, self._world
        talk = Talk(call, member)
        if call.record.answered_at is None:
            if self._line is not None and self._line.record and call.record.recording is None:
                world.errands.run(self._record(f"hl-{call.id}.wav"))
            call.note(
                answered_at=call.now_text(),
                answered_by=member.entry.person,
                answered_number=member.entry.number,
                watched=True if member.ear is not None else None,
            )
        elif member.ear is None:  # who listened has crashed
            talk.believe()
        self.talk = talk
        if self._taken_up is not None and self._taken_up.interrupted is not None:
            await self._features.resume(talk, self._taken_up.interrupted)
        ended_by = await talk.run(self._features)
        member = talk.member
        if ended_by == MACHINE:
            self.talk = None
            await self._disown(member, talk.heard_ms)
            return False
        call.leg_over(member, LegResult.TALKED, NORMAL_CAUSE, hang_up=NORMAL_CAUSE)
        world.book.release(call.id, member.member, call.wrap_up_s)
        await self._over(Outcome.ANSWERED, ended_by)
        return True

    async def _disown(self, machine: Leg, heard_ms: int | None) -> None:
        """Nobody has answered so far. That is on disk before the leg ends: after a crash in between, a call that was
        answered and has lost its member would be over."""
        call, world = self._call, self._world
        call.note(answered_at=None, answered_by=None, answered_number=None, watched=None)
        call.leg_changed(machine, screening="machine", screening_ms=heard_ms)
        call.leg_over(machine, LegResult.MACHINE, NORMAL_CAUSE)
        await call.write()
        world.end(machine.channel, NORMAL_CAUSE)
        world.book.release(call.id, machine.member)

    async def _record(self, name: str) -> None:
        if await self._world.recorder.start(self._call.arrival.channel, name):
            self._call.note(recording=name)

    async def _play(self, sound: str) -> None:
        """Play to the caller, to the end; a sound that is not there costs the call nothing."""
        call = self._call
        await call.let_hear(None)
        await call.answer()
        await self._sound(f"{call.bridge}-play{len(call.record.steps)}", sound)

    async def _sound(self, playback: str, *sounds: str) -> None:
        call, world = self._call, self._world
        await call.of_caller(world.channels.play(call.arrival.channel, playback, *sounds, language=call.language))
        until = world.now() + SOUND_AT_MOST_S
        while (item := await call.next(until)) is not None:
            if (
                isinstance(item, AriEvent)
                and item.type == "PlaybackFinished"
                and item.text("playback", "id") == playback
            ):
                return

    async def _nobody(self) -> None:
        """Nobody answered: say so, as far as the caller can hear it without paying for it, and hang up."""
        call, world = self._call, self._world
        await call.let_hear(None)
        if not call.answered:
            await call.of_caller(world.channels.progress(call.arrival.channel))
        await self._sound(f"{call.bridge}-nobody", *NOBODY)
        await self._over(Outcome.UNANSWERED, "exchange", NO_ANSWER_CAUSE)

    async def _refuse(self) -> None:
        _log.warning("call %s: no line takes %s", self._call.id, self._call.arrival.called)
        await self._over(Outcome.REFUSED, "exchange", NO_LINE_CAUSE)

    async def _over(self, outcome: Outcome, ended_by: str, cause: int = NORMAL_CAUSE) -> None:
        """Everything of the call ends, and the log is told."""
        call, world = self._call, self._world
        call.drop(LegResult.CALLER_GONE)
        world.end(call.arrival.channel, cause)
        world.errands.run(world.channels.end_bridge(call.bridge))
        if outcome is not Outcome.ANSWERED:
            world.book.release_call(call.id)
        call.end_record(outcome, ended_by)
        await call.write()

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


__all__ = ["CALLER_ENDS", "Session", "TakenUp"]
