"""What the page "Now" says of every situation, and the picture of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.config import Config, load
from appliance.roster.models import Roster
from appliance.situation.picture import read_picture
from appliance.web.destination import Destination, Somebody, destination_of
from appliance.web.drawing import Drawing, lying, standing
from appliance.web.headline import Headline, Situation, headline_of
from appliance.web.scene import Kind, Scene, scene_of
from tests.cli.conftest import CONFIG
from tests.cli.peer import state_document

NOW = datetime(2026, 7, 15, 10, 0, tzinfo=UTC)  # a Wednesday
NIGHT = datetime(2026, 7, 15, 22, 0, tzinfo=UTC)
TECH = Somebody("tech-1", "Technician 1", duty=True)
PRIMARY, SECONDARY, MOBILE = "+420226000100", "+420910000200", "+420777000111"
ROSTER = Roster.model_validate(
    {
        "schema": 1,
        "duty": {"default": "tech-1"},
        "person": [
            {"id": "tech-1", "name": "Technician 1", "mobile": MOBILE},
            *({"id": f"p{n}", "name": f"Person {n}", "mobile": f"+42077700020{n}"} for n in range(6)),
        ],
        "group": [
            {"id": "team", "name": "Team", "members": ["p0", "p1", "duty", "p0"]},
            {"id": "all", "name": "All", "members": [f"p{n}" for n in range(6)]},
        ],
        "hours": [{"id": "day", "week": {day: ["08:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}],
        "line": [
            {"id": "vip", "name": "VIP", "numbers": ["+420910000999"], "open": ["person:p3", "group:all", "hangup"]},
            {
                "id": "service",
                "name": "Service",
                "hours": "day",
                "open": ["play:hello", "group:team"],
                "closed": ["duty"],
            },
        ],
    }
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hotline.toml"
    file.write_text(CONFIG.format(device="b", state_dir=tmp_path, port=1))
    return load(file)


def destination(now: datetime = NOW, *numbers: str) -> Destination:
    found = destination_of(
        ROSTER, numbers or ("+420777000100", PRIMARY), TECH, now, "Europe/Prague", lambda *_: False
    )
    assert found is not None
    return found


def route(active: str | None, number: str | None, **more: Any) -> dict[str, Any]:
    return {"active": active, "number": number, "reason": "", "since": None, "desired": active, **more}


def headline(now: datetime = NOW, **changes: Any) -> Headline:
    return headline_of(read_picture(state_document(**changes)), destination(now), "Technician 1", "primary")


def test_the_four_situations_differ_in_word_sign_and_tone() -> None:
    four = [
        headline(),
        headline(NIGHT),
        headline(service="partial", route=route("secondary", SECONDARY)),
        headline(service="total", route=route("technician", MOBILE)),
    ]
    assert [one.situation for one in four] == [
        Situation.NORMAL,
        Situation.OUT_OF_HOURS,
        Situation.SECOND_WAY,
        Situation.TECHNICIAN,
    ]
    assert len({one.word for one in four}) == len({one.title for one in four}) == 4
    assert [one.tone for one in four] == ["good", "good", "doubt", "bad"]
    assert "Technician 1" in four[1].title
    assert "Technician 1" in four[3].title


@pytest.mark.parametrize(
    ("changes", "situation", "tone", "told"),
    [
        ({"service": "partial"}, Situation.SECOND_WAY, "doubt", "Something is broken, calls are answered"),
        ({"service": "isolated"}, Situation.UNCLEAR, "doubt", "sees nothing of the outside"),
        ({"service": "unknown"}, Situation.UNCLEAR, "doubt", "No verdict yet"),
        ({"route": route(None, "+420999999999")}, Situation.UNCLEAR, "bad", "none of this box's routes"),
        ({"route": route(None, None)}, Situation.UNCLEAR, "bad", "ring at the box's modem"),
        (
            {"route": route(None, None), "forwarding": {"status": "unverified", "verified_at": None}},
            Situation.UNCLEAR,
            "doubt",
            "Not known yet where calls go",
        ),
    ],
)
def test_what_is_none_of_the_four_says_so(
    changes: dict[str, Any], situation: Situation, tone: str, told: str
) -> None:
    found = headline(**changes)
    assert (found.situation, found.tone) == (situation, tone)
    assert told in found.title


def test_pinned_to_the_technician_is_no_outage() -> None:
    override = {"route": "technician", "since": None, "until": None, "reason": "storm", "by": "local"}
    found = headline(route=route("technician", MOBILE), override=override)
    assert (found.situation, found.tone) == (Situation.TECHNICIAN, "doubt")
    assert "asked for it" in found.text


def test_nothing_heard_is_said_as_that() -> None:
    assert headline_of(None, None, "", "primary").title == "Nothing is known yet"


def test_the_plan_of_the_line_is_read_as_the_exchange_does() -> None:
    day, night = destination(), destination(NIGHT)
    assert (day.line, day.situation, night.situation) == ("Service", "open", "closed")
    assert [(step.kind, step.name) for step in day.steps] == [("play", "hello"), ("group", "Team"), ("duty", "")]
    assert [one.id for one in day.steps[1].people] == ["p0", "p1", "tech-1"]
    assert [step.kind for step in night.steps] == ["duty"]
    vip = destination(NOW, "+420910000999")
    assert [step.kind for step in vip.steps] == ["person", "group", "hangup"]
    roster = ROSTER.model_copy(update={"line": ()})
    assert destination_of(roster, [PRIMARY], TECH, NOW, "Europe/Prague", lambda *_: False) is None


def scene(config: Config, found: Destination | None, busy: dict[str, str] | None = None, **changes: Any) -> Scene:
    return scene_of(read_picture(state_document(**changes)), config, found, TECH, busy or {})


def taken(found: Scene) -> list[list[str]]:
    return [[stop.name or stop.kind for stop in column if stop.taken] for column in found.columns]


def test_the_taken_way_leads_over_trunk_nodes_and_group_to_people(config: Config) -> None:
    found = scene(config, destination(), {"p1": "talking"})
    assert taken(found) == [
        ["customer"],
        ["T-Mobile CZ"],
        ["trunk-a"],
        ["node-1"],
        ["Team"],
        ["Person 0", "Person 1", "Technician 1"],
    ]
    health = {stop.name: stop.health for column in found.columns for stop in column if stop.health}
    assert health == {"trunk-a": "up", "trunk-b": "up", "node-1": "up", "node-2": "down"}
    assert [stop.state for stop in found.columns[-1]] == ["", "talking", ""]
    assert not any(way.taken for way in found.ways if way.direct)


def test_the_technician_is_reached_past_everything(config: Config) -> None:
    found = scene(config, destination(), route=route("technician", MOBILE))
    assert taken(found) == [["customer"], ["T-Mobile CZ"], [], [], [], ["Technician 1"]]
    direct = [way for way in found.ways if way.direct]
    assert [way.taken for way in direct] == [True]
    assert [way for way in found.ways if way.taken and not way.direct] == [found.ways[0]]


def test_a_number_that_nobody_asked_for_is_drawn_as_elsewhere(config: Config) -> None:
    found = scene(config, destination(), route=route(None, "+420999999999"))
    stop = next(stop for stop in found.columns[-1] if stop.kind is Kind.ELSEWHERE)
    assert (stop.name, stop.taken) == ("+420999999999", True)
    modem = scene(config, destination(), route=route(None, None)).columns[-1][-1]
    assert (modem.kind, modem.detail) == (Kind.MODEM, MOBILE)


def test_a_crowd_is_counted_not_drawn(config: Config) -> None:
    crowd = destination(NOW, "+420910000999")
    crowd = Destination(crowd.line, crowd.situation, False, None, crowd.steps[1:])
    people = scene(config, crowd).columns[-1]
    assert [stop.name for stop in people] == ["Person 0", "Person 1", "Person 2", "", "Technician 1"]
    assert people[3].more == 3


@pytest.mark.parametrize("number", range(40))
def test_nothing_overlaps_or_leaves_the_sheet(config: Config, number: int) -> None:
    """Whatever the box has: parts come and go, rosters are small and large."""
    parts = {f"trunk-{n}": {"health": "up"} for n in range(number % 5)}
    nodes = {f"node-{n}": {"health": "down"} for n in range(number % 4)}
    local = {"local": {"trunk-b": {"health": "up"}}} if number % 3 == 0 else {}
    who = destination(NIGHT if number % 7 == 0 else NOW, *(("+420910000999",) if number % 2 else ()))
    state = state_document(trunks=parts, nodes=nodes, **local)
    found = scene_of(read_picture(state), config, None if number % 11 == 0 else who, TECH, {})
    for sheet in (lying(found), standing(found)):
        _check(sheet)
    assert standing(found).w <= 344


def _check(sheet: Drawing) -> None:
    for place, box in enumerate(sheet.boxes):
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.w <= sheet.w
        assert box.y + box.h <= sheet.h
        for other in sheet.boxes[place + 1 :]:
            apart = box.x + box.w <= other.x or other.x + other.w <= box.x
            apart = apart or box.y + box.h <= other.y or other.y + other.h <= box.y
            assert apart, (box.stop.name, other.stop.name)
        assert len(box.fits("x" * 100, 14)) < 30
