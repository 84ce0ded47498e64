"""Ringing a group, a person or whoever has duty, until a human has the call."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from appliance.domain.calls import LegResult
from appliance.exchange.call import Leg, seconds_between
from appliance.exchange.ringing import Ringing, RingStep
from appliance.exchange.stage import NORMAL_CAUSE, Stage
from appliance.exchange.steps.step import Next, Over, Result
from appliance.exchange.taken import TakenUp
from appliance.exchange.transfer.aside import hold
from appliance.exchange.way_steps import RingGroup


class DoRing:
    """Whoever rang when the exchange crashed rings on."""

    def __init__(self, stage: Stage, step: RingStep) -> None:
        self._stage, self._call, self._step = stage, stage.call, step

    async def run(self, taken_up: TakenUp | None) -> Result:
        """Ring, and let them talk. Raises ``CallerGoneError``."""
        call, step = self._call, self._step
        hears, call.wrap_up_s = "ringing", 0.0
        if isinstance(step, RingGroup):
            call.note(group=step.group)
            hears, call.wrap_up_s = step.hears, step.wrap_up_s
        await call.let_hear(hears)
        began = call.now_text()
        legs, since = (taken_up.legs, taken_up.since) if taken_up else ({}, {})
        ringing = Ringing(call, step)
        member = await self._paced(ringing.run(legs, since), began)
        while member is not None:
            connected_at = call.world.now()
            talk = self._stage.meet(member)
            if not await talk.connect():
                # gone between accepting and connecting: the others are rung anew
                call.leg_over(member, LegResult.NOT_ACCEPTED, hang_up=NORMAL_CAUSE)
                call.world.book.release(call.id, member.member)
                member = await self._paced(ringing.run({}, {}), began)
            elif await self._stage.converse(member):
                return Over()
            else:
                await hold(talk, hears)
                began = call.now_text()
                member = await self._paced(ringing.go_on(member, call.world.now() - connected_at), began)
        return Next()

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
