"""Which number may be called back. Pure.

A caller may key in any digits, and a caller id may be chosen by whoever calls: neither may make us call what costs
money, what disturbs others, or ourselves. Never called: emergency and short numbers, what no numbering plan has, and
numbers that lead to us (a callback to the service number would be a call to ourselves). Called only where the queue
allows it: numbers of other countries, and those that somebody earns on or that are no person's phone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, shortnumberinfo

KEYED_MOST = 20  # an international prefix of up to five digits before E.164's 15
_DIGITS = re.compile(rf"\+?[0-9]{{3,{KEYED_MOST}}}\Z")
# what an ordinary telephone has; libphonenumber cannot tell fixed from mobile in some plans (North America)
_ORDINARY = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)


class Refusal(StrEnum):
    """Why a number is not called."""

    NO_NUMBER = "no number"
    SHORT = "an emergency or short number"
    ABROAD = "a number of another country"
    SPECIAL = "a number at a special rate"
    OURS = "a number of ours"


@dataclass(frozen=True, slots=True)
class Rules:
    """``region`` (ISO 3166) reads national spellings; ``ours`` are the numbers (E.164) that lead to us.

    ``abroad``: other countries may be called; ``premium``: numbers at premium, shared or no cost too, and whatever
    else is no ordinary telephone.
    """

    region: str
    ours: frozenset[str] = frozenset()
    abroad: bool = False
    premium: bool = False


def judge(text: str, rules: Rules) -> str | Refusal:
    """The number in E.164, or why it is not called. ``text`` is what was keyed in, or a caller id as E.164."""
    if not _DIGITS.match(text):
        return Refusal.NO_NUMBER
    if _is_short(text, rules.region):
        return Refusal.SHORT
    number = _parsed(text, rules.region)
    if number is None:
        return Refusal.NO_NUMBER
    national = phonenumbers.national_significant_number(number)
    region = phonenumbers.region_code_for_number(number)
    if _is_short(national, region or rules.region) or shortnumberinfo.is_valid_short_number(number):
        return Refusal.SHORT
    spelt = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if spelt in rules.ours:
        return Refusal.OURS
    if region != rules.region and not rules.abroad:
        return Refusal.ABROAD
    if phonenumbers.number_type(number) not in _ORDINARY and not rules.premium:
        return Refusal.SPECIAL
    return spelt


def _is_short(digits: str, region: str) -> bool:
    """In some countries whatever begins with an emergency number is connected to it, so it is more than equality."""
    return shortnumberinfo.connects_to_emergency_number(digits, region)


def _parsed(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    """As a national number or with an international prefix; else as digits of E.164 whose ``+`` no phone can key."""
    for candidate in (text, "+" + text.lstrip("+")):
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return number
    return None
