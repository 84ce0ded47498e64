"""The periods that pages ask about, in the box's local time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from appliance.translation import N_, _

DAYS = {"today": 1, "7d": 7, "30d": 30, "365d": 365}  # until the end of today
OWN = "own"
NAMES = {
    "today": N_("today"),
    "yesterday": N_("yesterday"),
    "7d": N_("the last 7 days"),
    "30d": N_("the last 30 days"),
    "365d": N_("the last 365 days"),
    OWN: N_("from … to …"),
}
USUAL = "7d"
MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, ``first`` to ``last``; ``wrong`` says in words why the usual one stands in their place."""

    name: str
    first: date
    last: date
    zone: tzinfo
    wrong: str = ""

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def since(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time(), self.zone)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)


def period_of(name: str, first: str, last: str, now: datetime, zone: tzinfo) -> Period:
    """The period of a form; what cannot be read is told, and the usual one shown."""
    today = now.astimezone(zone).date()
    if name == "yesterday":
        return Period(name, today - timedelta(days=1), today - timedelta(days=1), zone)
    if name in DAYS:
        return _last_days(name, today, zone)
    if name == OWN:
        return _own(first, last, today, zone)
    return _last_days(USUAL, today, zone)


def _last_days(name: str, today: date, zone: tzinfo, wrong: str = "") -> Period:
    return Period(name, today - timedelta(days=DAYS[name] - 1), today, zone, wrong)


def _own(first: str, last: str, today: date, zone: tzinfo) -> Period:
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return _last_days(USUAL, today, zone, _("Give both days of the period."))
    if begin > end:
        return _last_days(USUAL, today, zone, _("The period ends before it begins."))
    if (end - begin).days >= MOST_DAYS or begin.year < 2000 or end.year > today.year + 1:
        return _last_days(USUAL, today, zone, _("The period is longer than ten years, or not in our time."))
    return Period(OWN, begin, end, zone)
