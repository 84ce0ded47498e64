"""Topics, payloads, the board's sense of change, backoff."""

from __future__ import annotations

import asyncio
import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from appliance.domain.events import Event
from appliance.domain.times import rfc3339
from appliance.mqtt import payloads
from appliance.mqtt.backoff import Backoff
from appliance.mqtt.board import StateBoard, same
from appliance.mqtt.topics import Topics, may_be_published_to

PICTURE: dict[str, Any] = {
    "at": "2026-03-01T12:00:00.000Z",
    "service": "normal",
    "route": {"active": "primary", "since": "2026-03-01T11:00:00.000Z", "reason": "all is well"},
    "forwarding": {"verified_at": "2026-03-01T11:59:00.000Z"},
    "trunks": {"trunk-a": {"health": "up", "since": "2026-03-01T11:00:00.000Z", "rtt_ms": 12.3, "reason": "clean"}},
    "modem": {"health": "up", "rssi_dbm": -71},
    "queues": [
        {"id": "desk", "waiting": 1, "waiting_since": "2026-03-01T11:58:00.000Z", "longest_wait_s": 120.0},
        {"id": "spare", "waiting": 0, "waiting_since": None, "longest_wait_s": None},
    ],
}


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    picture = copy.deepcopy(PICTURE)
    place: Any = picture
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return picture


@pytest.mark.parametrize(
    "other",
    [
        changed("at", to="2026-03-01T13:00:00.000Z"),
        changed("trunks", "trunk-a", "rtt_ms", to=99.0),
        changed("trunks", "trunk-a", "reason", to="2 of 300 lost"),
        changed("modem", "rssi_dbm", to=None),
        changed("route", "since", to="2026-03-01T11:00:00.004Z"),
        changed("queues", 0, "longest_wait_s", to=120.5),
    ],
)
def test_restless_readings_are_no_change(other: dict[str, Any]) -> None:
    assert same(PICTURE, other)


@pytest.mark.parametrize(
    "other",
    [
        changed("service", to="total"),
        changed("route", "reason", to="trunk-a is down"),
        changed("route", "since", to="2026-03-01T11:00:05.000Z"),
        changed("forwarding", "verified_at", to=None),
        changed("forwarding", "verified_at", to="2026-03-01T12:14:00.000Z"),
        changed("trunks", "trunk-a", "health", to="down"),
        changed("trunks", to={}),
        changed("modem", "health", to="down"),
        changed("queues", 0, "waiting", to=2),
        changed("queues", 0, "waiting_since", to="2026-03-01T11:59:00.000Z"),
        changed("queues", 1, "id", to="other"),
        changed("queues", to=[]),
        {**PICTURE, "override": None},
    ],
)
def test_what_matters_is_a_change(other: dict[str, Any]) -> None:
    assert not same(PICTURE, other)
    assert not same(other, PICTURE)


async def test_the_board_wakes_only_for_a_change_but_holds_the_newest() -> None:
    board = StateBoard()
    waiting = asyncio.create_task(board.changed(0))
    await asyncio.sleep(0)
    board.publish(PICTURE)
    assert await waiting == 1
    newer = changed("at", to="2026-03-01T13:00:00.000Z")
    board.publish(newer)
    assert board.version == 1
    assert board.newest is newer
    board.publish(changed("service", to="total"))
    assert await board.changed(1) == 2


def test_topics_are_the_contracts() -> None:
    topics = Topics("brno-01")
    assert [topics.availability, topics.state, topics.event, topics.command, topics.response] == [
        f"hotline/brno-01/{name}" for name in ("availability", "state", "event", "command", "response")
    ]


@pytest.mark.parametrize(
    ("topic", "right"),
    [("a/b", True), ("", False), ("a/+", False), ("#", False), ("a\0", False), ("x" * 65_536, False)],
)
def test_response_topics(topic: str, right: bool) -> None:
    assert may_be_published_to(topic) is right


def test_events_and_answers_have_the_contracts_shape() -> None:
    event = Event(7, "2026-03-01T12:00:00.000Z", "b", "boot", {"n": 1})
    plain = {"schema": 1, "id": 7, "at": event.at, "boot_id": "b", "type": "boot", "data": {"n": 1}}
    assert payloads.event(event, backlog=False) == plain
    assert payloads.event(event, backlog=True) == {**plain, "backlog": True}
    assert payloads.shortened(event, 9, backlog=False) == {**plain, "data": {"too_large": {"bytes": 9}}}
    assert payloads.success("a", {"x": 1}) == {"schema": 1, "id": "a", "ok": True, "result": {"x": 1}}
    refused = payloads.failure(None, CommandError(ErrorCode.CONFLICT, "not now"))
    assert refused == {
        "schema": 1, "id": None, "ok": False, "error": {"code": "conflict", "message": "not now"}
    }  # fmt: skip


def test_what_utf8_cannot_spell_is_sent_as_an_escape() -> None:
    assert payloads.encode({"a": "ř"}) == '{"a":"ř"}'.encode()
    assert payloads.encode({"a": "\ud800"}) == b'{"a":"\\ud800"}'


def test_times_are_utc_and_of_one_width() -> None:
    assert rfc3339(datetime.fromisoformat("2026-03-01T13:00:00+01:00")) == "2026-03-01T12:00:00.000Z"
    assert rfc3339(datetime(2026, 3, 1, 12, 0, 0, 123_456, UTC)) == "2026-03-01T12:00:00.123Z"
    with pytest.raises(ValueError, match="zone"):
        rfc3339(datetime(2026, 3, 1))  # noqa: DTZ001


def test_backoff_doubles_up_to_its_bound_and_begins_anew() -> None:
    backoff = Backoff(first_s=0.5, most_s=3.0, chance=lambda: 1.0)
    assert [backoff.next_s() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    backoff.reset()
    assert backoff.next_s() == 0.5
    assert Backoff(chance=lambda: 0.0).next_s() == 0.25
