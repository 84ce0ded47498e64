"""A small roster for tests."""

from __future__ import annotations

from typing import Any

from appliance.roster.models import Person, Roster

NUMBERS = {name: f"+42077700011{place}" for place, name in enumerate(("eva", "jan", "ota", "tech"))}
SERVICE = "+420777000100"
DID = "+420226000100"


def roster(**parts: Any) -> Roster:
    """Four people, the given groups and lines."""
    people = [{"id": name, "name": name.title(), "mobile": number} for name, number in NUMBERS.items()]
    return Roster.model_validate({"schema": 1, "duty": {"default": "tech"}, "person": people, **parts})


def group(id_: str, *members: str, **more: Any) -> dict[str, Any]:
    """A group."""
    return {"id": id_, "name": id_, "members": members or ("duty",), **more}


def people(of: Roster, *ids: str) -> tuple[Person, ...]:
    """The people of these ids."""
    found = [of.person_by_id(id_) for id_ in ids]
    return tuple(person for person in found if person is not None)
