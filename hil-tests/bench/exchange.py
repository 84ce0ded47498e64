"""The telephone network's routing: from the number dialled to the leg that Asterisk dials. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.asterisk.parts import leg_to_mobile, leg_to_trunk
from bench.mobile.routing import Busy, Destination, Ring, RingsSubscriber, Unreachable

USER_BUSY, NO_ANSWER, SUBSCRIBER_ABSENT, UNALLOCATED = 17, 19, 20, 1  # Q.850


@dataclass(frozen=True, slots=True)
class Leg:
    """What is dialled (``None``: nothing, with the Q.850 ``cause``).

    ``number`` is where the call ends up; ``reason`` is ``cfu``, ``cfb``, ``cfnry`` or ``cfnrc`` for a diverted call,
    else empty; ``rings_before_s`` is how long another phone rang in vain before.
    """

    number: str
    dial: str | None
    reason: str = ""
    rings_before_s: float = 0.0
    cause: int = 0


@dataclass(frozen=True, slots=True)
class Directory:
    """Who has which number. ``dids``: number → trunk; ``trunks``: trunk → address; ``mobiles``: the numbers."""

    dids: Mapping[str, str]
    trunks: Mapping[str, str]
    mobiles: frozenset[str]

    def leg(self, number: str) -> Leg:
        """The leg to a number that is not diverted."""
        if trunk := self.dids.get(number):
            return Leg(number, leg_to_trunk(trunk, self.trunks[trunk], number))
        if number in self.mobiles:
            return Leg(number, leg_to_mobile(number))
        return Leg(number, None, cause=UNALLOCATED)


def find_leg(called: str, destination: Destination, directory: Directory) -> Leg:
    """The leg for a call to a subscriber of the mobile network, as its forwarding table says now."""
    match destination:
        case Ring(number, via, _, after_s):
            leg = directory.leg(number)
            return Leg(number, leg.dial, via.name.lower(), after_s, leg.cause)
        case RingsSubscriber(_, no_reply_s, Ring() as then):
            leg = find_leg(called, then, directory)
            return Leg(leg.number, leg.dial, leg.reason, float(no_reply_s or 0) + leg.rings_before_s, leg.cause)
        case RingsSubscriber():
            return Leg(called, None, cause=NO_ANSWER)
        case Busy(number):
            return Leg(number, None, cause=USER_BUSY)
        case Unreachable():
            return Leg(called, None, cause=SUBSCRIBER_ABSENT)
