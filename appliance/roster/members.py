"""Whom a group or a queue means now. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from appliance.roster.models import Group, Person, Roster
from appliance.roster.rota import on_duty, person_of, rota_by_id

DUTY = "duty"
ROTA = "rota:"


def members_of(
    group: Group, roster: Roster, now: datetime, default_tz: str, duty_person: str | None
) -> tuple[Person, ...]:
    """The group's people now: see :func:`people_of`."""
    return people_of(group.members, roster, now, default_tz, duty_person)


def people_of(
    members: Collection[str], roster: Roster, now: datetime, default_tz: str, duty_person: str | None
) -> tuple[Person, ...]:
    """The people whom ``members`` name, in their order, each once; empty where their rotas name nobody now.

    ``duty_person`` is who has duty as the guard tells it; where that is nobody of the roster, its own rota says.
    """
    found: dict[str, Person] = {}
    for member in members:
        person = _person(member, roster, now, default_tz, duty_person)
        if person is not None:
            found.setdefault(person.id, person)
    return tuple(found.values())


def _person(member: str, roster: Roster, now: datetime, default_tz: str, duty_person: str | None) -> Person | None:
    if member == DUTY:
        told = roster.person_by_id(duty_person) if duty_person is not None else None
        return told or roster.person_by_id(on_duty(roster, now, default_tz))
    if member.startswith(ROTA):
        rota = rota_by_id(roster, member.removeprefix(ROTA))
        return person_of(rota, roster, now, default_tz) if rota is not None else None
    return roster.person_by_id(member)
