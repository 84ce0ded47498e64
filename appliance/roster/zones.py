"""Local time to moments and back, also in the two nights of a year whose hours are missing or come twice. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def zone_of(name: str | None, default: str) -> ZoneInfo:
    """The time zone; the default where none is given, UTC where the default is none either."""
    for candidate in (name, default):
        if candidate and (zone := known_zone(candidate)):
            return zone
    return ZoneInfo("UTC")


def known_zone(name: str) -> ZoneInfo | None:
    """The zone of the IANA list, or ``None``."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """When the clocks of ``zone`` show ``clock`` ("HH:MM", or "24:00") on ``day``, in UTC.

    Later times of a day are never earlier moments: a time that comes twice is its first one, and one that is left
    out is the moment in which the clocks jump over it. So shifts that touch have neither a gap nor an overlap.
    """
    hour, minute = int(clock[:2]), int(clock[3:])
    shown = datetime.combine(day, time()) + timedelta(hours=hour, minutes=minute)
    first = shown.replace(tzinfo=zone)
    found = first.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == shown:
        return found
    early, late = first.replace(fold=1).astimezone(UTC), found
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
