"""Where a callback stands that is taken up after a crash: what was written down, held against what Asterisk has."""

from __future__ import annotations

from datetime import UTC, datetime

from appliance.domain.calls import Leg as LegEntry
from appliance.domain.calls import LegResult
from appliance.domain.times import rfc3339
from appliance.exchange.call import Leg
from appliance.exchange.callback.call import CallbackCall
from appliance.exchange.callback.session import CallbackTakenUp, waiter_of
from appliance.exchange.inventory import UP, Inventory
from appliance.exchange.taken import TakenUp
from appliance.exchange.taking_up import legs_of, stand_of, still_ringing
from appliance.queueing import callback_life as life
from appliance.queueing.callback_life import Callback, State


async def where(call: CallbackCall, callback: Callback, found: Inventory) -> tuple[CallbackTakenUp | None, set[str]]:
    """What is to be gone on with, and the ids of what belongs to it. Raises ``AriError``.

    The caller is never called beside a channel that is there: what cannot be gone on with is ended here, before
    anything is begun.
    """
    legs = await legs_of(call, found)
    caller = next((leg for leg in legs if leg.member == callback.number), None)
    agents = [leg for leg in legs if leg.member != callback.number]
    if callback.state is State.WAITING:
        _end(call, caller)
        ready = life.is_ready(callback, call.world.wall().timestamp()) and callback.call not in found.channels
        call.world.queues.join(waiter_of(call, callback, ready=ready))
        if ready:
            resumed = still_ringing(call, agents)
            return CallbackTakenUp(step=resumed.taken_up), set(resumed.keeps)
        call.drop(LegResult.CUT)
        return None, set()
    if callback.state is State.ASIDE or caller is None or not call.hold_phone():
        call.drop(LegResult.CUT)
        call.world.book.release_call(call.id)
        ended = callback.state is State.TALKING and not _is_cut(call, found)
        return (CallbackTakenUp(step=TakenUp(alone=True)) if ended else None), set()
    together = set(found.bridges.get(call.bridge, ())) >= {caller.channel, callback.agent_channel or ""}
    if callback.state is State.DIALLING and not together:
        return _calling(call, callback, caller, agents)
    if found.channels[caller.channel].state != UP:
        _end(call, caller)  # the caller had answered, and it is another leg that is left
        return None, set()
    call.attach(caller)
    resumed = await stand_of(call, agents, found)
    return CallbackTakenUp(step=resumed.taken_up), {caller.channel, *resumed.keeps}


def _calling(
    call: CallbackCall, callback: Callback, caller: Leg, agents: list[Leg]
) -> tuple[CallbackTakenUp, set[str]]:
    agent = next((leg for leg in agents if leg.channel == callback.agent_channel), None)
    for other in agents:
        if other is not agent:
            call.leg_over(other, LegResult.ELSEWHERE, hang_up=26)
    if agent is None:
        gone = callback.agent or ""
        agent = Leg(call.world, callback.agent_channel or "", gone, LegEntry(gone, "", "", call.now_text()))
        agent.over = True
    else:
        call.world.book.take(call.id, agent.member, frozenset({agent.member, agent.entry.number}))
    keeps = {caller.channel, agent.channel, call.bridge}
    return CallbackTakenUp(calling=(agent, {caller.entry.number: caller})), keeps


def _end(call: CallbackCall, leg: Leg | None) -> None:
    if leg is not None:
        call.leg_over(leg, LegResult.CUT, hang_up=16)


def _is_cut(call: CallbackCall, found: Inventory) -> bool:
    """Whether Asterisk began anew since they began to talk."""
    answered, started = call.record.answered_at, found.asterisk_started
    return answered is None or (started is not None and _utc(started) > answered)


def _utc(text: str) -> str:
    return rfc3339(datetime.fromisoformat(text).astimezone(UTC))
