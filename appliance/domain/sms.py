"""Short messages: whom they may go to, how the sending of one part ends, what a delivery report says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberType

from appliance.domain.phone import NotANumber, PhoneNumber, parse

MAX_PARTS = 10  # longer texts cost more than they tell; networks allow 255

_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
# a fixed line may have its messages read aloud; everything else costs extra or reaches nobody
_RECEIVING = (*_MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP)


class Fate(StrEnum):
    """Why a part was not sent, as far as it is known."""

    NOT_SENT = "not_sent"  # no modem, no network, or it was refused before the text went out
    REFUSED = "refused"  # by the modem or the network, and may be taken another time
    IMPOSSIBLE = "impossible"  # refused for good: this message to this number
    UNKNOWN = "unknown"  # the text went out, and nobody said what became of it


class SmsError(Exception):
    """A part was not sent, or nobody knows. ``code`` is the +CMS ERROR number (3GPP TS 27.005 §3.2.5)."""

    def __init__(self, fate: Fate, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.fate = fate
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class Submitted:
    """A part that the network took. ``reference`` is TP-MR where the modem told it; ``report``: one is awaited."""

    reference: int | None
    report: bool


class Delivery(StrEnum):
    """What a report says (TP-ST, 3GPP TS 23.040 §9.2.3.15)."""

    DELIVERED = "delivered"
    UNDERWAY = "underway"  # the service centre still tries
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The network's word on one part. ``number`` is the receiver as the network spells it, perhaps without prefix."""

    reference: int
    number: str
    delivery: Delivery
    status: int

    def is_for(self, number: PhoneNumber) -> bool:
        """Whether the receiver can be this number: networks drop prefixes, so the last digits count."""
        digits = "".join(digit for digit in self.number if digit.isdigit())
        tail = digits[-8:]
        return len(tail) >= 6 and number.digits.endswith(tail)


def receiver(text: str, region: str | None) -> PhoneNumber:
    """The number a message may go to: in a known numbering plan, and of no kind that costs extra.

    Raises :class:`NotANumber`.
    """
    number = parse(text, region)
    parsed = phonenumbers.parse(number.e164)
    if not phonenumbers.is_valid_number(parsed):
        raise NotANumber(f"{number} is in no numbering plan known to this version")
    kind = phonenumbers.number_type(parsed)
    if kind not in _RECEIVING:
        name = PhoneNumberType.to_string(kind).lower().replace("_", " ")
        raise NotANumber(f"{number} is of the kind {name!r}; messages go to mobile and ordinary numbers only")
    return number


def is_mobile(number: PhoneNumber) -> bool:
    """Whether the number is a valid one of a mobile (in some countries fixed lines look the same)."""
    parsed = phonenumbers.parse(number.e164)
    return phonenumbers.is_valid_number(parsed) and phonenumbers.number_type(parsed) in _MOBILE


def masked(number: str) -> str:
    """The number as events show it, which go to every link: enough to tell people of the roster apart."""
    return f"{number[:-6]}***{number[-3:]}" if len(number) > 9 else "***"
