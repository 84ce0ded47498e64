"""Values as they are said in a language: numbers, digits one by one, durations, times."""

from __future__ import annotations

import re
from datetime import datetime

from appliance.domain.prompts import Kind
from appliance.prompts.numerals import cardinal, plural
from appliance.prompts.phrases import Words, texts

Value = int | str | datetime
MINUTES_AN_HOUR = 60
LONGEST_DIGITS = 40
LONGEST_NAME = 200


def in_words(language: str, kind: Kind, value: Value) -> str:
    """The value as it is said. Raises ``ValueError`` for one that cannot be said so."""
    if kind is Kind.COUNT and isinstance(value, int):
        return cardinal(language, value)
    if kind is Kind.MINUTES and isinstance(value, int):
        return minutes(language, value)
    if kind in (Kind.PHONE, Kind.DIGITS) and isinstance(value, str):
        return digits(language, value)
    if kind is Kind.MOMENT and isinstance(value, datetime):
        return moment(language, value)
    if kind is Kind.NAME and isinstance(value, str):
        return " ".join(value.split())[:LONGEST_NAME]
    raise ValueError(f"{value!r} cannot be said as {kind}")


def digits(language: str, text: str) -> str:
    """Digits, plus, star and hash one by one; the groups that blanks make are set off by a pause. What is nothing of
    these is left out. Raises ``ValueError`` for more than forty of them."""
    words = texts(language).words
    groups = [[*filter(None, (_sign(words, sign) for sign in group))] for group in digit_groups(text)]
    return ", ".join(" ".join(group) for group in groups if group)


def digit_groups(text: str) -> tuple[str, ...]:
    """What of ``text`` is said: groups of digits, plus, star and hash. Raises ``ValueError`` for too many."""
    groups = tuple(filter(None, (re.sub(r"[^0-9+*#]", "", group) for group in text.split())))
    if sum(map(len, groups)) > LONGEST_DIGITS:
        raise ValueError(f"more than {LONGEST_DIGITS} digits are not said one by one")
    return groups


def minutes(language: str, number: int) -> str:
    """So many minutes; from an hour on hours and minutes. Raises ``ValueError``."""
    hours, rest = divmod(number, MINUTES_AN_HOUR)
    if not hours:
        return _counted(language, "minute", rest)
    said = _counted(language, "hour", hours)
    return f"{said} {_counted(language, 'minute', rest)}" if rest else said


def moment(language: str, at: datetime) -> str:
    """Day, month and time of day, of ``at`` as it is: hand it in in local time."""
    words = texts(language).words
    return words.moment.format_map(
        {
            "day": words.days[at.day - 1],
            "month": words.months[at.month - 1],
            "time": clock(language, at.hour, at.minute),
        }
    )


def clock(language: str, hour: int, minute: int) -> str:
    """A time of day."""
    words = texts(language).words
    plain = cardinal(language, minute)
    pattern = words.time if minute else words.full_hour
    return pattern.format_map(
        {
            "hour": words.clock[hour] if words.clock else cardinal(language, hour),
            "hours": _counted(language, "hour", hour),
            "minute": f"{words.minute_zero} {plain}" if minute < 10 and words.minute_zero else plain,
            "minutes": _counted(language, "minute", minute),
            "half": words.halves[hour // 12] if words.halves else "",
        }
    )


def _counted(language: str, noun: str, number: int) -> str:
    words = texts(language).words
    forms = words.minute if noun == "minute" else words.hour
    return f"{cardinal(language, number, words.gender[noun])} {forms[plural(language, number)]}"


def _sign(words: Words, sign: str) -> str:
    return words.digits[int(sign)] if sign.isdecimal() else words.signs[sign]
