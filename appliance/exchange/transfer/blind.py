"""Handing a caller on: the target rings, then once more the member who transferred, then the technician.

A call is never lost by a transfer: the caller hears that it rings all the while, and ends at a human if there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from appliance.domain.calls import LegResult
from appliance.exchange.call import Call, CallerGoneError, Leg
from appliance.exchange.playing import play
from appliance.exchange.ringing import Ringing, RingStep
from appliance.exchange.screen import found_out
from appliance.exchange.talk import Otherwise, Talk
from appliance.exchange.transfer.aside import hold, note, rejoin, save, wrap_up_holder
from appliance.exchange.transfer.plan import steps_after, steps_to, target_of
from appliance.exchange.transfer.state import UNDER_WAY, Handover
from appliance.exchange.way_steps import RingGroup, Step
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
        ringing = Ringing(call, step)
        if await _reached(talk, handover, step, ringing, await ringing.run(legs, since)):
            return
        legs, since = {}, {}
    note(talk, handover, "nobody answered")
    await call.let_hear(None)
    said = await call.world.speech.say("nobody", language=call.language, prompts=call.prompts)
    await play(call, f"{call.bridge}-nobody", said, SOUND_AT_MOST_S)
    talk.ended_by = "exchange"


async def _reached(talk: Talk, handover: Handover, step: RingStep, ringing: Ringing, leg: Leg | None) -> bool:
    """Whether somebody of the step has the caller: ``leg``, or who is rung anew because that has gone meanwhile."""
    while leg is not None:
        otherwise = partial(_machine, talk, handover, step, ringing, leg, talk.call.world.now())
        if await connect(talk, leg, step, otherwise):
            who, by_target = leg.member, handover.step < len(steps_of(talk.call, handover.by, handover.to))
            note(talk, handover, f"{who} answered" if by_target else f"nobody answered; {who} took it back")
            await save(talk, None)
            return True
        leg = await ringing.run({}, {})
    return False


async def _machine(
    talk: Talk, handover: Handover, step: RingStep, ringing: Ringing, leg: Leg, since: float, machine: bool
) -> None:
    """Who has the caller since then turned out to be a machine, or may be one: as if they had never answered."""
    call, world = talk.call, talk.call.world
    note(talk, handover, f"{leg.member} is {'a machine' if machine else 'asked for a key'}, {UNDER_WAY}")
    try:
        await save(talk, handover)
        await found_out(call, leg, talk.heard_ms, machine=machine)
        await hold(talk, step.hears if isinstance(step, RingGroup) else "ringing")
        if not await _reached(talk, handover, step, ringing, await ringing.go_on(leg, world.now() - since)):
            await hand_on(talk, replace(handover, step=handover.step + 1), {}, {})
    except CallerGoneError:
        world.book.release_call(call.id)
        talk.ended_by = "caller"


async def connect(talk: Talk, leg: Leg, step: Step | None, otherwise: Otherwise | None = None) -> bool:
    """The talk goes on with ``leg``; ``False`` where that has gone meanwhile. ``otherwise`` is what to do where it
    turns out to be a machine."""
    call, before = talk.call, talk.member
    talk.go_on_with(leg, otherwise)
    if await talk.connect():
        call.wrap_up_s = step.wrap_up_s if isinstance(step, RingGroup) else 0.0
        return True
    call.leg_over(leg, LegResult.NOT_ACCEPTED, hang_up=16)
    call.world.book.release(call.id, leg.member)
    talk.member = before
    return False


__all__ = ["connect", "hand_on", "rejoin", "steps_of"]
