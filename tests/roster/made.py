"""Rosters for tests, from few words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from appliance.roster.load import Circumstances
from appliance.roster.models import Roster

PRAGUE = "Europe/Prague"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SERVICE_NUMBER = "+420777000100"
JUDGED = Circumstances(NOW, PRAGUE, SERVICE_NUMBER)


def person(id_: str, last: int, **keys: Any) -> dict[str, Any]:
    return {"id": id_, "name": id_.title(), "mobile": f"+420777000{last:03}", **keys}


def document(**sections: Any) -> dict[str, Any]:
    """A roster without a mistake, and without anything to say against it; each section can be replaced."""
    whole: dict[str, Any] = {
        "schema": 1,
        "duty": {"default": "ann"},
        "person": [person("ann", 111), person("bob", 112), person("eva", 113)],
        "group": [{"id": "ops", "name": "Operations", "members": ["ann", "bob"]}],
        "line": [{"id": "service", "name": "Service", "open": ["group:ops"]}],
    }
    return {**whole, **sections}


def roster(**sections: Any) -> Roster:
    return Roster.model_validate(document(**sections))


def at(text: str) -> datetime:
    """A moment, as ``2026-03-29T01:30Z`` or with an offset."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
