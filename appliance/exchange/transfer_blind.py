"""Handing a caller on: the target rings, then once more the member who transferred, then the technician.

A call is never lost by a transfer: the caller hears that it rings all the while, and ends at a human if there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from appliance.domain.calls import LegResult
from appliance.exchange.call import Call, Leg
from appliance.exchange.playing import play
from appliance.exchange.ringing import Ringing, RingStep
from appliance.exchange.route import RingGroup, Step
from appliance.exchange.talk import Talk
from appliance.exchange.transfer_aside import note, rejoin, save, wrap_up_holder
from appliance.exchange.transfer_plan import steps_after, steps_to, target_of
from appliance.exchange.transfer_state import UNDER_WAY, Handover
from appliance.roster.members import members_of

SOUND_AT_MOST_S = 10.0
Ringings = Mapping[str, Mapping[str, Leg]]


def steps_of(call: Call, by: str | None, extension: str) -> tuple[Step, ...]:
    """Who is rung for an extension now; empty where it is nobody's."""
    world = call.world
    roster, duty = world.standing.roster, world.standing.duty
    target = target_of(extension, roster)
    if target is None:
        return ()
    now = world.wall()
    members = {group.id: members_of(group, roster, now, world.timezone, duty.person) for group in roster.group}
    return steps_to(target, by, roster, members, duty)


def _after(call: Call, handover: Handover) -> tuple[Step, ...]:
    standing = call.world.standing
    return steps_after(handover.by, standing.roster, standing.duty, screened=handover.screened)


async def hand_on(talk: Talk, handover: Handover, legs: Ringings, since: Mapping[str, float]) -> None:
    """Ring until somebody has the caller; the talk goes on with them, or is over. Raises :class:`CallerGoneError`.

    ``legs`` and ``since``: what rings already for the step where the handover stands.
    """
    call, world = talk.call, talk.call.world
    to = steps_of(call, handover.by, handover.to)
    steps = (*to, *_after(call, handover))
    for number, step in enumerate(steps):
        if number < handover.step or not isinstance(step, RingStep):
            continue
        if number >= len(to):
            note(talk, handover, f"nobody answered, to {step.label}, {UNDER_WAY}")
            world.book.release(wrap_up_holder(talk), handover.by)
        else:
            note(talk, handover, UNDER_WAY)
        handover = replace(handover, step=number)
        await save(talk, handover)
        await call.let_hear(step.hears if isinstance(step, RingGroup) else "ringing")
        if await _ring(talk, step, legs, since):
            who = talk.member.member
            note(talk, handover, f"{who} answered" if number < len(to) else f"nobody answered; {who} took it back")
            await save(talk, None)
            return
        legs, since = {}, {}
    note(talk, handover, "nobody answered")
    await call.let_hear(None)
    said = await call.world.speech.say("nobody", language=call.language, prompts=call.prompts)
    await play(call, f"{call.bridge}-nobody", said, SOUND_AT_MOST_S)
    talk.ended_by = "exchange"


async def _ring(talk: Talk, step: RingStep, legs: Ringings, since: Mapping[str, float]) -> bool:
    call = talk.call
    while True:
        leg = await Ringing(call, step).run(legs, since)
        if leg is None:
            return False
        if await connect(talk, leg, step):
            return True
        legs, since = {}, {}


async def connect(talk: Talk, leg: Leg, step: Step | None) -> bool:
    """The talk goes on with ``leg``; ``False`` where that has gone meanwhile."""
    call, before = talk.call, talk.member
    talk.go_on_with(leg)
    if await talk.connect():
        call.wrap_up_s = step.wrap_up_s if isinstance(step, RingGroup) else 0.0
        return True
    call.leg_over(leg, LegResult.NOT_ACCEPTED, hang_up=16)
    call.world.book.release(call.id, leg.member)
    talk.member = before
    return False


__all__ = ["connect", "hand_on", "rejoin", "steps_of"]
