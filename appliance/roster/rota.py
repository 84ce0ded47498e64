"""Who has duty. Pure: swaps stand above shifts, shifts above the week; the later entry above the earlier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from appliance.roster.models import Person, Roster, Rota, WeeklyShift
from appliance.roster.values import DAYS
from appliance.roster.zones import moment, zone_of

WEEK_AHEAD_DAYS = 8  # after that the week repeats itself


def on_duty(roster: Roster, now: datetime, default_tz: str) -> str:
    """The id of the person whom the roster's duty rota names, else of the default."""
    rota = rota_by_id(roster, roster.duty.rota)
    named = holder(rota, now, default_tz) if rota is not None else None
    return named if named is not None and roster.person_by_id(named) is not None else roster.duty.default


def holder(rota: Rota, now: datetime, default_tz: str) -> str | None:
    """Whom one rota names, or ``None`` in a gap."""
    for dated in (*reversed(rota.swaps), *reversed(rota.shifts)):
        if dated.start <= now < dated.end:
            return dated.person
    zone = zone_of(rota.timezone, default_tz)
    today = now.astimezone(zone).date()
    for shift in reversed(rota.week):
        for day in (today, today - timedelta(days=1)):
            begins, ends = _span(shift, day, zone)
            if DAYS[day.weekday()] in shift.days and begins <= now < ends:
                return shift.person
    return None


def next_change(roster: Roster, now: datetime, default_tz: str) -> datetime | None:
    """The next moment at which somebody else has duty by the roster.

    ``None`` where none is known, which may mean that it is more than a week away: look again within a day.
    """
    rota = rota_by_id(roster, roster.duty.rota)
    if rota is None:
        return None
    holds_now = on_duty(roster, now, default_tz)
    return next((at for at in changes(rota, now, default_tz) if on_duty(roster, at, default_tz) != holds_now), None)


def gaps(rota: Rota, begin: datetime, end: datetime, default_tz: str) -> Iterator[tuple[datetime, datetime]]:
    """The times between ``begin`` and ``end`` in which the rota names nobody."""
    at: datetime = begin
    open_since: datetime | None = None
    while at < end:
        named = holder(rota, at, default_tz)
        if named is None:
            open_since = open_since or at
        elif open_since is not None:
            yield open_since, at
            open_since = None
        at = next(iter(changes(rota, at, default_tz)), end)
    if open_since is not None:
        yield open_since, end


def changes(rota: Rota, now: datetime, default_tz: str) -> list[datetime]:
    """Every moment after ``now``, in order, at which a shift begins or ends; of the weekly ones those of a week."""
    found = {at for dated in (*rota.shifts, *rota.swaps) for at in (dated.start, dated.end)}
    zone = zone_of(rota.timezone, default_tz)
    today = now.astimezone(zone).date()
    for offset in range(-1, WEEK_AHEAD_DAYS):
        day = today + timedelta(days=offset)
        for shift in rota.week:
            if DAYS[day.weekday()] in shift.days:
                found.update(_span(shift, day, zone))
    return sorted(at.astimezone(UTC) for at in found if at > now)


def rota_by_id(roster: Roster, id_: str | None) -> Rota | None:
    """The rota, or ``None``."""
    return next((one for one in roster.rota if one.id == id_), None) if id_ is not None else None


def person_of(rota: Rota, roster: Roster, now: datetime, default_tz: str) -> Person | None:
    """The person whom a rota names now; ``None`` in a gap, or where nobody has that id."""
    named = holder(rota, now, default_tz)
    return roster.person_by_id(named) if named is not None else None


def _span(shift: WeeklyShift, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    last = day if shift.end > shift.start else day + timedelta(days=1)
    return moment(day, shift.start, zone), moment(last, shift.end, zone)
