"""Asking Asterisk who has answered a leg, as far as signalling told it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from appliance.domain.phone import from_network
from appliance.exchange.call import Call, Leg
from appliance.exchange.connected import Told, another, diverted
from appliance.exchange.phones import SIP
from appliance.screening.judge import Facts

# Asterisk puts what the far side names itself into the leg's own caller id, and whom a 181 names into "redirecting"
CONNECTED, REDIRECTED_BY = "CALLERID(num)", "REDIRECTING(from-num)"
HEADERS = ("History-Info", "History-Info,2", "Diversion")


async def facts_of(call: Call, leg: Leg, known: Facts) -> Facts:
    """What speaks for and against a human before anything is heard, besides what is ``known``. Raises
    :class:`appliance.asterisk.ari.AriError` only where Asterisk cannot be reached."""
    dialled = from_network(leg.entry.number, None, call.world.region)
    if dialled is None or leg.entry.via == SIP:
        return known
    told = await _told(call, leg)
    other = None
    if call.world.trunks.names_callee(leg.entry.via):
        other = another(told, dialled, _ours(call), call.world.region)
    if other is not None:
        call.leg_changed(leg, connected=other)
    led_on = known.diverted or diverted(told, dialled)
    return replace(known, connected_differs=other is not None, diverted=led_on)


def differs(call: Call, leg: Leg, number: str) -> bool:
    """Whether this number, told after the answer (RFC 4916), is another one than was dialled."""
    dialled = from_network(leg.entry.number, None, call.world.region)
    if dialled is None or leg.entry.via == SIP or not call.world.trunks.names_callee(leg.entry.via):
        return False
    other = another(Told(number), dialled, _ours(call), call.world.region)
    if other is not None:
        call.leg_changed(leg, connected=other)
    return other is not None


async def _told(call: Call, leg: Leg) -> Told:
    channels = call.world.channels
    functions = (CONNECTED, REDIRECTED_BY, *(f"PJSIP_RESPONSE_HEADER(read,{header})" for header in HEADERS))
    connected, redirected_by, first, second, diversion = await asyncio.gather(
        *(channels.variable(leg.channel, function) for function in functions)
    )
    history = ", ".join(one for one in (first, second) if one)
    return Told(connected, redirected_by, history or None, diversion)


def _ours(call: Call) -> frozenset[str]:
    """Numbers that say nothing of who answered: switches tell the caller's own one back, or that of the trunk."""
    numbers = {*call.world.identity.numbers, call.world.identity.service.e164}
    if call.arrival.caller.number is not None:
        numbers.add(call.arrival.caller.number)
    if (called := from_network(call.arrival.called, None, call.world.region)) is not None:
        numbers.add(called.e164)
    return frozenset(numbers)
