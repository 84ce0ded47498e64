"""Phone numbers: one spelling inside (E.164), whatever people and networks write outside."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

from appliance.domain.phrase import Phrase, phrase

SHORTEST_NATIONAL = 7  # digits of a subscriber's number that tell it from others
TYPE_OF_NUMBER_INTERNATIONAL = 145  # 3GPP TS 24.008 §10.5.4.7, type-of-address octet as AT commands show it


class NotANumber(ValueError):  # noqa: N818 - reads as what it tells
    """The text is no phone number that could be dialled; the message says why."""


@dataclass(frozen=True, slots=True, order=True)
class PhoneNumber:
    """A subscriber number in E.164: ``+`` and 8 to 15 digits (ITU-T E.164 §6.2.1)."""

    e164: str

    @property
    def digits(self) -> str:
        """The number without its ``+``: what two numbers are compared by."""
        return self.e164.removeprefix("+")

    def __str__(self) -> str:
        return self.e164


def e164(number: PhoneNumber | None) -> str | None:
    """The number as reports carry it; ``None`` stays ``None``."""
    return number.e164 if number is not None else None


def parse(text: str, region: str | None) -> PhoneNumber:
    """Read a number as a person writes it; ``region`` (ISO 3166) reads national spellings.

    Only the length and shape are judged (libphonenumber's "possible"): numbering plans change faster than boxes
    are updated. Raises :class:`NotANumber`.
    """
    return _number(_possible(text, region))


def _possible(text: str, region: str | None) -> phonenumbers.PhoneNumber:
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise NotANumber(_why_not(text, error.error_type)) from None
    if not phonenumbers.is_possible_number(parsed):
        raise NotANumber(phrase("{text} has not the length of a phone number of its country", text=repr(text)))
    return parsed


def _why_not(text: str, error: int) -> Phrase:
    """In words of our own: the library's are for programmers, and English."""
    match error:
        case phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            return phrase("{text} is not a phone number, as it has no known country code", text=repr(text))
        case phonenumbers.NumberParseException.TOO_SHORT_NSN | phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD:
            return phrase("{text} is too short for a phone number", text=repr(text))
        case phonenumbers.NumberParseException.TOO_LONG:
            return phrase("{text} is too long for a phone number", text=repr(text))
        case _:
            return phrase("{text} is not a phone number", text=repr(text))


def _number(parsed: phonenumbers.PhoneNumber) -> PhoneNumber:
    return PhoneNumber(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def destination(text: str, region: str | None) -> PhoneNumber:
    """Read a number that calls will be sent to, as :func:`parse` does; no premium-rate one.

    Each call to such a number is charged to the SIM or the trunk, and pays whoever rents it: what toll fraud is made
    of. Raises :class:`NotANumber`.
    """
    parsed = _possible(text, region)
    if phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        raise NotANumber(phrase("{text} is a premium-rate number, which no call is sent to", text=repr(text)))
    return _number(parsed)


def is_valid(number: PhoneNumber) -> bool:
    """Whether the number is in a numbering plan that this version of libphonenumber knows: a hint, no verdict."""
    return phonenumbers.is_valid_number(phonenumbers.parse(number.e164))


def from_network(text: str, type_of_number: int | None, region: str | None) -> PhoneNumber | None:
    """Read a number as a network reports it; ``None`` where it is no number at all.

    The type octet is a hint only: networks answer 129 for international digits and 145 for what was sent as 129
    (Cinterion transcripts), so a ``+`` or an international prefix in the text counts for more.
    """
    digits = re.sub(r"[^0-9+*#]", "", text)
    if not digits:
        return None
    if type_of_number == TYPE_OF_NUMBER_INTERNATIONAL and not digits.startswith("+"):
        digits = "+" + digits
    for candidate in (digits, "+" + digits.lstrip("+")):
        try:
            return parse(candidate, region)
        except NotANumber:
            continue
    return None


def reaches(text: str, number: PhoneNumber) -> bool:
    """Whether ``text`` is this number in whatever spelling: national, with an international or a routing prefix.

    The end alone does not make it the same: networks build the numbers of mailboxes by putting digits *into* a
    subscriber's number.
    """
    digits = re.sub(r"[^0-9]", "", text).lstrip("0")
    national = str(phonenumbers.parse(number.e164).national_number)
    if len(national) < SHORTEST_NATIONAL or len(digits) < SHORTEST_NATIONAL:
        return digits == number.digits
    return number.digits.endswith(digits) or digits.endswith(national)
