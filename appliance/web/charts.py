"""The charts of the page Statistics: what stands below each bar, what its parts are, and what it says in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from appliance.statistics.summary import WEEKDAYS
from appliance.translation import _
from appliance.web import spells
from appliance.web.bars import Chart, Row, chart
from appliance.web.languages import Formats
from appliance.web.periods import Period
from appliance.web.spells import Spell

Told = Mapping[str, Any]
# what became of calls, the lowest part of a bar first: names of the style sheet, and the columns that are in it
KINDS: Mapping[str, tuple[str, ...]] = {
    "within": ("within",),
    "later": (),  # the answered ones that are not within
    "apart": ("message", "callback", "served"),
    "gone": ("abandoned", "short_abandoned"),
    "missed": ("unanswered", "cut", "other"),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its heading; ``kinds`` are those of its parts that it has. ``rows`` are its table."""

    by: str
    heading: str
    chart: Chart | None
    kinds: tuple[str, ...]
    rows: tuple[tuple[str, Told], ...] = ()


def kind_words() -> dict[str, str]:
    """What a part of a bar is."""
    return {
        "within": _("answered within {n} s"),
        "later": _("answered later"),
        "apart": _("left a message, or needed nobody"),
        "gone": _("hung up before"),
        "missed": _("nobody answered"),
    }


def of_calls(formats: Formats, by: str, rows: Sequence[Told], period: Period) -> Drawn:
    """Calls by hour, weekday or day; days in weeks or months where they are many."""
    named = [(_named(formats, by, str(row["key"])), row) for row in rows]
    table = tuple((long, row) for (_short, long), row in named)
    bars = [(names, _parts(row)) for names, row in named]
    if by == "day":
        parts = spells.spells(period.first, period.last)
        by, bars = parts[0].unit, _gathered(formats, parts, rows)
    drawn = chart([Row(short, f"{long}: {_counted(formats, heights)}", heights) for (short, long), heights in bars])
    kinds = tuple(kind for place, kind in enumerate(KINDS) if any(heights[place] for _names, heights in bars))
    csv_by = by if by in ("hour", "weekday") else "day"
    return Drawn(csv_by, _heading(by), drawn, kinds, table)


def of_outages(formats: Formats, spans: Sequence[spells.Span], period: Period) -> Drawn:
    """For how many minutes something was out: by hour of one day, else by day, week or month."""
    zone = period.zone
    if period.days == 1:
        names = [_named(formats, "hour", str(hour)) for hour in range(24)]
        seconds = spells.lasted(spans, spells.hours(period.first, zone))
    else:
        parts = spells.spells(period.first, period.last)
        names = [_spell(formats, part) for part in parts]
        seconds = spells.lasted(spans, spells.edges(parts, zone))
    rows = [
        Row(short, f"{long}: {formats.span(lasted)}", (lasted / 60,))
        for (short, long), lasted in zip(names, seconds, strict=True)
    ]
    return Drawn("outages", _("Outages, minutes"), chart(rows), ())


def _heading(by: str) -> str:
    return {
        "hour": _("By hour"),
        "weekday": _("By weekday"),
        "day": _("By day"),
        "week": _("By week"),
        "month": _("By month"),
    }[by]


def _parts(row: Told) -> tuple[float, ...]:
    found = {kind: sum(row.get(name, 0) for name in names) for kind, names in KINDS.items()}
    found["later"] = row["answered"] - found["within"]
    return tuple(found[kind] for kind in KINDS)


def _counted(formats: Formats, heights: Sequence[float]) -> str:
    words = {**kind_words(), "within": _("answered soon")}
    told = [f"{words[kind]} {formats.number(height)}" for kind, height in zip(KINDS, heights, strict=True) if height]
    return ", ".join(told) or formats.number(0)


def _gathered(
    formats: Formats, parts: Sequence[Spell], rows: Sequence[Told]
) -> list[tuple[tuple[str, str], tuple[float, ...]]]:
    """The days' rows, summed over the spells they are in."""
    sums = [[0.0] * len(KINDS) for _part in parts]
    place = 0
    for row in rows:  # both in the order of time
        day = date.fromisoformat(str(row["key"]))
        while place < len(parts) - 1 and day > parts[place].last:
            place += 1
        sums[place] = [sum(both) for both in zip(sums[place], _parts(row), strict=True)]
    return [(_spell(formats, part), tuple(heights)) for part, heights in zip(parts, sums, strict=True)]


def _spell(formats: Formats, part: Spell) -> tuple[str, str]:
    """A spell's name below its bar, and in full."""
    if part.unit == "day":
        return _named(formats, "day", part.first.isoformat())
    short = formats.day(part.first, "LLL" if part.unit == "month" else "d. M.")
    return short, f"{formats.day(part.first)} – {formats.day(part.last)}"  # noqa: RUF001


def _named(formats: Formats, by: str, key: str) -> tuple[str, str]:
    """A row's name below its bar, and in full."""
    if by == "hour":
        return key, f"{int(key):02}:00-{int(key) + 1:02}:00"
    if by == "weekday":
        day = datetime(2024, 1, 1 + WEEKDAYS.index(key), 12, tzinfo=formats.zone)  # a Monday and the days after it
        return formats.day(day, "ccc"), formats.day(day, "cccc")
    at = date.fromisoformat(key)
    return formats.day(at, "d. M."), formats.day(at)
