"""How Asterisk is told what a forwarded leg shows."""

from __future__ import annotations

from appliance.domain.phone import from_network
from appliance.exchange import callerid
from appliance.exchange.call import Call
from appliance.exchange.phones import Phone

NOWHERE = "anonymous.invalid"  # RFC 3323 §4.1.1.3


def leg_variables(call: Call, phone: Phone, via: str | None) -> dict[str, str]:
    """Variables and functions that are set on an outgoing channel before it is dialled. ``via`` is its trunk."""
    identity, arrival = call.world.identity, call.arrival
    called = from_network(arrival.called, None, call.world.region) or identity.service
    # operators know numbers in their own domain; our address may be one that means nothing outside, or 0.0.0.0
    domain = (call.world.trunks.domain(via) if via is not None else None) or NOWHERE
    shown = callerid.shown(call.shows(phone), arrival.caller, called, identity.service, domain)
    variables = {
        "CALLERID(num)": shown.number,
        "CALLERID(name)": shown.name,
        "CONNECTEDLINE(num,i)": shown.number,
        "CONNECTEDLINE(name,i)": shown.name,
    }
    if shown.prohibited:
        variables["CALLERID(pres)"] = "prohib"
        variables["CONNECTEDLINE(pres,i)"] = "prohib"
    if not phone.own:
        variables |= {f"PJSIP_HEADER(add,{name})": value for name, value in shown.headers}
    return variables
