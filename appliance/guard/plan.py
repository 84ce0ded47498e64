"""Route and ingress mode → the whole forwarding table, four registrations.

Divert: CFU points to the route's number; the conditionals are the standing net under it. Bridge: CFU stays erased
while a configured route serves, because the box itself carries the calls, and the armed conditionals lead callers
to a human even when the box has no power. Pure.
"""

from __future__ import annotations

from typing import Literal

from appliance.domain.forwarding import Plan, Service, Wanted
from appliance.domain.phone import PhoneNumber
from appliance.domain.routes import TECHNICIAN
from appliance.guard.ladder import Choice

IngressMode = Literal["divert", "bridge"]


def net_number(net: PhoneNumber | Literal["duty", "off"], duty: PhoneNumber) -> PhoneNumber | None:
    """The number behind the standing net, or ``None`` when it is off."""
    if net == "off":
        return None
    return duty if net == "duty" else net


def forwarding_plan(choice: Choice | None, mode: IngressMode, net: PhoneNumber | None, no_reply_time_s: int) -> Plan:
    """What the network should hold. ``None`` as a number means: not active.

    Without a choice (no verdict yet) nothing is said of CFU, and the net is armed all the same: it needs no verdict.
    """
    table = {
        Service.CFNRC: Wanted(net),
        Service.CFNRY: Wanted(net, no_reply_time_s if net else None),
        Service.CFB: Wanted(net),
    }
    if choice is None:
        return table
    bridged = mode == "bridge" and choice.route != TECHNICIAN
    return {Service.CFU: Wanted(None if bridged else choice.number), **table}
