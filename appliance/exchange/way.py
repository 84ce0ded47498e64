"""A call's way: the steps of its line's plan now, or those to what a phone of ours dialled."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from appliance.exchange.call import Call
from appliance.exchange.lines import line_of
from appliance.exchange.route import Route, detour, route
from appliance.exchange.transfer.plan import internal_route
from appliance.exchange.way_steps import HangUp, Listen, Step
from appliance.exchange.world import World
from appliance.roster.holidays import is_holiday
from appliance.roster.hours import situation_of
from appliance.roster.members import members_of
from appliance.roster.models import Line, Person

_log = logging.getLogger(__name__)


def way_of(call: Call) -> tuple[Route | None, Line | None]:
    """The steps, and the line they are of; no steps where no line takes the call.

    Raises ``LookupError`` for a roster without any line: nobody thought of calls, so the technician gets them.
    """
    world = call.world
    roster, duty = world.standing.roster, world.standing.duty
    if call.arrival.account is not None:
        if world.listening is not None and call.arrival.called == world.listening.extension:
            return Route((Listen("the extension for recordings"), HangUp("nothing more to hear"))), None
        return internal_route(call.arrival.account, call.arrival.called, roster, _members(world), duty), None
    # a call that is taken up stays with its line: who diverted it, only its first event told
    line = next((one for one in roster.line if one.id == call.record.line), None) or line_of(
        roster, call.arrival.called, world.region, call.arrival.diverted_by
    )
    if line is None:
        if not roster.line:
            raise LookupError("the roster has no line")
        return None, None
    situation = situation_of(line, roster, world.wall(), world.timezone, is_holiday)
    call.language, call.prompts, call.caller_id = line.language, line.prompts, line.caller_id
    found = route(line, situation, roster, _members(world), duty)
    _warn(call, found.left_out)
    call.note(line=line.id, situation=situation)
    return found, line


def steps_to(call: Call, text: str, why: str) -> tuple[Step, ...]:
    """The steps that ``text`` leads to, as a plan writes it; none where it leads nowhere."""
    world = call.world
    found = detour(text, why, world.standing.roster, _members(world), world.standing.duty)
    _warn(call, found.left_out)
    return found.steps


def _members(world: World) -> Mapping[str, tuple[Person, ...]]:
    roster, duty, now = world.standing.roster, world.standing.duty, world.wall()
    return {group.id: members_of(group, roster, now, world.timezone, duty.person) for group in roster.group}


def _warn(call: Call, left_out: tuple[str, ...]) -> None:
    for one in left_out:
        _log.warning("call %s: left out: %s", call.id, one)
