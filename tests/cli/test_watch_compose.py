"""The live view as text, at any size."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

from appliance.cli.watch.compose import Frame, compose
from appliance.cli.watch.lines import wrapped
from appliance.cli.watch.scene import EVENTS_KEPT, MOST_EXCHANGES, Scene
from appliance.config import load
from appliance.domain.events import Event
from appliance.situation.exchanges import read_exchange
from appliance.situation.picture import read_picture
from tests.cli.conftest import CONFIG
from tests.cli.peer import state_document

NOW = datetime(2026, 7, 14, 2, 11, 3, tzinfo=UTC)


@pytest.fixture
def frame(tmp_path: Path) -> Frame:
    file = tmp_path / "hotline.toml"
    file.write_text(CONFIG.format(device="brno-01", state_dir=tmp_path, port=1))
    return Frame(load(file), UTC, ("break: make break PART=trunk-a",))


def event(id_: int, type_: str = "modem.up", **data: Any) -> Event:
    return Event(id_, "2026-07-14T02:11:00.000Z", "b1", type_, data)


def scene(**changes: Any) -> Scene:
    return Scene(picture=read_picture(state_document(**changes)), online=True, lost="")


def screen(scene_: Scene, frame_: Frame, width: int = 80, height: int = 30) -> list[str]:
    return compose(scene_, frame_, NOW, width, height).plain.split("\n")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (80, 50), (140, 40), (200, 60), (40, 10), (5, 3)])
def test_it_fits_the_terminal_whatever_is_on_it(frame: Frame, width: int, height: int) -> None:
    crowded = replace(
        scene(
            nodes={f"a-node-with-a-long-name-{n}": {"health": "up"} for n in range(6)},
            override={"route": "technician", "reason": "x" * 300, "by": "anna", "until": None},
            journal={"ok": False, "reason": "the disk is full"},
        ).with_events([event(n, "route.decided", to="r", reason="y" * 300) for n in range(100)]),
        lost="127.0.0.1:1883, Connection refused",
    )
    rows = screen(crowded, frame, width, height)
    assert len(rows) <= height
    assert {Text(row).cell_len for row in rows} == {max(width, 20)}


def test_a_full_screen_is_used_whole_with_the_hints_at_its_foot(frame: Frame) -> None:
    rows = screen(scene().with_events([event(n, model=f"m{n}") for n in range(50)]), frame)
    assert len(rows) == 30
    assert rows[-1].strip() == "break: make break PART=trunk-a"
    assert rows[-3].strip() == "02:11:00  modem up: m49"


def test_without_a_foot_of_its_own_the_view_says_what_ctrl_c_does(frame: Frame) -> None:
    rows = screen(scene(), replace(frame, footer=()))
    assert rows[-1].startswith("Ctrl-C leaves this view; the guard goes on")


def test_the_way_health_and_forwarding_are_told_in_words_and_marks(frame: Frame) -> None:
    text = "\n".join(row.rstrip() for row in screen(scene(), frame))
    for words in (
        "HOTLINE brno-01  NORMAL: callers reach the best route",
        "customer ━━▶ mobile network ━━▶ ✔ trunk-a ━━▶ ✔ node-1",
        "✔ trunk-a     up       for 1 h 11 min    12.3 ms",
        "✖ node-2      DOWN     for 11 min 3 s    3 misses",
        "✔ references  2 of 2 answer",
        "✔ verified by the network 1 min 3 s ago",
        "CFU +420226000100   CFB/CFNRy/CFNRc +420777000111",
        "on duty: Technician 1 +420777000111",
    ):
        assert words in text


def test_a_wide_terminal_shows_parts_and_forwarding_side_by_side(frame: Frame) -> None:
    row = next(row for row in screen(scene(), frame, width=140) if "trunk-a     up" in row)
    assert "✔ verified by the network" in row


def test_a_lost_broker_says_of_when_the_picture_is(frame: Frame) -> None:
    lost = replace(scene(), lost="127.0.0.1:1883, Connection refused")
    rows = screen(lost, frame)
    assert rows[1].startswith("✖ BROKER LOST, trying again: 127.0.0.1:1883, Connection refused")
    assert rows[2].strip() == "what stands below is of 02:11:00, 3.0 s ago"
    assert "trunk-a" in "\n".join(rows)


def test_a_guard_that_left_is_told(frame: Frame) -> None:
    assert screen(replace(scene(), online=False), frame)[1].startswith("✖ GUARD OFFLINE")


def test_before_the_first_word_there_is_no_claim(frame: Frame) -> None:
    text = "\n".join(screen(Scene(lost=""), frame))
    assert "waiting for the guard's first word" in text
    assert "NORMAL" not in text


def test_a_change_under_way_and_an_override_are_told(frame: Frame) -> None:
    route = state_document()["route"] | {"desired": "secondary"}
    override = {"route": "secondary", "until": "2026-07-14T03:00:00Z", "reason": "works", "by": "anna"}
    text = "\n".join(screen(scene(route=route, override=override), frame))
    assert "secondary is wanted, the network does not do it yet" in text
    assert "PINNED to secondary by anna, until 03:00:00  works" in text


def test_a_way_too_long_for_a_line_breaks_between_hops() -> None:
    rows = wrapped([Text("aaaa"), Text("bbbb"), Text("cccc")], Text(" > "), 12)
    assert [row.plain for row in rows] == ["aaaa > bbbb", " > cccc"]


def test_events_are_kept_once_in_order_and_not_for_ever() -> None:
    kept = Scene().with_events([event(2), event(1)]).with_events([event(2), event(3)])
    assert [one.id for one in kept.events] == [1, 2, 3]
    assert kept.with_events([event(3)]) is kept
    full = Scene().with_events([event(n) for n in range(EVENTS_KEPT + 50)])
    assert len(full.events) == EVENTS_KEPT
    assert full.events[-1].id == EVENTS_KEPT + 49


def test_the_boxs_own_exchange_is_told_from_the_trunk_it_is_named_after(frame: Frame) -> None:
    rows = screen(scene(local={"trunk-b": {"health": "down", "reason": "not registered"}}), frame, 100)
    (row,) = [row for row in rows if "exchange, trunk-b" in row]
    assert "not registered" in row


def exchanges(scene_: Scene) -> Scene:
    ringing = {"caller": "+420601000001", "ringing": ["anna", "boris"], "with": None, "state": "ringing"}
    talking = {"caller": "+420601000002", "ringing": [], "with": "cyril", "state": "talking"}
    documents: dict[str, Any] = {
        "node-1": {"ari": "connected", "calls": [ringing, talking]},
        "node-2": {"ari": "connected", "calls": []},
        "box": {"ari": "lost", "calls": None},
        "odd": {"ari": ["?"], "calls": ["no call", {"caller": 7, "ringing": "nobody"}]},
    }
    for name, document in documents.items():
        scene_ = scene_.with_exchange(read_exchange(name, document))
    return scene_.with_availability("node-2", online=False)


def test_each_exchange_has_a_line_with_its_calls(frame: Frame) -> None:
    text = "\n".join(row.rstrip() for row in screen(exchanges(scene()), frame, 100, 40))
    for words in (
        "✔ node-1  2 calls: +420601000001 rings anna, boris; +420601000002 talks with cyril",
        "✖ node-2  OFFLINE",
        "✖ box     no connection to its Asterisk",
        "odd     1 call: unknown caller waits",
    ):
        assert words in text
    assert "node-2  no calls" in "\n".join(screen(exchanges(scene()).with_availability("node-2", online=True), frame))


def test_exchanges_stand_beside_the_parts_where_it_is_wide_and_on_one_line_where_it_is_low(frame: Frame) -> None:
    row = next(row for row in screen(exchanges(scene()), frame, width=140) if "✔ node-1  2 calls" in row)
    assert "references" in row or "modem" in row or "node-2" in row, "in the column beside the parts"
    low = screen(exchanges(scene()), frame, 80, 24)
    assert [row for row in low if row.startswith("exchanges: ✖ box no connection to its Asterisk · ✔ node-1 2 calls")]
    assert low[-1].strip() == "break: make break PART=trunk-a", "the hints keep their place"
    assert not [row for row in screen(scene(), frame) if "exchanges" in row], "a box without any says nothing"


def test_a_broker_that_others_fill_does_not_fill_the_view() -> None:
    full = scene()
    for number in range(100):
        full = full.with_exchange(read_exchange(f"x{number}", {})).with_availability(f"y{number}", online=False)
    assert (len(full.exchanges), len(full.gone)) == (MOST_EXCHANGES, MOST_EXCHANGES)
