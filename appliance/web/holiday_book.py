"""Public holidays for the pages: a country's year is learned from a process of its own, and kept as a few dates.

The library of holidays reads the calendars of every country for one: 17 MB that would stay, and a second in which no
page is served.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import date, timedelta

from appliance import apart
from appliance.roster import holidays
from appliance.roster.models import Holidays
from appliance.threads import in_daemon_thread

LEARNED_WITHIN_S = 60.0
Year = tuple[str, str | None, int]


class HolidayBook:
    """``is_holiday`` of :mod:`appliance.roster.hours`; ``learned`` is called when it knows more than before.

    Within a running service a year that nobody asked for yet has no holidays for a moment, until it is learned. Where
    nobody serves (``serving`` was not called), or no process can be had, the library is asked here.
    """

    def __init__(self, learned: Callable[[], None]) -> None:
        self._learned = learned
        self._known: dict[Year, frozenset[date]] = {}
        self._asked: dict[Year, asyncio.Task[None]] = {}
        self._serving = False

    def serving(self) -> None:
        """From now on there is an event loop that must not wait."""
        self._serving = True

    def is_holiday(self, where: Holidays, day: date) -> bool:
        """Whether ``day`` is a public holiday there, as far as it is known."""
        year = (where.country, where.subdivision, day.year)
        if year in self._known:
            return day in self._known[year]
        if not self._serving:
            return holidays.is_holiday(where, day)
        if year not in self._asked:
            self._asked[year] = asyncio.get_running_loop().create_task(self._learn(year), name="holidays")
        return False

    async def _learn(self, year: Year) -> None:
        self._known[year] = await in_daemon_thread(lambda: _told(year), "holidays")
        del self._asked[year]
        self._learned()


def _told(year: Year) -> frozenset[date]:
    country, subdivision, number = year
    told = apart.run(__name__, country, subdivision or "", str(number), within_s=LEARNED_WITHIN_S)
    if told is None:
        return frozenset(_of(country, subdivision, number))
    return frozenset(date.fromisoformat(line) for line in told.decode("ascii").split())


def _of(country: str, subdivision: str | None, year: int) -> list[date]:
    where, first = Holidays(country=country, subdivision=subdivision), date(year, 1, 1)
    days = (first + timedelta(days=place) for place in range(366))
    return [day for day in days if day.year == year and holidays.is_holiday(where, day)]


if __name__ == "__main__":
    land, part, number = sys.argv[1:]
    print("\n".join(day.isoformat() for day in _of(land, part or None, int(number))))
