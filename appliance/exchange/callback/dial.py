"""Calling a caller back while an agent waits on the line: one attempt, to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.domain.calls import LegResult
from appliance.exchange.attempt import Told, reach
from appliance.exchange.call import CallerGoneError, Leg
from appliance.exchange.callback.call import CallbackCall
from appliance.exchange.inbox import AttemptOver, Dialled, PickedUp
from appliance.exchange.talk import LEG_ENDS

SEATED_WITHIN_S = 20.0  # an agent waits no longer for a trunk to be free
# Q.850 causes that speak of the number, not of the way to it: unallocated, changed, malformed
_OF_THE_NUMBER = frozenset({1, 22, 28})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt. ``leg`` has the caller, a human; without it ``result`` says why not, ``None`` where
    the caller did not decide that: the agent left, or there is no way out. ``agent_here``: the agent is still there.
    """

    leg: Leg | None
    result: LegResult | None
    agent_here: bool


async def call_back(
    call: CallbackCall, agent: Leg, ring_s: float, ringing: Mapping[str, Leg] | None = None
) -> Attempt:
    """Ring the caller for ``ring_s``. ``ringing`` are legs to the caller, by number, since before a crash.

    Raises ``CallerGoneError`` where the callback is withdrawn: the caller's phone is silenced then. Cancelled, it
    leaves everything as it is.
    """
    world, member = call.world, call.caller_member
    told = Told(lambda: call.inbox.put(Dialled(member.id)), lambda: call.inbox.put(PickedUp(member.id)))
    task = asyncio.create_task(reach(call, member, told, legs=ringing), name=f"{call.id} {member.id}")
    task.add_done_callback(lambda _: call.inbox.put(AttemptOver(member.id)))
    agent_here, answered = not agent.over, False
    until: float | None = world.now() + ring_s + (0.0 if ringing else SEATED_WITHIN_S)
    try:
        while True:
            item = await call.next(until)
            if item is None:
                return _given_up(call, LegResult.NO_ANSWER, agent_here)
            if isinstance(item, AttemptOver) and task.done():
                return _over(call, task, agent_here)
            if isinstance(item, Dialled):
                until = world.now() + ring_s
            elif isinstance(item, PickedUp):
                answered, until = True, None
            elif isinstance(item, AriEvent) and item.channel == agent.channel:
                if item.type == "PlaybackFinished":
                    world.errands.run(world.channels.ring(agent.channel))
                elif item.type in LEG_ENDS:
                    agent_here = False
                    if not answered:
                        return _given_up(call, None, agent_here)
    except CallerGoneError:
        _given_up(call, None, agent_here)
        raise
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _given_up(call: CallbackCall, result: LegResult | None, agent_here: bool) -> Attempt:
    call.drop(result or LegResult.CALLER_GONE, members=[call.callback_number])
    return Attempt(None, result, agent_here)


def _over(call: CallbackCall, task: asyncio.Task[Leg | LegResult], agent_here: bool) -> Attempt:
    error = task.exception()
    if isinstance(error, AriError) and error.unreachable:
        raise error
    if error is not None:
        _log.error("callback %s: the attempt to reach the caller failed", call.id, exc_info=error)
        return _given_up(call, None, agent_here)
    found = task.result()
    if isinstance(found, Leg):
        return Attempt(found, None, agent_here)
    last = next((leg for leg in reversed(call.record.legs) if leg.number == call.callback_number), None)
    if found is LegResult.UNREACHABLE and (last is None or last.cause not in _OF_THE_NUMBER):
        return Attempt(None, None, agent_here)
    return Attempt(None, found, agent_here)
