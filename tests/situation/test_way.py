"""The way a call takes, by what the network was last seen to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appliance.config import Config, load
from appliance.situation.picture import read_picture
from appliance.situation.way import way
from tests.cli.conftest import CONFIG
from tests.cli.peer import state_document


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hotline.toml"
    file.write_text(CONFIG.format(device="b", state_dir=tmp_path, port=1))
    return load(file)


def hops(config: Config, **changes: Any) -> list[tuple[str, str]]:
    found = way(read_picture(state_document(**changes)), config)
    assert [hop.text for hop in found[:2]] == ["customer", "mobile network"]
    return [(hop.text, hop.health) for hop in found[2:]]


def route(active: str | None, number: str | None) -> dict[str, Any]:
    return {"active": active, "number": number, "desired": active}


def test_over_a_trunk_to_the_nodes_that_are_up(config: Config) -> None:
    assert hops(config) == [("trunk-a", "up"), ("node-1", "up")]


def test_a_dead_trunk_on_the_way_is_shown_dead(config: Config) -> None:
    trunks = {"trunk-a": {"health": "down"}, "trunk-b": {"health": "up"}}
    nodes = {"node-1": {"health": "down"}, "node-2": {"health": "down"}}
    assert hops(config, trunks=trunks, nodes=nodes) == [("trunk-a", "down"), ("node-1 or node-2", "down")]


def test_to_the_technician_by_name_and_number(config: Config) -> None:
    assert hops(config, route=route("technician", "+420777000111")) == [("technician Technician 1 +420777000111", "")]


def test_a_number_nobody_asked_for_is_named_as_such(config: Config) -> None:
    assert hops(config, route=route(None, "+420900000000")) == [
        ("+420900000000, which is no route of this box", "down")
    ]


def test_without_forwarding_the_modem_rings_and_the_net_catches(config: Config) -> None:
    assert hops(config, route=route(None, None)) == [
        ("this box's modem, unanswered", "down"),
        ("standing net +420777000111", ""),
    ]


def test_in_bridge_mode_the_box_is_on_the_way(config: Config) -> None:
    assert hops(config, route=route("secondary", None)) == [
        ("this box", ""),
        ("trunk-b", "up"),
        ("node-1", "up"),
    ]


def test_before_the_network_was_asked_nothing_is_claimed(config: Config) -> None:
    assert hops(config, route={}, forwarding={"status": "unverified"}) == [("not yet known", "unknown")]


@pytest.mark.parametrize("rubbish", [[], "x", 3, None, {"trunk-a": 3}, {"trunk-a": {"health": 3, "rtt_ms": "x"}}])
def test_a_document_of_another_shape_does_not_break_the_view(config: Config, rubbish: Any) -> None:
    for section in state_document():
        way(read_picture(state_document(**{section: rubbish})), config)


def test_over_a_trunk_to_the_boxs_own_exchange(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    text = CONFIG.format(device="b", state_dir=tmp_path, port=1)
    file.write_text(text.replace('trunk = "trunk-b", nodes = 1', 'trunk = "trunk-b", local = true'))
    own = {"trunk-b": {"health": "up"}}
    taken = route("secondary", "+420910000200")
    assert hops(load(file), route=taken, local=own) == [("trunk-b", "up"), ("this box's exchange", "up")]
    assert hops(load(file), route=taken) == [("trunk-b", "up"), ("this box's exchange", "unknown")]
