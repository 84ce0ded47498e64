"""Each mistake with its place; and what is not one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from appliance.roster.advice import advise
from appliance.roster.check import check
from appliance.roster.load import load_document
from appliance.roster.models import Roster
from tests.roster.made import JUDGED, NOW, PRAGUE, document, person, roster

OPS = {"id": "ops", "name": "Operations", "members": ["ann", "bob"]}
LINE = {"id": "service", "name": "Service", "open": ["group:ops"]}
DAY = {"start": "2026-06-01T08:00+02:00", "end": "2026-06-02T08:00+02:00"}
WEEKLY = {"person": "ann", "days": ["mon"], "start": "08:00", "end": "20:00"}


def rota(**keys: Any) -> list[dict[str, Any]]:
    return [{"id": "r", **keys}]


def hours(**keys: Any) -> dict[str, Any]:
    return {"hours": [{"id": "h", **keys}], "line": [{**LINE, "hours": "h", "closed": ["duty"]}]}


MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"duty": {"default": "zoe"}}, "duty.default", "nobody has the id 'zoe'; there is 'ann', 'bob', 'eva'"),
    ({"duty": {"default": "ann", "rota": "r"}}, "duty.rota", "no rota has the id 'r'; there is nothing yet"),
    ({"person": [person("ann", 1), person("ann", 2), person("bob", 3)]}, "person.1.id", "taken by person.0"),
    ({"group": [OPS, OPS]}, "group.1.id", "taken by group.0"),
    ({"person": [person("ann", 1), person("bob", 2), person("duty", 3)]}, "person.2.id", "whoever has duty"),
    ({"person": [person("ann", 100), person("bob", 2)]}, "person.0.mobile", "in a circle"),
    ({"person": [person("ann", 1, ring=["sip"]), person("bob", 2)]}, "person.0.ring", "add sip"),
    ({"person": [person("ann", 1, ring=[]), person("bob", 2)]}, "person.0.ring", "is empty"),
    ({"person": [person("ann", 1, ring=["mobile", "mobile"]), person("bob", 2)]}, "person.0.ring", "twice"),
    ({"person": [person("ann", 1, sip="ann"), person("bob", 2)]}, "person.0.sip", "add sip_password"),
    (
        {"person": [person("ann", 1, sip="sip:a@192.0.2.1", sip_password="x" * 8), person("bob", 2)]},
        "person.0.sip_password",
        "without an account",
    ),
    (
        {"person": [person(id_, n, sip="desk", sip_password="x" * 8) for n, id_ in enumerate(("ann", "bob"))]},
        "person.1.sip",
        "'desk' is also ann's",
    ),
    ({"person": [person("ann", 1, pin_hash="1234"), person("bob", 2)]}, "person.0.pin_hash", "none that was made"),
    (
        {"person": [person("ann", 1, extension="21"), person("bob", 2)], "group": [{**OPS, "extension": "21"}]},
        "group.0.extension",
        "21 is also ann's",
    ),
    ({"group": [{**OPS, "members": ["ann", "zoe"]}]}, "group.0.members.1", "nobody has the id 'zoe'"),
    ({"group": [{**OPS, "members": ["rota:x"]}]}, "group.0.members.0", "no rota has the id 'x'"),
    ({"group": [{**OPS, "members": ["ann", "ann"]}]}, "group.0.members", "names 'ann' 2 times"),
    ({"group": [{**OPS, "backup": "x"}]}, "group.0.backup", "no group has the id 'x'"),
    ({"group": [{**OPS, "backup": "ops"}]}, "group.0.backup", "in a circle, ops → ops"),
    (
        {"group": [{**OPS, "backup": "b"}, {**OPS, "id": "b", "backup": "c"}, {**OPS, "id": "c", "backup": "b"}]},
        "group.1.backup",
        "in a circle, b → c → b",
    ),
    ({"line": [LINE, {**LINE, "id": "x"}]}, "line.1.numbers", "so is service's"),
    (
        {"line": [{**LINE, "numbers": ["+420226000100"]}, {**LINE, "id": "x", "numbers": ["+420 226 000 100"]}]},
        "line.1.numbers.0",
        "+420226000100 is also service's",
    ),
    ({"line": [{**LINE, "numbers": ["+420226000100"] * 2}]}, "line.0.numbers.1", "is also service's"),
    ({"line": [{**LINE, "open": ["group:x"]}]}, "line.0.open.0", "no group has the id 'x'"),
    ({"line": [{**LINE, "closed": ["play:a", "person:x"]}]}, "line.0.closed.1", "nobody has the id 'x'"),
    ({"line": [{**LINE, "holiday": ["hangup", "duty"]}]}, "line.0.holiday.1", "'duty' comes after hangup"),
    ({"line": [{**LINE, "hours": "x"}]}, "line.0.hours", "no hours have the id 'x'"),
    (hours(timezone="Mars"), "hours.0.timezone", "'Mars' is no time zone"),
    (hours(week={"mon": ["08:00-12:00", "11:59-13:00"]}), "hours.0.week.mon", "overlap"),
    (hours(dates={"2026-12-24": ["08:00-09:00", "08:30-10:00"]}), "hours.0.dates.2026-12-24", "overlap"),
    (hours(holidays={"country": "XX"}), "hours.0.holidays.country", "no holidays of 'XX'"),
    (hours(holidays={"country": "DE", "subdivision": "XX"}), "hours.0.holidays.subdivision", "no part 'XX'"),
    ({"rota": rota(timezone="Mars")}, "rota.0.timezone", "'Mars'"),
    ({"rota": rota(week=[{**WEEKLY, "person": "x"}])}, "rota.0.week.0.person", "nobody has the id 'x'"),
    ({"rota": rota(week=[{**WEEKLY, "start": "24:00"}])}, "rota.0.week.0.start", "the end of a day"),
    ({"rota": rota(week=[{**WEEKLY, "days": ["mon", "mon"]}])}, "rota.0.week.0.days", "twice"),
    ({"rota": rota(shifts=[{"person": "x", **DAY}])}, "rota.0.shifts.0.person", "nobody has the id 'x'"),
    (
        {"rota": rota(swaps=[{"person": "ann", "start": DAY["end"], "end": DAY["start"]}])},
        "rota.0.swaps.0.end",
        "start",
    ),
    (
        {"rota": rota(swaps=[{"person": "ann", "start": DAY["end"], "end": DAY["end"]}])},
        "rota.0.swaps.0.end",
        "start",
    ),
]


@pytest.mark.parametrize(("changes", "path", "words"), MISTAKES, ids=[f"{one[1]} {one[2]}" for one in MISTAKES])
def test_a_mistake_is_named_with_its_place_and_nothing_else_is(
    changes: dict[str, Any], path: str, words: str
) -> None:
    found = check(Roster.model_validate(document(**changes)), service_number="+420777000100")
    assert [one.path for one in found] == [path]
    assert words in found[0].message
    # the same when it is read, also beside a mistake of another kind in the very same roster
    broken = document(**changes)
    broken["person"] = [*broken["person"], {"id": "other", "name": "", "mobile": "+420777000999"}]
    paths = [one.path for one in load_document(broken, "r", JUDGED).mistakes]
    assert sorted(paths) == sorted([path, f"person.{len(broken['person']) - 1}.name"])


def test_a_right_roster_has_no_mistake_and_no_doubt() -> None:
    assert check(roster()) == []
    assert advise(roster(), NOW, PRAGUE) == []
    # spans that touch are no overlap, and a backup of a backup is no circle
    whole = {
        **hours(week={"mon": ["08:00-12:00", "12:00-13:00"]}, holidays={"country": "DE", "subdivision": "BY"}),
        "group": [{**OPS, "backup": "b"}, {**OPS, "id": "b", "backup": "c"}, {**OPS, "id": "c"}],
    }
    assert check(roster(**whole)) == []


DOUBTS: list[tuple[dict[str, Any], str, str]] = [
    ({"line": [{**LINE, "numbers": ["+420226000100"]}]}, "line", "add one without numbers"),
    ({"line": [{**LINE, "open": []}], "group": []}, "line.0.open", "only the technician"),
    ({"line": [{**LINE, "hours": "h"}], "hours": [{"id": "h"}]}, "line.0.closed", 'such as ["group:ops"]'),
    ({"line": [{**LINE, "closed": ["duty"]}]}, "line.0.closed", "give the line hours"),
    ({"group": [{**OPS, "members": ["ann"]}]}, "group.0.backup", "one member"),
    ({"group": [{**OPS, "strategy": "memoryhunt", "step_s": 25}]}, "group.0.step_s", "no time for a second"),
    (
        {"group": [{**OPS, "missed": ["email"]}], "person": [person("ann", 1, email="a@b.c"), person("bob", 2)]},
        "person.1.email",
        "is missing, but ops",
    ),
    (
        {"group": [{**OPS, "sms_taken": True}], "person": [person("ann", 1, sms=False), person("bob", 2)]},
        "person.0.sms",
        "cannot tell ann",
    ),
    ({"group": [OPS, {**OPS, "id": "x"}]}, "group.1", "no line leads to 'x'"),
    ({"hours": [{"id": "h"}]}, "hours.0", "no line keeps 'h'"),
]


@pytest.mark.parametrize(("changes", "path", "words"), DOUBTS, ids=[f"{one[1]} {one[2]}" for one in DOUBTS])
def test_a_doubt_is_told_and_forbids_nothing(changes: dict[str, Any], path: str, words: str) -> None:
    loaded = load_document(document(**changes), "r", JUDGED)
    assert loaded.roster is not None
    assert [one.path for one in loaded.warnings] == [path]
    assert words in loaded.warnings[0].message


def test_a_gap_of_the_next_two_weeks_is_told_in_local_time() -> None:
    shift = {"person": "bob", "start": NOW.isoformat(), "end": (NOW + timedelta(days=13)).isoformat()}
    planned = {"duty": {"default": "ann", "rota": "r"}, "rota": rota(shifts=[shift])}
    assert [str(one) for one in advise(roster(**planned), NOW, PRAGUE)] == [
        "rota.0: names nobody from 2026-06-14 14:00 to 2026-06-15 14:00 in the next 14 days; then it is ann"
    ]
    assert advise(roster(**planned), NOW - timedelta(days=1), PRAGUE) != []
    covered = {"duty": {"default": "ann", "rota": "r"}, "rota": rota(shifts=[{**shift, "end": "2027-01-01T00:00Z"}])}
    assert advise(roster(**covered), NOW, PRAGUE) == []
