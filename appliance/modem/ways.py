"""The ways a registration, an erasure or an interrogation can be spelt, in the order they are worth trying. Pure.

What a SIM and its network accept is not known beforehand: with or without a class, the number's type 145 or 129,
with or without a ring time, as an AT command or as an MMI code. Each attempt of the guard takes the next way;
those that are known to have worked come first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from appliance.domain.forwarding import Service
from appliance.domain.phone import PhoneNumber
from appliance.modem import ccfc
from appliance.modem.ccfc import TimeField
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
    """One spelling. ``class_`` ``None`` leaves the class out; ``time_field`` matters for CFNRy only."""

    via: Via = Via.AT
    class_: int | None = None
    number_type: int = 145
    time_field: TimeField = TimeField.STANDARD

    def as_json(self) -> dict[str, Any]:
        """For the file of what was learned, and for people."""
        return {"via": self.via, "class": self.class_, "number_type": self.number_type, "time": self.time_field}

    @staticmethod
    def from_json(value: Any) -> Way:
        """The way :meth:`as_json` wrote. Raises ``ValueError``."""
        match value:
            case {
                "via": str(via),
                "class": (int() | None) as class_,
                "number_type": int(number_type),
                "time": str(time_field),
            }:
                return Way(Via(via), class_, number_type, TimeField(time_field))
        raise ValueError("is no way of forwarding")

    def __str__(self) -> str:
        if self.via is Via.MMI:
            return "MMI code" + (" for voice" if self.class_ is not None else "")
        parts = ["AT+CCFC", "without class" if self.class_ is None else f"class {self.class_}"]
        parts += [] if self.number_type == 145 else [f"number type {self.number_type}"]
        if self.time_field is not TimeField.STANDARD:
            parts.append("time after the class" if self.time_field is TimeField.AFTER_CLASS else "without ring time")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Trusted:
    """Ways that were seen to work: of the service itself, and of the other services."""

    own: Way | None = None
    others: tuple[Way, ...] = ()


NOTHING_LEARNED = Trusted()


def _distinct(ways: Iterable[Way], trusted: Trusted) -> tuple[Way, ...]:
    known = tuple(dict.fromkeys(ways))
    first = [way for way in (trusted.own, *trusted.others) if way is not None]
    # Only what is still in the table: a file from an older version must not bring back what was taken out.
    return tuple(dict.fromkeys([way for way in first if way in known] + list(known)))


def registrations(service: Service, quirks: Quirks, trusted: Trusted = NOTHING_LEARNED) -> tuple[Way, ...]:
    """Ways to register ``service``, best first.

    MMI comes third: where AT is refused twice the classes are rarely the matter.
    """
    timed = service is Service.CFNRY
    usual, other = TimeField.STANDARD, TimeField.AFTER_CLASS
    if quirks.time_after_class and timed:
        usual, other = other, usual
    common, *rarer = [
        Way(class_=class_, number_type=number_type, time_field=usual)
        for number_type in quirks.number_types
        for class_ in quirks.register_classes
    ]
    mmi = [Way(Via.MMI, class_) for class_ in quirks.register_classes]
    ways = [common, *rarer[:1], mmi[0], *rarer[1:], *mmi[1:]]
    if timed:
        classes = quirks.register_classes
        ways += [Way(class_=class_, time_field=other) for class_ in classes]
        ways += [Way(via, class_, time_field=TimeField.OMITTED) for via in (Via.AT, Via.MMI) for class_ in classes]
    # Where the time stands says nothing for services without one, and they say nothing of it.
    at_time = {Via.AT: usual, Via.MMI: TimeField.STANDARD}
    others = tuple(replace(way, time_field=at_time[way.via]) for way in trusted.others)
    return _distinct(ways, replace(trusted, others=others))


def erasures(quirks: Quirks, trusted: Trusted = NOTHING_LEARNED) -> tuple[Way, ...]:
    """Ways to erase one service, best first."""
    by_at = [Way(class_=class_) for class_ in quirks.erase_classes]
    return _distinct([*by_at, Way(Via.MMI), Way(Via.MMI, 1)], trusted)


def interrogations(quirks: Quirks, trusted: Trusted = NOTHING_LEARNED) -> tuple[Way, ...]:
    """Ways to ask for one service, best first."""
    return _distinct([*(Way(class_=class_) for class_ in quirks.query_classes), Way(Via.MMI)], trusted)


def spell_registration(service: Service, number: PhoneNumber, ring_time_s: int | None, way: Way) -> str:
    """The command line of a registration."""
    time_s = ring_time_s if way.time_field is not TimeField.OMITTED and service is Service.CFNRY else None
    if way.via is Via.MMI:
        return ccfc.mmi_register(service, number, way.class_, time_s)
    return ccfc.register(service, number, way.number_type, way.class_, time_s, way.time_field)


def spell_erasure(service: Service, way: Way) -> str:
    """The command line of an erasure."""
    return ccfc.mmi_erase(service, way.class_) if way.via is Via.MMI else ccfc.erase(service, way.class_)


def spell_interrogation(service: Service, way: Way) -> str:
    """The command line of an interrogation."""
    return ccfc.mmi_query(service) if way.via is Via.MMI else ccfc.query(service, way.class_)
