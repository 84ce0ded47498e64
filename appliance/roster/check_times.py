"""Mistakes about hours, holidays and shifts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from appliance.domain.phrase import phrase
from appliance.roster import holidays
from appliance.roster.findings import Finding, Parts, unknown
from appliance.roster.models import Rota
from appliance.roster.zones import known_zone


def hours(parts: Parts) -> Iterator[Finding]:
    """Time zones, spans of a day that overlap, countries without known holidays."""
    for path, entry in parts.hours:
        yield from _zone(path, entry.timezone)
        for day, spans in entry.week.items():
            yield from _overlaps(f"{path}.week.{day}", spans)
        for date, spans in entry.dates.items():
            yield from _overlaps(f"{path}.dates.{date}", spans)
        if entry.holidays is not None and (wrong := holidays.unknown(entry.holidays)) is not None:
            yield Finding(f"{path}.holidays.{wrong[0]}", wrong[1])


def rotas(parts: Parts) -> Iterator[Finding]:
    """Time zones, people who exist, shifts that begin before they end."""
    for path, rota in parts.rota:
        yield from _zone(path, rota.timezone)
        yield from _shifts(path, rota, parts)
        for place, weekly in enumerate(rota.week):
            where = f"{path}.week.{place}"
            if weekly.person not in parts.person:
                yield Finding(f"{where}.person", unknown("person", weekly.person, parts.person))
            if weekly.start == "24:00":
                over = phrase('is the end of a day; write "00:00" and the day after')
                yield Finding(f"{where}.start", over)
            if len(set(weekly.days)) < len(weekly.days):
                yield Finding(f"{where}.days", phrase("names a day twice; name each once"))


def _shifts(path: str, rota: Rota, parts: Parts) -> Iterator[Finding]:
    for key, dated in (("shifts", rota.shifts), ("swaps", rota.swaps)):
        for place, shift in enumerate(dated):
            where = f"{path}.{key}.{place}"
            if shift.person not in parts.person:
                yield Finding(f"{where}.person", unknown("person", shift.person, parts.person))
            if shift.end <= shift.start:
                backwards = phrase("is not after start; write the moment at which the shift is over")
                yield Finding(f"{where}.end", backwards)


def _zone(path: str, name: str | None) -> Iterator[Finding]:
    if name is not None and known_zone(name) is None:
        yield Finding(
            f"{path}.timezone",
            phrase('{name} is no time zone of the IANA list; write one such as "Europe/Prague"', name=repr(name)),
        )


def _overlaps(path: str, spans: tuple[str, ...]) -> Iterator[Finding]:
    ordered = sorted(spans)
    for earlier, later in itertools.pairwise(ordered):
        if later.partition("-")[0] < earlier.partition("-")[2]:
            both = phrase(
                "{earlier} and {later} overlap; write one span, or two that do not", earlier=earlier, later=later
            )
            yield Finding(path, both)
