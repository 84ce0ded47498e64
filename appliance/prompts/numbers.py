"""Telephone numbers as they are read back."""

from __future__ import annotations

import re

import phonenumbers


def as_said(number: str, region: str) -> str:
    """An E.164 number in groups, as people of ``region`` (ISO 3166) say it: without the country code where it is one
    of theirs. What is no number is returned as it is."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number
    own = parsed.country_code == phonenumbers.country_code_for_region(region)
    form = phonenumbers.PhoneNumberFormat.NATIONAL if own else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return re.sub(r"[^0-9+]+", " ", phonenumbers.format_number(parsed, form)).strip()
