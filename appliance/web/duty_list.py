"""Who has duty in the next days, one period after the other. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.roster.models import Roster, Rota
from appliance.roster.rota import changes, holder, on_duty, rota_by_id

DAYS_AHEAD = 7
MOST_PERIODS = 100


@dataclass(frozen=True, slots=True)
class Period:
    """``person`` (an id; ``None``: nobody) from ``start`` until before ``end``, as far as is looked ahead."""

    person: str | None
    start: datetime
    end: datetime | None


def duty_periods(roster: Roster, now: datetime, timezone: str) -> list[Period]:
    """By the roster, without what a person commanded: the rota of the duty, its gaps filled by the default."""
    rota = rota_by_id(roster, roster.duty.rota)
    if rota is None:
        return [Period(roster.duty.default, now, None)]
    return _periods(rota, now, timezone, lambda at: on_duty(roster, at, timezone))


def rota_periods(rota: Rota, now: datetime, timezone: str) -> list[Period]:
    """Of any rota, with its gaps."""
    return _periods(rota, now, timezone, lambda at: holder(rota, at, timezone))


def _periods(rota: Rota, now: datetime, timezone: str, named: Callable[[datetime], str | None]) -> list[Period]:
    last = now + timedelta(days=DAYS_AHEAD)
    found = [Period(named(now), now, None)]
    for at in changes(rota, now, timezone):
        if at > last or len(found) >= MOST_PERIODS:
            break
        person = named(at)
        if person != found[-1].person:
            found[-1] = Period(found[-1].person, found[-1].start, at)
            found.append(Period(person, at, None))
    return found
