from __future__ import annotations

from datetime import UTC, datetime

from appliance.exchange.resume import resume_at
from appliance.exchange.route import OnDuty, route
from appliance.exchange.way_steps import Step
from appliance.roster.members import members_of
from appliance.roster.models import Roster

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def steps(*plan: str) -> tuple[Step, ...]:
    people = [{"id": name, "name": name, "mobile": f"+42077700011{n}"} for n, name in enumerate(("anna", "boris"))]
    groups = [{"id": f"team-{name}", "name": name, "members": [name]} for name in ("anna", "boris")]
    line = {"id": "service", "name": "Service", "open": list(plan), "closed": list(plan), "greeting": "hello"}
    roster = Roster.model_validate(
        {"revision": 1, "duty": {"default": "anna"}, "person": people, "group": groups, "line": [line]}
    )
    members = {group.id: members_of(group, roster, NOW, "UTC", None) for group in roster.group}
    return route(roster.line[0], "open", roster, members, OnDuty()).steps


BOTH = steps("group:team-anna", "group:team-boris")


def test_where_it_stood() -> None:
    assert resume_at(BOTH, ["play:hello"]) == 0
    assert resume_at(BOTH, ["play:hello", "group:team-anna"]) == 1
    assert resume_at(BOTH, ["play:hello", "group:team-anna", "group:team-boris", "duty"]) == 3


def test_the_roster_has_changed() -> None:
    only = steps("group:team-boris")
    assert resume_at(only, ["play:hello", "group:team-anna", "group:team-boris"]) == 1  # by its name
    assert resume_at(only, ["play:hello", "group:team-anna"]) == 1  # gone: what there is, without the greeting
    assert resume_at(only, ["play:hello", "group:team-anna"], {"anna"}) == 2  # who has duty, and rings already
    assert resume_at(only, ["play:hello", "group:x", "group:y", "group:z", "group:w"]) == 1  # not off the end


def test_nobody_knows_what_was_begun() -> None:
    assert resume_at(BOTH, []) == 0
    assert resume_at(BOTH, [], {"boris"}) == 2
    assert resume_at(BOTH, [], {"nobody"}) == 1
