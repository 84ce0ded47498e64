"""Duty kept in somebody's calendar: iCalendar (RFC 5545) events become shifts of a rota.

The two libraries are imported only when a calendar is read. Recurrences are written out for :data:`AHEAD_DAYS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from appliance.domain.phrase import phrase, with_and
from appliance.roster.findings import Finding
from appliance.roster.models import Person, Shift
from appliance.roster.zones import moment

if TYPE_CHECKING:
    from icalendar import Component, Event

AHEAD_DAYS = 400
MOST_EVENTS = 5_000
EARLIEST_YEAR = 1970  # repetitions are counted from the first one on


class CalendarError(ValueError):
    """The text is no calendar; the message says why."""


def shifts_from(
    text: str, people: Sequence[Person], now: datetime, zone: ZoneInfo
) -> tuple[tuple[Shift, ...], list[Finding]]:
    """The shifts from ``now`` on, in order, and the events that name nobody or several people.

    An event belongs to the attendee whose e-mail is a person's, else to whom its summary names by id or name. Events
    of whole days last from midnight to midnight in ``zone``; so do times without a zone. Raises
    :class:`CalendarError`.
    """
    shifts: list[Shift] = []
    findings: list[Finding] = []
    for event in _events(text, now):
        begin, end = _at(event, "DTSTART", zone), _at(event, "DTEND", zone)
        if end <= max(begin, now):
            continue
        summary = str(event.get("SUMMARY") or "")
        place = f"{begin.astimezone(zone):%Y-%m-%d %H:%M}"
        meant = _meant(event, summary, people)
        if len(meant) == 1:
            shifts.append(Shift(person=meant[0].id, start=begin, end=end))
        elif meant:
            names = with_and(person.id for person in meant)
            several = phrase(
                "{event} means {names}; let each event name one person", event=repr(summary), names=names
            )
            findings.append(Finding(place, several))
        else:
            nobody = phrase(
                "{event} names nobody of the roster, by e-mail, id or name; name one person", event=repr(summary)
            )
            findings.append(Finding(place, nobody))
    return tuple(sorted(shifts, key=lambda shift: (shift.start, shift.end))), findings


def _events(text: str, now: datetime) -> list[Event]:
    import recurring_ical_events
    from icalendar import Calendar

    found: list[Event] = []
    try:
        calendar = Calendar.from_ical(text)
        for component in calendar.walk():
            _check(component)
        for count, event in enumerate(recurring_ical_events.of(calendar).after(now)):
            if _at(event, "DTSTART", ZoneInfo("UTC")) >= now + timedelta(days=AHEAD_DAYS):
                break
            if count >= MOST_EVENTS:
                many = phrase(
                    "has more than {most} events in {days} days; leave some out", most=MOST_EVENTS, days=AHEAD_DAYS
                )
                raise CalendarError(many)
            if str(event.get("STATUS") or "").upper() != "CANCELLED":
                found.append(event)
    except CalendarError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:  # whatever a hostile file makes
        why = " ".join(str(error).split())[:200]
        raise CalendarError(phrase("cannot be read as iCalendar: {why}", why=why)) from None
    return found


def _check(component: Component) -> None:
    """Refuse what the libraries would count for ever, or take for something else. Raises :class:`CalendarError`."""
    rules = component.get("RRULE")
    for rule in rules if isinstance(rules, list) else [rules] if rules else []:
        often = str((rule.get("FREQ") or [""])[0]).upper()
        if often in ("SECONDLY", "MINUTELY", "HOURLY"):
            raise CalendarError(phrase("repeats an event {often}; a shift repeats DAILY at most", often=often))
        if any(int(one) < 1 for one in rule.get("INTERVAL") or ()):
            raise CalendarError(phrase("repeats an event at an INTERVAL of 0 (RFC 5545 §3.3.10); write 1 or more"))
    if component.name != "VEVENT":
        return
    for key in ("DTSTART", "DTEND"):
        entry = component.get(key)
        value = getattr(entry, "dt", None)
        if isinstance(value, date) and value.year < EARLIEST_YEAR:
            raise CalendarError(phrase("has an event in the year {year}; leave it out", year=str(value.year)))
        zone = entry.params.get("TZID") if isinstance(value, datetime) and value.tzinfo is None else None
        if zone is not None:
            unknown = phrase(
                "names the time zone {zone}, which nobody knows; use one of the IANA list", zone=repr(str(zone))
            )
            raise CalendarError(unknown)


def _at(event: Event, key: str, zone: ZoneInfo) -> datetime:
    entry: Any = event[key]
    value: date | datetime = entry.dt
    if not isinstance(value, datetime):
        return moment(value, "00:00", zone)
    if value.tzinfo is None:
        return moment(value.date(), f"{value:%H:%M}", zone)
    return value.astimezone(UTC)


def _meant(event: Event, summary: str, people: Sequence[Person]) -> list[Person]:
    addresses = set(_attendees(event.get("ATTENDEE")))
    by_address = [person for person in people if person.email is not None and person.email.lower() in addresses]
    if by_address:
        return by_address
    return [person for person in people if _names(summary, person.id) or _names(summary, person.name)]


def _attendees(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if one is not None:
            yield str(one).lower().removeprefix("mailto:")


def _names(summary: str, name: str) -> bool:
    """As a word of its own: "eva" is not in "Medeva", nor "tech-1" in "tech-12"."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", summary, re.IGNORECASE) is not None
