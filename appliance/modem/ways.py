"""The ways a registration, an erasure or an interrogation can be spelt, in the order they are worth trying. Pure.

What a SIM and its network accept is not known beforehand: with or without a class, the number's type 145 or 129,
with or without a ring time, as an AT command or as an MMI code. Each attempt of the guard takes the next way;
those that are known to have worked come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from appliance.domain.forwarding import Service
from appliance.domain.phone import PhoneNumber
from appliance.modem import ccfc
from appliance.modem.quirks import Quirks


class Via(StrEnum):
    """The kind of command."""

    AT = "at"
    MMI = "mmi"


class Operation(StrEnum):
    """What is asked of the network."""

    INTERROGATE = "interrogate"
    REGISTER = "register"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Way:
    """One spelling. ``class_`` ``None`` leaves the class out; ``ring_time`` matters for CFNRy only."""

    via: Via = Via.AT
    class_: int | None = None
    number_type: int = 145
    ring_time: bool = True

    def as_json(self) -> dict[str, Any]:
        """For the file of what was learned, and for people."""
        return {"via": self.via, "class": self.class_, "number_type": self.number_type, "ring_time": self.ring_time}

    @staticmethod
    def from_json(value: Any) -> Way:
        """The way :meth:`as_json` wrote. Raises ``ValueError``."""
        match value:
            case {
                "via": str(via),
                "class": (int() | None) as class_,
                "number_type": int(number_type),
                "ring_time": bool(ring_time),
            }:
                return Way(Via(via), class_, number_type, ring_time)
        raise ValueError("is no way of forwarding")

    def __str__(self) -> str:
        if self.via is Via.MMI:
            return "MMI code" + (" for voice" if self.class_ is not None else "")
        parts = ["AT+CCFC", "without class" if self.class_ is None else f"class {self.class_}"]
        parts += [] if self.number_type == 145 else [f"number type {self.number_type}"]
        return ", ".join(parts if self.ring_time else [*parts, "without ring time"])


def _distinct(ways: Iterable[Way], learned: Sequence[Way]) -> tuple[Way, ...]:
    known = tuple(dict.fromkeys(ways))
    # Only what is still in the table: a file from an older version must not bring back what was taken out.
    return tuple(dict.fromkeys([way for way in learned if way in known] + list(known)))


def registrations(service: Service, quirks: Quirks, learned: Sequence[Way] = ()) -> tuple[Way, ...]:
    """Ways to register ``service``, best first.

    MMI comes third: where AT is refused twice the classes are rarely the matter.
    """
    common, *rarer = [
        Way(class_=class_, number_type=number_type)
        for number_type in quirks.number_types
        for class_ in quirks.register_classes
    ]
    mmi = [Way(Via.MMI, class_) for class_ in quirks.register_classes]
    ways = [common, *rarer[:1], mmi[0], *rarer[1:], *mmi[1:]]
    if service is Service.CFNRY:
        ways += [Way(via, class_, ring_time=False) for via in (Via.AT, Via.MMI) for class_ in quirks.register_classes]
    return _distinct(ways, learned)


def erasures(quirks: Quirks, learned: Sequence[Way] = ()) -> tuple[Way, ...]:
    """Ways to erase one service, best first."""
    by_at = [Way(class_=class_) for class_ in quirks.erase_classes]
    return _distinct([*by_at, Way(Via.MMI), Way(Via.MMI, 1)], learned)


def interrogations(quirks: Quirks, learned: Sequence[Way] = ()) -> tuple[Way, ...]:
    """Ways to ask for one service, best first."""
    return _distinct([*(Way(class_=class_) for class_ in quirks.query_classes), Way(Via.MMI)], learned)


def spell_registration(service: Service, number: PhoneNumber, ring_time_s: int | None, way: Way) -> str:
    """The command line of a registration."""
    time_s = ring_time_s if way.ring_time and service is Service.CFNRY else None
    if way.via is Via.MMI:
        return ccfc.mmi_register(service, number, way.class_, time_s)
    return ccfc.register(service, number, way.number_type, way.class_, time_s)


def spell_erasure(service: Service, way: Way) -> str:
    """The command line of an erasure."""
    return ccfc.mmi_erase(service, way.class_) if way.via is Via.MMI else ccfc.erase(service, way.class_)


def spell_interrogation(service: Service, way: Way) -> str:
    """The command line of an interrogation."""
    return ccfc.mmi_query(service) if way.via is Via.MMI else ccfc.query(service, way.class_)
