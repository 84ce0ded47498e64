"""Where customers' calls go by the table."""

from __future__ import annotations

import itertools

import pytest

from bench.mobile.forwarding import Entry, Reason
from bench.mobile.network import MobileNetwork
from bench.mobile.routing import Busy, Ring, RingsSubscriber, Unreachable
from bench.mobile.subscriber import Subscriber, SubscriberState

SERVICE, DID, TECHNICIAN = "+420777000100", "+420226000100", "+420777000111"


@pytest.fixture
def network() -> MobileNetwork:
    mobile = MobileNetwork()
    mobile.add(Subscriber(SERVICE, attached=True))
    return mobile


def net(mobile: MobileNetwork, msisdn: str = SERVICE, to: str = TECHNICIAN) -> None:
    for reason in (Reason.CFB, Reason.CFNRY, Reason.CFNRC):
        mobile.alter(msisdn, reason, Entry(to, no_reply_s=15 if reason is Reason.CFNRY else None))


def test_cfu_takes_every_call_whatever_the_subscriber_does(network: MobileNetwork) -> None:
    net(network)
    network.alter(SERVICE, Reason.CFU, Entry(DID))
    for state in SubscriberState:
        assert network.destination(SERVICE, subscriber_state=state) == Ring(DID, Reason.CFU, (SERVICE, DID))


def test_the_standing_net_by_state(network: MobileNetwork) -> None:
    net(network)
    chain = (SERVICE, TECHNICIAN)
    unanswered = Ring(TECHNICIAN, Reason.CFNRY, chain)
    assert network.destination(SERVICE) == RingsSubscriber(SERVICE, 15, unanswered)
    assert network.destination(SERVICE, subscriber_state=SubscriberState.NO_REPLY) == Ring(
        TECHNICIAN, Reason.CFNRY, chain, after_s=15
    )
    network.subscriber(SERVICE).busy = True
    assert network.destination(SERVICE) == Ring(TECHNICIAN, Reason.CFB, chain)
    network.subscriber(SERVICE).attached = False
    assert network.destination(SERVICE) == Ring(TECHNICIAN, Reason.CFNRC, chain)


def test_without_a_net_calls_are_lost(network: MobileNetwork) -> None:
    assert network.destination(SERVICE) == RingsSubscriber(SERVICE)
    network.subscriber(SERVICE).busy = True
    assert network.destination(SERVICE) == Busy(SERVICE)
    network.subscriber(SERVICE).attached = False
    assert isinstance(network.destination(SERVICE), Unreachable)
    assert isinstance(network.destination("+420999999999"), Unreachable)


def test_a_disabled_entry_diverts_nothing(network: MobileNetwork) -> None:
    network.alter(SERVICE, Reason.CFU, Entry(DID, active=False))
    assert network.destination(SERVICE) == RingsSubscriber(SERVICE)


def test_a_chain_over_another_subscriber_of_the_network(network: MobileNetwork) -> None:
    network.add(Subscriber(TECHNICIAN, attached=True))
    network.alter(SERVICE, Reason.CFU, Entry(TECHNICIAN))
    assert network.destination(SERVICE) == Ring(TECHNICIAN, Reason.CFU, (SERVICE, TECHNICIAN))
    network.alter(TECHNICIAN, Reason.CFNRC, Entry(DID))
    network.subscriber(TECHNICIAN).attached = False
    assert network.destination(SERVICE) == Ring(DID, Reason.CFU, (SERVICE, TECHNICIAN, DID))
    network.alter(TECHNICIAN, Reason.CFNRC, None)
    network.subscriber(TECHNICIAN).attached = True
    network.subscriber(TECHNICIAN).busy = True
    assert network.destination(SERVICE) == Busy(TECHNICIAN)


def test_a_loop_ends_the_call(network: MobileNetwork) -> None:
    network.add(Subscriber(TECHNICIAN))
    network.alter(SERVICE, Reason.CFU, Entry(TECHNICIAN))
    network.alter(TECHNICIAN, Reason.CFU, Entry(SERVICE))
    destination = network.destination(SERVICE)
    assert isinstance(destination, Unreachable)
    assert "loop" in destination.why


@pytest.mark.parametrize(("length", "reached"), [(5, True), (6, False)])
def test_chains_are_bounded(network: MobileNetwork, length: int, reached: bool) -> None:
    numbers = [SERVICE, *(f"+42070000000{i}" for i in range(1, length + 1))]
    for number in numbers[1:-1]:
        network.add(Subscriber(number, attached=True))
    for number, following in itertools.pairwise(numbers):
        network.alter(number, Reason.CFU, Entry(following))
    destination = network.destination(SERVICE)
    assert isinstance(destination, Ring if reached else Unreachable)
