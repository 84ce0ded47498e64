"""When somebody is not taken in, leaves, and what they are told."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.queueing.terms import Left, Staff, announcement, expected_wait_s, leaves, refuses
from appliance.roster.destinations import Queue

WORK, PAUSED, HOME = Staff(2, 1), Staff(1, 0), Staff(0, 0)


def queue(**keys: Any) -> Queue:
    return Queue.model_validate({"id": "desk", "name": "Desk", "agents": ["ann"], "max_waiting": 3, **keys})


def test_a_full_queue_and_one_without_agents_take_nobody() -> None:
    assert [refuses(queue(), waiting, WORK) for waiting in (0, 2, 3, 4)] == [None, None, Left.FULL, Left.FULL]
    assert refuses(queue(), 0, HOME) is Left.NOBODY
    assert refuses(queue(), 0, PAUSED) is None


def test_nobody_waits_for_ever() -> None:
    assert [leaves(queue(max_wait_s=60.0), at, WORK) for at in (0, 59.9, 60)] == [None, None, Left.WAITED]
    assert leaves(queue(), 0, HOME) is Left.NOBODY
    assert leaves(queue(), 0, PAUSED) is None


@pytest.mark.parametrize(
    ("position", "agents", "recent", "expected"),
    [
        (1, 1, [120.0], 120.0),
        (1, 2, [120.0], 60.0),
        (5, 2, [100.0, 140.0], 300.0),
        (1, 0, [120.0], None),
        (1, 1, [], None),
        (1, 1, [9000.0] * 10 + [60.0] * 30, 60.0),
    ],
)
def test_the_expected_wait(position: int, agents: int, recent: list[float], expected: float | None) -> None:
    assert expected_wait_s(position, agents, recent) == expected


@pytest.mark.parametrize(
    ("keys", "position", "wait_s", "told"),
    [
        ({}, 1, None, [("queue-next", {})]),
        ({}, 4, None, [("queue-position", {"position": 4})]),
        ({}, 2, 40.0, [("queue-position", {"position": 2}), ("queue-wait-short", {})]),
        ({}, 2, 61.0, [("queue-position", {"position": 2}), ("queue-wait", {"minutes": 2})]),
        ({"say_position": False}, 2, 301.0, [("queue-wait", {"minutes": 6})]),
        ({"say_wait": False}, 2, 301.0, [("queue-position", {"position": 2})]),
        ({"say_wait": False, "say_position": False}, 2, 301.0, []),
    ],
)
def test_what_is_told(keys: dict[str, Any], position: int, wait_s: float | None, told: list[Any]) -> None:
    thanks = [("queue-thanks", {})] if told else []
    assert [*announcement(queue(**keys), position, wait_s)] == [*told, *thanks]


def test_who_may_ask_for_a_callback_is_told_the_key() -> None:
    by_key = [("queue-next", {}), ("callback-offer", {})]
    assert [*announcement(queue(callback={"key": True}), 1, None)] == by_key
    silent = queue(callback={"key": False, "offer_after_s": 30.0})
    assert [*announcement(silent, 1, None)] == [("queue-next", {}), ("queue-thanks", {})]
