"""Commands over a real broker (S12)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from appliance.mqtt.mailbox import MOST_SLOW, PATIENCE_S
from tests.mqtt.broker import Broker
from tests.mqtt.conftest import Box, ask, link_to, operator_at


async def test_a_command_is_carried_out_and_answered(broker: Broker, box: Box) -> None:
    async with box.linked(link_to(broker)), operator_at(broker) as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
        await operator.command(ask("a", deep={"list": [1, "ř"]}))
        assert await operator.response("a") == {
            "schema": 1, "id": "a", "ok": True, "result": {"count": 1, "args": {"deep": {"list": [1, "ř"]}}}
        }  # fmt: skip
        event = (await operator.until(lambda: operator.on("event")))[0]
        assert event["type"] == "command"
        assert event["data"] == {"id": "a", "name": "status", "link": "local", "ok": True}


async def test_the_answer_goes_where_the_command_says(broker: Broker, box: Box) -> None:
    async with box.linked(link_to(broker)), operator_at(broker, "hotline/#", "my/answers") as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
        await operator.command(ask("a"), ResponseTopic="my/answers", CorrelationData=b"\x00\xff42")
        await operator.until(lambda: [m for m in operator.heard if str(m.topic) == "my/answers"])
        (answer,) = [m for m in operator.heard if str(m.topic) == "my/answers"]
        assert answer.properties is not None
        assert answer.properties.CorrelationData == b"\x00\xff42"
        assert json.loads(answer.payload)["ok"] is True
        assert operator.on("response") == []


@pytest.mark.parametrize(
    ("payload", "id_", "code"),
    [
        (b"", None, "bad_request"),
        (b"{", None, "bad_request"),
        (b"\xff\xfe", None, "bad_request"),
        (b"[]", None, "bad_request"),
        (b"null", None, "bad_request"),
        (b"[" * 50_000, None, "bad_request"),
        (b'{"schema":1,"id":"x","name":"status","args":{"n":NaN}}', None, "bad_request"),
        (b'{"schema":1,"id":"x","name":"status","args":{"n":' + b"9" * 5000 + b"}}", None, "bad_request"),
        (b'{"schema":1,"id":"x","id":"y","name":"status","args":{}}', None, "bad_request"),
        (b'{"schema":1,"name":"status","args":{}}', None, "bad_request"),
        (b'{"schema":1,"id":5,"name":"status","args":{}}', None, "bad_request"),
        (b'{"schema":1,"id":"","name":"status","args":{}}', None, "bad_request"),
        (b'{"schema":1,"id":"\\ud800","name":"status","args":{}}', None, "bad_request"),
        (b'{"id":"x","name":"status","args":{}}', "x", "bad_request"),
        (b'{"schema":2,"id":"x","name":"status","args":{}}', "x", "bad_request"),
        (b'{"schema":true,"id":"x","name":"status","args":{}}', "x", "bad_request"),
        (b'{"schema":1,"id":"x","args":{}}', "x", "bad_request"),
        (b'{"schema":1,"id":"x","name":["status"],"args":{}}', "x", "bad_request"),
        (b'{"schema":1,"id":"x","name":"status","args":[]}', "x", "bad_request"),
        (b'{"schema":1,"id":"x","name":"status","args":{"pad":"' + b"x" * 1_100_000 + b'"}}', "x", "bad_request"),
        (b"x" * 1_100_000, None, "bad_request"),
        (b'{"schema":1,"id":"x","name":"no.such","args":{}}', "x", "unknown_command"),
        (b'{"schema":1,"id":"x","name":"explode","args":{}}', "x", "failed"),
        (b'{"schema":1,"id":"x","name":"refuse","args":{}}', "x", "conflict"),
    ],
    ids=lambda value: value[:40].decode("latin1") if isinstance(value, bytes) else None,
)
async def test_what_is_wrong_is_refused_with_the_right_code(
    broker: Broker, box: Box, payload: bytes, id_: str | None, code: str
) -> None:
    async with box.linked(link_to(broker)), operator_at(broker) as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
        await operator.command(payload)
        response = await operator.response(id_)
        assert response["ok"] is False
        assert response["error"]["code"] == code
        assert response["error"]["message"]
        assert "hunter2" not in json.dumps(response)
        await operator.command(ask("after"))
        assert (await operator.response("after"))["ok"] is True


async def test_the_same_id_is_carried_out_once_over_restarts_and_links(broker: Broker, box: Box) -> None:
    links = [link_to(broker, "one"), link_to(broker, "two")]  # each hears every command
    answered = 0
    async with operator_at(broker) as operator:
        for _ in range(2):
            async with box.linked(*links):
                await operator.until(lambda: operator.on("availability")[-2:] == ["online"] * 2)
                await operator.command(ask("a", x=1))
                await operator.command(ask("a", x=2))
                answered += 4
                await operator.until(lambda: len(operator.on("response")) == answered)  # noqa: B023
            await operator.until(lambda: operator.on("availability")[-2:] == ["offline"] * 2)
        answers = operator.on("response")
    assert len(box.done) == 1
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)


async def test_a_command_whose_time_is_over_is_not_carried_out(broker: Broker, box: Box) -> None:
    async with box.linked(link_to(broker)), operator_at(broker) as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
        slow = [f"slow-{number}" for number in range(MOST_SLOW)]
        for id_ in slow:
            await operator.command(ask(id_, "slow"))
        await operator.command(ask("late"), MessageExpiryInterval=1)
        await operator.command(ask("timely"), MessageExpiryInterval=60)
        await asyncio.sleep(MOST_SLOW * PATIENCE_S + 1.2)
        assert len(box.done) == MOST_SLOW
        box.gate.set()
        assert (await operator.response(slow[0]))["ok"] is True
        assert (await operator.response("late"))["error"]["code"] == "expired"
        assert (await operator.response("timely"))["ok"] is True
        await operator.command(ask("late"))
        await operator.until(lambda: [one["id"] for one in operator.on("response")].count("late") == 2)
    assert [command.id for command in box.done] == [*slow, "timely"]


async def test_a_slow_command_does_not_hold_up_the_next(broker: Broker, box: Box) -> None:
    async with box.linked(link_to(broker)), operator_at(broker) as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
        await operator.command(ask("slow", "slow"))
        await operator.command(ask("urgent"))
        assert (await operator.response("urgent"))["ok"] is True
        assert not [one for one in operator.on("response") if one["id"] == "slow"]
        box.gate.set()
        assert (await operator.response("slow"))["ok"] is True


async def test_a_look_leaves_no_event(broker: Broker, box: Box) -> None:
    box.only_looking = frozenset({"status"})
    async with box.linked(link_to(broker)), operator_at(broker) as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
        await operator.command(ask("look"))
        first = await operator.response("look")
        await operator.command(ask("look"))
        await operator.until(lambda: operator.on("response") == [first, first])
    assert [event.type for event in await box.journal.events()] == []
    assert len(box.done) == 1


async def test_a_retained_command_is_stale_and_ignored(broker: Broker, box: Box) -> None:
    async with operator_at(broker) as operator:
        await operator.command(ask("stale"), retain=True)
        async with box.linked(link_to(broker)):
            await operator.until(lambda: operator.on("availability") == ["online"])
            await operator.command(ask("fresh"))
            await operator.response("fresh")
    assert [command.id for command in box.done] == ["fresh"]


@pytest.mark.parametrize(("commands", "allowed"), [("none", False), (["slow"], False), (["status"], True)])
async def test_a_link_gives_only_the_commands_it_may(broker: Broker, box: Box, commands: Any, allowed: bool) -> None:
    async with box.linked(link_to(broker, commands=commands)), operator_at(broker) as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
        await operator.command(ask("a"))
        response = await operator.response("a")
        assert response["ok"] is allowed
        if not allowed:
            assert response["error"]["code"] == "not_allowed"


async def test_a_flood_is_answered_whole_and_in_order(broker: Broker, box: Box) -> None:
    ticks = 0

    async def guard() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async with box.linked(link_to(broker)), operator_at(broker) as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
        beside = asyncio.create_task(guard())
        await asyncio.gather(*(operator.command(ask(f"f{n}")) for n in range(1000)))
        await operator.until(lambda: len(operator.heard) > 1000 and len(operator.on("response")) == 1000)
        beside.cancel()
        assert [one["id"] for one in operator.on("response")] == [f"f{n}" for n in range(1000)]
        assert all(one["ok"] for one in operator.on("response"))
        assert ticks > 20


async def test_a_wildcard_as_response_topic_is_answered_on_the_default_one(broker: Broker, box: Box) -> None:
    async with box.linked(link_to(broker)), operator_at(broker) as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
        await operator.command(ask("a"), ResponseTopic="my/answers")
        await operator.command(ask("b"))
        assert (await operator.response("b"))["ok"] is True
