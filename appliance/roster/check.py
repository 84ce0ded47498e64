"""Mistakes that only show between the entries of a roster: names that point nowhere, twins, loops, spans that fight.

Pure but for the look into the library of public holidays, which takes its time: call it off the event loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from appliance.domain.phrase import phrase
from appliance.roster import check_calls, check_destinations, check_people, check_times
from appliance.roster.findings import SECTIONS, Finding, Parts, Section, parts_of, unknown
from appliance.roster.models import Duty, Roster

__all__ = ["Finding", "check", "check_parts"]


def check(
    roster: Roster, *, service_number: str | None = None, taken_accounts: Collection[str] = ()
) -> list[Finding]:
    """Every mistake, in the order of the document. ``service_number`` (E.164) may be nobody's own number, and no
    phone's account may have a name of ``taken_accounts``."""
    return check_parts(parts_of(roster), service_number=service_number, taken_accounts=taken_accounts)


def check_parts(
    parts: Parts, *, service_number: str | None = None, taken_accounts: Collection[str] = ()
) -> list[Finding]:
    """As :func:`check`, for what can be read of a roster that has other mistakes too."""
    found: list[Finding] = []
    if parts.duty is not None:
        found.extend(_duty(parts.duty, parts))
    for name in SECTIONS:
        found.extend(_twins(getattr(parts, name)))
    found.extend(check_people.people(parts, service_number, taken_accounts))
    found.extend(check_people.extensions(parts))
    found.extend(check_calls.groups(parts))
    found.extend(check_destinations.queues(parts))
    found.extend(check_destinations.menus(parts))
    found.extend(check_destinations.mailboxes(parts))
    found.extend(check_destinations.going_round(parts))
    found.extend(check_calls.lines(parts))
    found.extend(check_times.hours(parts))
    found.extend(check_times.rotas(parts))
    found.extend(check_destinations.prompts(parts))
    return list(dict.fromkeys(found))


def _duty(duty: Duty, parts: Parts) -> Iterator[Finding]:
    if duty.default not in parts.person:
        yield Finding("duty.default", unknown("person", duty.default, parts.person))
    if duty.rota is not None and duty.rota not in parts.rota:
        yield Finding("duty.rota", unknown("rota", duty.rota, parts.rota))


def _twins(section: Section[Any]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for path, id_ in section.ids:
        if id_ in seen:
            taken = phrase("{id} is taken by {place}; give each its own id", id=repr(id_), place=seen[id_])
            yield Finding(f"{path}.id", taken)
        seen.setdefault(id_, path)
