"""The spells of a chart: hours, days, weeks or months, few enough to be read; and outages in them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

MOST_DAYS, MOST_WEEKS = 62, 80
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Spell:
    """Whole days in a row, ``first`` to ``last``; ``unit`` is ``day``, ``week`` or ``month``. The first and the last
    week or month of a chart may be a part of one."""

    unit: str
    first: date
    last: date


def spells(first: date, last: date) -> list[Spell]:
    """The period in parts: days, weeks from Monday on, or months, whichever are not too many."""
    days = (last - first).days + 1
    unit = "day" if days <= MOST_DAYS else "week" if days <= MOST_WEEKS * 7 else "month"
    found, begin = list[Spell](), first
    while begin <= last:
        end = min(last, _end(unit, begin))
        found.append(Spell(unit, begin, end))
        begin = end + timedelta(days=1)
    return found


def _end(unit: str, day: date) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day + timedelta(days=6 - day.weekday())
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def edges(parts: Sequence[Spell], zone: tzinfo) -> list[datetime]:
    """The moments at which the spells begin, and the one at which the last ends."""
    begins = [datetime.combine(one.first, time(), zone) for one in parts]
    return [*begins, datetime.combine(parts[-1].last + timedelta(days=1), time(), zone)]


def hours(day: date, zone: tzinfo) -> list[datetime]:
    """The same for the hours of the clock on the wall; two that are one when the clock is moved have no length."""
    return [datetime.combine(day, time(hour), zone) for hour in range(24)] + [
        datetime.combine(day + timedelta(days=1), time(), zone)
    ]


def lasted(spans: Iterable[Span], between: Sequence[datetime]) -> list[float]:
    """How many seconds of the spans, which do not overlap, fall between each two of the edges."""
    moments = [at.astimezone(UTC) for at in between]  # where two moments share a zone, Python counts the wall's clock
    found = [0.0] * (len(moments) - 1)
    for begin, end in spans:
        for place, (low, high) in enumerate(pairwise(moments)):
            found[place] += max(0.0, (min(end, high) - max(begin, low)).total_seconds())
    return found
