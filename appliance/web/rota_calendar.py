"""Duties as an iCalendar (RFC 5545) that calendar programs subscribe to. The library is imported when one asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from appliance.web.rota_days import Duty

REFRESH = timedelta(hours=1)


def calendar(
    duties: Iterable[tuple[str, Duty]], title: str, summary: Callable[[Duty], str], device: str, now: datetime
) -> bytes:
    """An event a duty, each named with its rota; the same duty has the same UID each time."""
    from icalendar import Calendar, Event

    whole = Calendar()
    whole.add("prodid", "-//Hotline//Duty//EN")
    whole.add("version", "2.0")
    whole.add("x-wr-calname", title)
    whole.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for rota, duty in duties:
        event = Event()
        event.add("uid", f"{rota}.{duty.start:%Y%m%dT%H%M%S}.{duty.person}@{device}")
        event.add("dtstamp", now)
        event.add("dtstart", duty.start)
        event.add("dtend", duty.end)
        event.add("summary", summary(duty))
        event.add("transp", "TRANSPARENT")  # duty does not make anybody busy
        whole.add_component(event)
    return bytes(whole.to_ical())
