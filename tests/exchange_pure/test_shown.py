"""What a leg is told to show reaches the trunk in the trunk's own domain."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from appliance.config.models import Trunk
from appliance.domain.phone import PhoneNumber
from appliance.exchange.call import Arrival, Call
from appliance.exchange.callerid import Caller
from appliance.exchange.phones import Phone
from appliance.exchange.shown import leg_variables
from appliance.exchange.trunks import Trunks
from appliance.exchange.world import Identity

MOBILE = Phone("+420777000111")


def call(sip: str) -> Call:
    """A call as far as its legs' variables go."""
    world = SimpleNamespace(
        identity=Identity(PhoneNumber("+420777000100"), "caller"),
        region="CZ",
        trunks=Trunks([Trunk.model_validate({"name": "trunk-a", "sip": sip})], lambda: 0.0),
    )
    arrival = Arrival("1.1", "+420226000100", Caller("+420601000001", False, "+420601000001"), "trunk-a")
    return cast(Call, SimpleNamespace(world=world, arrival=arrival, shows=lambda _: "caller"))


@pytest.mark.parametrize(
    ("sip", "domain", "place"),
    [
        ("sip:192.0.2.10:5060", "192.0.2.10", "192.0.2.10:5060;transport=udp"),
        ("sip:sip.example.com;transport=tcp", "sip.example.com", "sip.example.com:5060;transport=tcp"),
        ("sip:[2001:db8::1]:5070", "[2001:db8::1]", "[2001:db8::1]:5070;transport=udp"),
        ("sip:a_b-1:5060", "a_b-1", "a_b-1:5060;transport=udp"),  # whatever the configuration takes for a host
    ],
)
def test_a_trunk_sees_its_own_host_and_is_dialled_there(sip: str, domain: str, place: str) -> None:
    it: Any = call(sip)
    variables = leg_variables(it, MOBILE, "trunk-a")
    assert variables["PJSIP_HEADER(add,P-Asserted-Identity)"] == f"<sip:+420777000100@{domain};user=phone>"
    assert variables["PJSIP_HEADER(add,Diversion)"].startswith(f"<sip:+420226000100@{domain};user=phone>;")
    assert it.world.trunks.host("trunk-a") == place
    assert MOBILE.endpoint("trunk-a", place) == f"PJSIP/trunk-a/sip:+420777000111@{place}"


def test_a_phone_of_ours_gets_no_such_header() -> None:
    variables = leg_variables(call("sip:192.0.2.10"), Phone("desk", own=True), None)
    assert variables["CALLERID(num)"] == "+420601000001"
    assert not [name for name in variables if "PJSIP" in name]
