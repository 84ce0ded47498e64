"""Times as people write and read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from appliance.translation import _

_AGO = re.compile(r"^(?:\d+(?:\.\d+)?\s*(?:s|m|min|h|d|w)\s*)+$")
_PART = re.compile(r"(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>s|min|m|h|d|w)")
_UNIT_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_CLOCK = re.compile(r"^(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?$")


def parse_when(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Read RFC 3339, ``2026-07-14``, ``14:30`` (the last one that was), ``2h``, ``1d 12h``, ``today``, ``yesterday``.

    What has no offset is local to ``zone``. Raises ``ValueError`` with what would be right.
    """
    word, local = text.strip().lower(), now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if word in ("now", "today", "yesterday"):
        return {"now": local, "today": midnight, "yesterday": midnight - timedelta(days=1)}[word]
    try:
        if _AGO.match(word):
            seconds = sum(float(part["count"]) * _UNIT_S[part["unit"]] for part in _PART.finditer(word))
            return _within_calendar(local - timedelta(seconds=seconds))
        if clock := _CLOCK.match(word):
            then = midnight.replace(
                hour=int(clock["hour"]), minute=int(clock["minute"]), second=int(clock["second"] or 0)
            )
            return then if then <= local else then - timedelta(days=1)
        parsed = datetime.fromisoformat(text.strip())
        return _within_calendar(parsed if parsed.tzinfo else parsed.replace(tzinfo=zone))
    except OverflowError:
        raise ValueError(
            _("{text!r} is outside the calendar; write a nearer time, such as 2h, 30d or 2026-07-14").format(
                text=text
            )
        ) from None
    except ValueError:
        raise ValueError(
            _("{text!r} is no time; write 2026-07-14T02:11:00Z, 2h, 14:30, today or yesterday").format(text=text)
        ) from None


def _within_calendar(at: datetime) -> datetime:
    """The same time. Raises ``OverflowError`` where it has no place in UTC, which the journal is written in."""
    at.astimezone(UTC)
    return at


def instant(text: object) -> datetime | None:
    """A time of a document, RFC 3339 or Unix seconds, or ``None`` where there is none."""
    try:
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            return datetime.fromtimestamp(text, UTC)
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except (ValueError, OverflowError, OSError):  # the last two: outside of what the calendar, or the system, knows
        return None
    if at is None:
        return None
    return at if at.tzinfo else None


def span(seconds: float) -> str:
    """A duration in at most two units: ``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 d 4 h``."""
    if abs(seconds) < 9.95:
        return f"{seconds:.1f} s"
    whole = round(abs(seconds))
    sign = "-" if seconds < 0 else ""
    for size, unit, smaller, small_unit in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{sign}{whole // size} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{sign}{whole} s"


def clock(at: datetime, zone: tzinfo, now: datetime) -> str:
    """The time of day, with the date where it is not today's."""
    local = at.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return local.strftime("%H:%M:%S")
    return local.strftime("%Y-%m-%d %H:%M:%S")
