"""Ringing the people of one step until a human has the call, or the step is over.

Whom to ring now is :mod:`.hunt`'s decision, asked again after every event; here the difference to who is ringing is
started and ended. Others' bugs stay out: an attempt that fails by a fault of ours counts as unreachable.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from appliance.domain.calls import LegResult
from appliance.exchange import hunt
from appliance.exchange.attempts import Attempts
from appliance.exchange.call import Call, Leg
from appliance.exchange.hunt import Hunt, HuntPlan
from appliance.exchange.inbox import AttemptOver, BookChanged, Dialled, PickedUp
from appliance.exchange.phones import Member, member_of, member_of_number
from appliance.exchange.screen import ask_again
from appliance.exchange.way_steps import RingGroup, RingPerson, RingTechnician
from appliance.roster.values import Strategy

RingStep = RingGroup | RingPerson | RingTechnician
_log = logging.getLogger(__name__)


def members_of_step(step: RingStep) -> tuple[Member, ...]:
    """Whom a step rings."""
    if isinstance(step, RingGroup):
        return tuple(member_of(person, step.screening) for person in step.people)
    if isinstance(step, RingPerson):
        return (member_of(step.person, step.screening),)
    if step.person is None:
        return (member_of_number(step.number, step.screening),)
    return (member_of(step.person, step.screening, step.number),)


def plan_of_step(step: RingStep) -> HuntPlan:
    """How it rings them."""
    if isinstance(step, RingGroup):
        return step.plan
    waits = not isinstance(step, RingPerson) or step.waits
    members = tuple(member.id for member in members_of_step(step))
    return HuntPlan(Strategy.RINGALL, members, step.ring_s, waits=waits)


class Ringing:
    """One step of one call."""

    def __init__(self, call: Call, step: RingStep) -> None:
        self._call, self._world = call, call.world
        self._members = {member.id: member for member in members_of_step(step)}
        self._keys = {member.id: member.keys for member in self._members.values()}
        self._plan = plan_of_step(step)
        self._attempts = Attempts(call, last=isinstance(step, RingTechnician))
        self._hunt: Hunt

    async def run(self, already: Mapping[str, Mapping[str, Leg]], since: Mapping[str, float]) -> Leg | None:
        """Ring; the leg on which a human accepted, or ``None``. Raises :class:`CallerGoneError`.

        ``already``: legs that ring since before a crash, by member and number. Whatever rings besides the leg that is
        returned is ended; on cancellation everything is left as it is.
        """
        self._hunt = hunt.begin(self._plan, self._world.now(), since)
        for member, legs in already.items():
            if member not in self._members or not self._attempts.start(self._members[member], legs):
                # the roster has another group by now
                self._call.drop(LegResult.NO_ANSWER, members=[member])
                self._world.book.release(self._call.id, member)
        return await self._ring()

    async def go_on(self, leg: Leg, away_s: float) -> Leg | None:
        """Ring on after a talk of ``away_s`` seconds with whoever turned out to be a machine, as if that had been
        clear at once. Where ``leg`` is not over they may be one: they are asked for a key, while the others ring on.
        Otherwise as :meth:`run`."""
        self._hunt = hunt.resumed(self._hunt, away_s)
        if leg.over:
            self._hunt = hunt.ended(self._hunt, leg.member, LegResult.MACHINE, self._world.now())
        else:
            self._hunt = hunt.answered(self._hunt, leg.member)
            self._attempts.begin(leg.member, ask_again(self._call, leg))
        return await self._ring()

    async def _ring(self) -> Leg | None:
        stop_watching = self._world.book.watch(self._call.id, lambda: self._call.inbox.put(BookChanged()))
        try:
            accepted = await self._until_accepted()
        finally:
            stop_watching()
            await self._attempts.close()
        self._call.drop(LegResult.ELSEWHERE if accepted else LegResult.NO_ANSWER, but=accepted)
        self._world.book.release_call(self._call.id, but=accepted.member if accepted else None)
        return accepted

    async def _until_accepted(self) -> Leg | None:
        while True:
            look_again_at, over = self._adjust()
            if over:
                return None
            item = await self._call.next(look_again_at)
            now = self._world.now()
            if isinstance(item, Dialled):
                self._hunt = hunt.dialled(self._hunt, item.member, now)
            elif isinstance(item, PickedUp):
                self._hunt = hunt.answered(self._hunt, item.member)
            elif isinstance(item, AttemptOver):
                found = self._attempts.finished(item.member)
                if isinstance(found, Leg):
                    return found
                if found is not None:
                    self._hunt = hunt.ended(self._hunt, item.member, found, now)
                    self._world.book.release(self._call.id, item.member)

    def _adjust(self) -> tuple[float | None, bool]:
        """Let those ring who should."""
        world, id_ = self._world, self._call.id
        while True:
            busy = world.book.busy(id_, self._keys)
            decision = hunt.decide(self._hunt, busy, world.now(), world.chance)
            self._hunt = decision.hunt
            for member in [member for member in self._attempts.running if member not in decision.ring]:
                self._attempts.stop(member, LegResult.ELSEWHERE if member in busy else LegResult.NO_ANSWER)
            refused = [
                member for member in decision.ring if member not in self._attempts.running and not self._take(member)
            ]
            if not refused:
                return decision.look_again_at, decision.over

    def _take(self, member: str) -> bool:
        """``False`` where two members of this very step share a phone: then it must be decided anew."""
        return self._attempts.start(self._members[member])
