"""What a line does now: open, closed or holiday. Pure; whether a day is a public holiday is asked of the caller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Literal

from appliance.roster.models import Holidays, Line, OpeningHours, Roster
from appliance.roster.values import DAYS
from appliance.roster.zones import zone_of

Situation = Literal["open", "closed", "holiday"]
IsHoliday = Callable[[Holidays, date], bool]


def situation_of(line: Line, roster: Roster, now: datetime, default_tz: str, is_holiday: IsHoliday) -> Situation:
    """The manual switch, if one stands; else what the line's hours say of ``now`` (which must know its zone).

    A line without hours is always open, and so is one whose hours are gone from the roster: callers are served.
    """
    if line.mode is not None and (line.mode.until is None or now < line.mode.until):
        return line.mode.situation
    hours = next((one for one in roster.hours if one.id == line.hours), None)
    return "open" if hours is None else situation_by_clock(hours, now, default_tz, is_holiday)


def situation_by_clock(hours: OpeningHours, now: datetime, default_tz: str, is_holiday: IsHoliday) -> Situation:
    """Dates stand above public holidays, those above the week. Spans are what the clocks on the wall show."""
    local = now.astimezone(zone_of(hours.timezone, default_tz))
    today, clock = local.date(), f"{local:%H:%M}"
    if today in hours.dates:
        spans = hours.dates[today]
        if not spans:
            return "holiday"
    elif hours.holidays is not None and is_holiday(hours.holidays, today):
        return "holiday"
    else:
        spans = hours.week.get(DAYS[today.weekday()], ())
    return "open" if any(_within(clock, span) for span in spans) else "closed"


def _within(clock: str, span: str) -> bool:
    start, _, end = span.partition("-")
    return start <= clock < end  # "HH:MM" sorts as the times do, "24:00" too
