"""The telephone network's routing, and what a customer is told of a call that nobody answers."""

from __future__ import annotations

import pytest

from bench.exchange import Directory, Leg, find_leg
from bench.lab.roles import Heard, Outcome
from bench.mobile.forwarding import Reason
from bench.mobile.routing import Busy, Destination, Ring, RingsSubscriber, Unreachable

SERVICE, DID, MOBILE = "+420777000100", "+420226000100", "+420777000111"
DIRECTORY = Directory({DID: "trunk-a"}, {"trunk-a": "127.80.0.11"}, frozenset({MOBILE}))


def test_a_did_leads_to_its_trunk_and_a_mobile_to_itself() -> None:
    to_trunk = find_leg(SERVICE, Ring(DID, Reason.CFU, (SERVICE, DID)), DIRECTORY)
    assert to_trunk == Leg(DID, f"PJSIP/trunk-a/sip:{DID}@127.80.0.11:5060;transport=tcp", "cfu")
    to_mobile = find_leg(SERVICE, Ring(MOBILE, Reason.CFNRC, (SERVICE, MOBILE)), DIRECTORY)
    assert (to_mobile.dial, to_mobile.reason) == (f"Local/{MOBILE}@mobiles/n", "cfnrc")


def test_a_phone_that_rings_in_vain_is_waited_for_and_then_left() -> None:
    then = Ring(MOBILE, Reason.CFNRY, (SERVICE, MOBILE), after_s=5)
    leg = find_leg(SERVICE, RingsSubscriber(SERVICE, 20, then), DIRECTORY)
    assert (leg.number, leg.reason, leg.rings_before_s) == (MOBILE, "cfnry", 25.0)


@pytest.mark.parametrize(
    ("destination", "cause"),
    [
        (RingsSubscriber(SERVICE), 19),
        (RingsSubscriber(SERVICE, 20, Unreachable("loop")), 19),
        (Busy(SERVICE), 17),
        (Unreachable("no coverage"), 20),
        (Ring("+420999999999", Reason.CFU, (SERVICE,)), 1),
    ],
)
def test_a_call_that_leads_nowhere_has_its_cause(destination: Destination, cause: int) -> None:
    leg = find_leg(SERVICE, destination, DIRECTORY)
    assert (leg.dial, leg.cause) == (None, cause)


def test_a_call_is_told_in_words() -> None:
    assert str(Heard("node-1", "trunk-a", Outcome.ANSWERED, 1.26)) == "node-1 answered after 1.3 s through trunk-a"
    rung = Heard("tech-1", "trunk-b", Outcome.ANSWERED, 1.26, exchange="node-1")
    assert str(rung) == "tech-1 answered after 1.3 s, rung by node-1 over trunk-b"
    assert "nobody known was heard" in str(Heard(None, None, Outcome.ANSWERED, 1.0))
    assert str(Heard(None, None, Outcome.BUSY, 0.1, cause=17)) == "nobody answered: busy after 0.1 s, cause 17"
    assert not Heard(None, "trunk-a", Outcome.ANSWERED, 1.0).reached_a_human
