"""Public holidays, by the ``holidays`` library. It is imported only when it is asked: it is large."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from appliance.domain.phrase import phrase
from appliance.roster.models import Holidays


def is_holiday(where: Holidays, day: date) -> bool:
    """Whether ``day`` is a public holiday there; never one where the country is not known."""
    calendar = _calendar(where.country, where.subdivision)
    return calendar is not None and day in calendar


def unknown(where: Holidays) -> tuple[str, str] | None:
    """``(key, what is wrong)`` where the library does not know the country or its part."""
    import holidays

    countries = holidays.list_supported_countries(include_aliases=False)
    if where.country not in countries:
        return "country", phrase(
            'no holidays of {country} are known; write an ISO 3166 code such as "CZ"', country=repr(where.country)
        )
    parts = countries[where.country]
    if where.subdivision is not None and where.subdivision not in parts:
        return "subdivision", phrase(
            "{country} has no part {part} with holidays; there is {listing}",
            country=where.country,
            part=repr(where.subdivision),
            listing=", ".join(parts) or phrase("none, leave it out"),
        )
    return None


@lru_cache(maxsize=64)
def _calendar(country: str, subdivision: str | None) -> Mapping[date, Any] | None:
    import holidays

    try:
        found: Mapping[date, Any] = holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        return None
    return found
