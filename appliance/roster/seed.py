"""The roster to begin with: the people of the configuration file, or of an older journal. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.domain import people
from appliance.roster.models import Duty, Group, Line, Person, Roster

ON_CALL = "on-call"
SERVICE = "service"


def seed(known: Iterable[people.Person], default: str) -> Roster:
    """One group with whoever has duty, and one line that takes every call to it, at any hour.

    ``default`` has duty; where nobody known has that id, the first by id. Raises ``ValueError`` where there
    is nobody.
    """
    ordered = sorted(known, key=lambda one: one.id)
    if not ordered:
        raise ValueError("a roster needs at least one person")
    holder = default if any(one.id == default for one in ordered) else ordered[0].id
    step = (f"group:{ON_CALL}",)
    return Roster(
        revision=1,
        duty=Duty(default=holder),
        person=tuple(Person(id=one.id, name=_name(one), mobile=one.mobile.e164) for one in ordered),
        group=(Group(id=ON_CALL, name="On call", members=("duty",)),),
        line=(Line(id=SERVICE, name="Service", open=step, closed=step),),
    )


def _name(person: people.Person) -> str:
    printable = "".join(sign if sign.isprintable() else " " for sign in person.name)
    return printable.strip()[:200] or person.id
