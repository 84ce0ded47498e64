"""Duty between two moments as periods, and a month of it as weeks of days. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from appliance.roster.models import Roster, Rota, Shift
from appliance.roster.rota import changes, holder, on_duty
from appliance.roster.zones import zone_of

STEP = timedelta(days=7)  # what one look at the weekly shifts reaches
KEPT_SWAPS = timedelta(days=31)
MOST_SWAPS = 1000


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody (an id; ``None``: nobody) has duty from ``start`` until before ``end``. ``swapped``: by a swap;
    ``continues``: it began before the day that this part of it is of."""

    person: str | None
    start: datetime
    end: datetime
    swapped: bool = False
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A day with the parts of duties that fall on it; ``inside`` the month that is shown."""

    day: date
    inside: bool
    parts: tuple[Duty, ...]


def duties(roster: Roster, rota: Rota, begin: datetime, end: datetime, timezone: str) -> list[Duty]:
    """Who has duty when, one after the other. Where it is the rota of the duty, the default fills its gaps."""
    if rota.id == roster.duty.rota:
        return _periods(rota, begin, end, timezone, lambda at: on_duty(roster, at, timezone))
    return _periods(rota, begin, end, timezone, lambda at: holder(rota, at, timezone))


def _periods(
    rota: Rota, begin: datetime, end: datetime, timezone: str, named: Callable[[datetime], str | None]
) -> list[Duty]:
    bounds, at = {begin, end}, begin
    while at < end:
        bounds.update(one for one in changes(rota, at, timezone) if begin < one < end)
        at += STEP
    found: list[Duty] = []
    ordered = sorted(bounds)
    for start, stop in pairwise(ordered):
        one = Duty(named(start), start, stop, any(swap.start <= start < swap.end for swap in rota.swaps))
        last = found[-1] if found else None
        if last is not None and (last.person, last.swapped) == (one.person, one.swapped):
            found[-1] = Duty(last.person, last.start, stop, last.swapped)
        else:
            found.append(one)
    return found


def month(roster: Roster, rota: Rota, first: date, timezone: str) -> list[Day]:
    """The days of the month that begins with ``first``, filled up to whole weeks, Monday first."""
    zone = zone_of(rota.timezone, timezone)
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    begin = first - timedelta(days=first.weekday())
    end = after + timedelta(days=-after.weekday() % 7)
    # from before the first day on, so that it is seen what goes on into it
    found = duties(roster, rota, _midnight(begin - STEP, zone), _midnight(end, zone), timezone)
    days = [begin + timedelta(days=count) for count in range((end - begin).days)]
    return [Day(day, first <= day < after, _parts(found, day, zone)) for day in days]


def with_swaps(roster: Roster, rota: Rota, swaps: Sequence[Shift], now: datetime) -> Roster:
    """The roster with these swaps above all else of the rota; those long over are let go."""
    kept = [one for one in rota.swaps if one.end > now - KEPT_SWAPS]
    changed = rota.model_copy(update={"swaps": tuple([*kept, *swaps][-MOST_SWAPS:])})
    return roster.model_copy(update={"rota": tuple(changed if one.id == rota.id else one for one in roster.rota)})


def _parts(found: Sequence[Duty], day: date, zone: tzinfo) -> tuple[Duty, ...]:
    begin, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    inside = [one for one in found if one.start < end and one.end > begin]
    return tuple(
        Duty(one.person, max(one.start, begin), min(one.end, end), one.swapped, one.start < begin) for one in inside
    )


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)
