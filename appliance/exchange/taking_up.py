"""Where one call stands that is taken up: who rings, who talks, who was handing the caller on.

It is asked for, not remembered: by the ids of the call's channels, by whom Asterisk has in its bridge, by the
variables that its channels carry.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from appliance.asterisk.channels import Snapshot
from appliance.domain.calls import CallRecord, LegResult
from appliance.exchange.call import LEG_VARIABLE, Arrival, Call, Leg, leg_number, read_leg_variable, seconds_between
from appliance.exchange.callerid import Caller, read_caller
from appliance.exchange.inventory import DOWN, UP, Inventory
from appliance.exchange.reception import PRESENTATION, is_restricted, life_of
from appliance.exchange.switch import OWN_PREFIX
from appliance.exchange.taken import TakenUp
from appliance.exchange.talk import Interrupted
from appliance.exchange.transfer.aside import gone
from appliance.exchange.transfer.attended import consultation_bridge
from appliance.exchange.transfer.refer import account_of
from appliance.exchange.transfer.state import TRANSFER_VARIABLE, Handover, read_handover
from appliance.exchange.waiters import waiter_of
from appliance.exchange.world import World
from appliance.queueing.terms import Left

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resumed:
    """A call to go on with. ``keeps``: the ids of the channels and bridges that belong to it."""

    call: Call
    taken_up: TakenUp
    keeps: frozenset[str] = frozenset()


async def take_up(world: World, record: CallRecord, caller: Snapshot, found: Inventory) -> Resumed:
    """Whatever belongs to the call of ``caller``. Raises :class:`appliance.asterisk.ari.AriError`."""
    presentation = await world.channels.variable(record.id, PRESENTATION)
    number = read_caller(record.caller, world.region, restricted=is_restricted(presentation))
    call = Call(world, _arrival(record, number, caller), record)
    call.answered = caller.state == UP
    return await stand_of(call, await legs_of(call, found), found)


async def stand_of(call: Call, legs: list[Leg], found: Inventory) -> Resumed:
    """Where a call stands whose caller is there, by the legs that are. Raises ``AriError``."""
    caller, in_bridge = call.arrival.channel, found.bridges.get(call.bridge, ())
    talking = next((leg for leg in legs if leg.channel in in_bridge and caller in in_bridge), None)
    handover = read_handover(await call.world.channels.variable(caller, TRANSFER_VARIABLE))
    if talking is None and handover is not None:
        return _transferring(call, handover, legs)
    if call.record.answered_at is not None or talking is not None:
        return _talking(call, talking)
    return still_ringing(call, legs)


def still_ringing(call: Call, legs: list[Leg]) -> Resumed:
    """Nobody talks: the legs ring for it."""
    ringing, since = _ringing(call, legs)
    if (waiter := waiter_of(call.record)) is not None:
        # before any of them goes on: whoever is back first must not overtake
        call.world.queues.join(waiter)
        call.world.queues.rings_already(call.id, since)
    _log.info("call %s is taken up: %d phones ring", call.id, len(legs))
    return Resumed(call, TakenUp(ringing, since), frozenset({call.bridge, *(leg.channel for leg in legs)}))


def _arrival(record: CallRecord, number: Caller, caller: Snapshot) -> Arrival:
    life_s = life_of("".join(caller.app_data.split(",")[4:5]))
    return Arrival(record.id, record.called, number, record.trunk, account=_account(caller), life_s=life_s)


def _account(channel: Snapshot) -> str | None:
    """The account of a phone of ours that calls; ``None`` for a caller from outside."""
    return account_of(f"{channel.endpoint}-0") if channel.app_data.split(",")[1:2] == ["phone"] else None


def _talking(call: Call, talking: Leg | None) -> Resumed:
    world = call.world
    call.drop(LegResult.ELSEWHERE, but=talking)
    if talking is None:
        # the member hung up while nobody looked: the caller is alone
        _log.info("call %s is taken up: its member has gone", call.id)
        return Resumed(call, TakenUp(alone=True))
    _log.info("call %s is taken up: talking", call.id)
    roster, record = world.standing.roster, call.record
    by = roster.queue_by_id(record.queue or "") if record.queue_left == Left.AGENT else None
    had = by or roster.group_by_id(record.group or "")
    call.wrap_up_s = had.wrap_up_s if had is not None else 0.0
    keys = frozenset({talking.member, talking.entry.number})
    world.book.take(call.id, talking.member, keys)
    return Resumed(call, TakenUp(talking=talking), frozenset({call.bridge, talking.channel}))


def _ringing(call: Call, legs: list[Leg]) -> tuple[dict[str, dict[str, Leg]], dict[str, float]]:
    """Those that ring, by member and number, and since when."""
    ringing: dict[str, dict[str, Leg]] = {}
    since: dict[str, float] = {}
    now = call.world.now()
    for leg in legs:
        ringing.setdefault(leg.member, {})[leg.entry.number] = leg
        ago = seconds_between(leg.entry.dialled_at, call.now_text())
        since[leg.member] = min(since.get(leg.member, now), now - ago)
    for member, phones in ringing.items():
        call.world.book.take(call.id, member, frozenset({member, *phones}))
    return ringing, since


def _transferring(call: Call, handover: Handover, legs: list[Leg]) -> Resumed:
    """A caller who was being handed on: the member may be there still, and whom they consult."""
    member = next((leg for leg in legs if leg.channel == handover.leg), None)
    target = next((leg for leg in legs if leg.channel == handover.target), None)
    ringing, since = _ringing(call, [leg for leg in legs if leg not in (member, target)])
    for leg in (member, target):
        if leg is not None:
            call.world.book.take(call.id, leg.member, frozenset({leg.member, leg.entry.number}))
    if member is None:
        member = gone(call, handover)
    _log.info("call %s is taken up: it is being transferred to %s", call.id, handover.label)
    interrupted = Interrupted(handover, ringing, since, target)
    keeps = frozenset({call.bridge, consultation_bridge(call.id), *(leg.channel for leg in legs)})
    return Resumed(call, TakenUp(talking=member, interrupted=interrupted), keeps)


async def legs_of(call: Call, found: Inventory) -> list[Leg]:
    """The call's legs that still are; one that a transfer brought from another call is in its bridge."""
    prefix, legs = f"{OWN_PREFIX}{call.id}-", []
    in_bridge = {id_ for id_ in found.bridges.get(call.bridge, ()) if id_.startswith(OWN_PREFIX)}
    for channel in found.channels.values():
        if not (channel.id.startswith(prefix) or channel.id in in_bridge) or leg_number(channel.id) == 0:
            continue
        kept = read_leg_variable(await call.world.channels.variable(channel.id, LEG_VARIABLE))
        if kept is None or channel.state == DOWN:
            continue  # nobody knows whether it was dialled: it is ended, and its phone dialled anew
        member, entry = kept
        past = next(
            (one for one in call.record.legs if (one.dialled_at, one.number) == (entry.dialled_at, entry.number)),
            None,
        )
        if past is not None and past.result is LegResult.MACHINE:
            continue  # taken back from it, and the crash came before it was hung up
        leg = call.adopt_leg(channel.id, member, entry, channel.state)
        if past is not None:
            leg.entry = replace(past, result=None, ended_at=None)
        legs.append(leg)
    return legs
