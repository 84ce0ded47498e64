"""How Asterisk is told what a forwarded leg shows."""

from __future__ import annotations

from appliance.domain.phone import from_network
from appliance.exchange import callerid
from appliance.exchange.call import Call
from appliance.exchange.phones import Phone


def leg_variables(call: Call, phone: Phone) -> dict[str, str]:
    """Variables and functions that are set on an outgoing channel before it is dialled."""
    identity, arrival = call.world.identity, call.arrival
    policy = call.caller_id or identity.caller_id
    called = from_network(arrival.called, None, call.world.region) or identity.service
    shown = callerid.shown(policy, arrival.caller, called, identity.service, identity.host)
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
