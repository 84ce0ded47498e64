"""Whom to ring, on which phones, and how Asterisk spells them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.asterisk.site import PHONES
from appliance.roster.models import Person
from appliance.roster.values import Screening

SIP = "sip"  # ``via`` of a phone of our own


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone: a number behind a trunk, or a SIP phone of our own (an account's name, or a URI)."""

    number: str
    own: bool = False

    def endpoint(self, trunk: str | None, host: str | None = None) -> str:
        """As ``Dial`` spells it. With ``host`` (host and port) the call goes to that address, whatever Asterisk
        thinks of the trunk's health."""
        if not self.own:
            return f"PJSIP/{trunk}/sip:{self.number}@{host}" if host else f"PJSIP/{self.number}@{trunk}"
        return f"PJSIP/{PHONES}/{self.number}" if ":" in self.number else f"PJSIP/{self.number}"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is rung as one, on all their phones together; ``id`` is the person's, or a bare number."""

    id: str
    phones: tuple[Phone, ...]
    person: Person | None
    screening: Screening

    @property
    def keys(self) -> frozenset[str]:
        """What nobody else may use meanwhile: the person, and each phone."""
        return frozenset({self.id, *(phone.number for phone in self.phones)})


def member_of(person: Person, screening: Screening, mobile: str | None = None) -> Member:
    """A person of the roster; ``mobile`` stands for the roster's number where it is given."""
    number = mobile or person.mobile
    phones = [Phone(number)] if "mobile" in person.ring or mobile is not None else []
    if "sip" in person.ring and person.sip is not None:
        phones.append(Phone(person.sip, own=True))
    return Member(person.id, tuple(phones) or (Phone(number),), person, screening)


def member_of_number(number: str, screening: Screening) -> Member:
    """A number that belongs to nobody of the roster."""
    return Member(number, (Phone(number),), None, screening)
