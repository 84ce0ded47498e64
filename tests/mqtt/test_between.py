"""What services say to each other: commands with their answers, retained documents, what is listened to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.cli import broker as cli_broker
from appliance.config.models import Mqtt
from appliance.journal import Journal
from appliance.mqtt import session as sessions
from appliance.mqtt.board import StateBoard
from appliance.mqtt.links import Links, UnreachableError
from appliance.mqtt.topics import Topics
from tests.mqtt.broker import Broker
from tests.mqtt.conftest import Box, Gate, ask, link_to, operator_at

GUARD, NODE = Topics("box-1"), Topics("box-1", "node-1")


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Box]:
    """An exchange of the same box, with a journal of its own."""
    journal = await Journal.open(tmp_path / "exchange", boot_id="node", now=lambda: datetime.now(UTC))
    yield Box(journal)
    await journal.close()


@pytest.fixture
def second_broker(broker: Broker) -> Iterator[Broker]:
    made = Broker()
    try:
        made.start()
        yield made
    finally:
        made.remove()


@asynccontextmanager
async def exchange(node: Box, *links: Mqtt, **further: Any) -> AsyncIterator[Links]:
    made = node.links(*links, topics=NODE, discovery=False, **further)
    async with node.run(made):
        yield made


async def test_an_exchange_is_a_service_of_its_own_on_the_same_broker(broker: Broker, box: Box, node: Box) -> None:
    async with operator_at(broker, "#") as operator:
        async with box.linked(link_to(broker)):
            async with exchange(node, link_to(broker)):
                both = ("availability", "exchange/node-1/availability", "exchange/node-1/state")
                await operator.until(lambda: all(operator.on(name) for name in both))
                await operator.publish(NODE.command, json.dumps(ask("a")))
                answers = await operator.until(lambda: operator.on("exchange/node-1/response"))
            await operator.until(lambda: operator.on("exchange/node-1/availability") == ["online", "offline"])
        await operator.until(lambda: len(operator.on("availability")) > 1)
    assert answers[0]["ok"] is True
    assert [command.id for command in node.done] == ["a"]
    assert box.done == []
    announced = {str(message.topic) for message in operator.heard if str(message.topic).startswith("homeassistant")}
    assert announced == {"homeassistant/device/hotline_box-1/config"}  # the guard's own
    assert operator.on("availability") == ["online", "offline"]  # neither took over the other's session


async def test_a_command_of_an_exchange_is_done_once_however_often_it_is_asked(
    broker: Broker, box: Box, node: Box
) -> None:
    async with box.linked(link_to(broker)), exchange(node, link_to(broker)) as links:
        first = await links.ask(GUARD.command, "status", {"n": 1}, "sms-1", 20)
        again = await links.ask(GUARD.command, "status", {"n": 1}, "sms-1", 20)
        refused = await links.ask(GUARD.command, "refuse", {}, "sms-2", 20)
    assert first == again == {"schema": 1, "id": "sms-1", "ok": True, "result": {"count": 1, "args": {"n": 1}}}
    assert refused["error"] == {"code": "conflict", "message": "not now"}
    assert [command.id for command in box.done] == ["sms-1", "sms-2"]


async def test_a_command_goes_over_every_link_and_is_done_once(
    broker: Broker, second_broker: Broker, box: Box, node: Box
) -> None:
    ours = [link_to(broker, "one"), link_to(second_broker, "two", commands="none")]
    async with box.linked(*ours), exchange(node, link_to(broker, "one"), link_to(second_broker, "two")) as links:
        answers = await asyncio.gather(*(links.ask(GUARD.command, "status", {}, f"m{n}", 20) for n in range(20)))
    assert {answer["ok"] for answer in answers} == {True}  # what link two may not, link one may
    assert sorted(command.id for command in box.done) == sorted(f"m{n}" for n in range(20))


async def test_what_no_link_may_is_refused_at_once(broker: Broker, box: Box, node: Box) -> None:
    async with box.linked(link_to(broker, commands="none")), exchange(node, link_to(broker)) as links:
        answer = await links.ask(GUARD.command, "status", {}, "m", 25)
    assert answer["error"]["code"] == "not_allowed"


async def test_a_command_waits_for_a_link_that_comes_back(broker: Broker, box: Box, node: Box) -> None:
    gate = Gate(broker)
    behind = Mqtt(name="local", host="127.0.0.1", port=gate.port)
    async with box.linked(link_to(broker)), exchange(node, behind) as links:
        asked = asyncio.create_task(links.ask(GUARD.command, "status", {}, "m", 25))
        with pytest.raises(UnreachableError, match=r"status was not answered within 0\.1 s"):
            await links.ask(GUARD.command, "status", {}, "never sent", 0.1)
        await gate.open()
        assert (await asked)["ok"] is True
        await gate.shut()
    assert [command.id for command in box.done] == ["m"]


async def test_nobody_behind_the_broker_is_said_so_and_the_command_is_not_done_late(
    broker: Broker, box: Box, node: Box
) -> None:
    async with box.linked(link_to(broker)), operator_at(broker) as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
    async with operator_at(broker) as operator, exchange(node, link_to(broker)) as links:
        await operator.until(lambda: operator.on("exchange/node-1/availability") == ["online"])
        with pytest.raises(UnreachableError):
            await links.ask(GUARD.command, "status", {}, "late", 0.9)
        asked = await operator.until(lambda: [one for one in operator.heard if str(one.topic) == GUARD.command])
        assert getattr(asked[0].properties, "MessageExpiryInterval", None) == 1
        await asyncio.sleep(2.1)  # the expiry, which brokers count in whole seconds: the session would still have it
        async with box.linked(link_to(broker)):
            await operator.command(ask("fresh"))
            await operator.response("fresh")
    assert [command.id for command in box.done] == ["fresh"]


async def test_whatever_comes_on_the_reply_topic_answers_nothing(broker: Broker, box: Box, node: Box) -> None:
    async with box.linked(link_to(broker)), operator_at(broker) as operator:
        await operator.until(lambda: operator.on("availability") == ["online"])
    async with operator_at(broker) as operator, exchange(node, link_to(broker)) as links:
        asked = asyncio.create_task(links.ask(GUARD.command, "status", {}, "m", 25))
        sent = (await operator.until(lambda: [one for one in operator.heard if str(one.topic) == GUARD.command]))[0]
        token = sent.properties.CorrelationData  # type: ignore[union-attr]
        for payload in (b"\xff", b"[]", b'{"ok": 1}', b"[" * 5000, b'{"ok": tru'):
            await operator.publish(NODE.reply, payload, CorrelationData=token)
        await operator.publish(NODE.reply, b'{"ok": true, "result": {"forged": true}}', CorrelationData=b"guessed")
        await operator.publish(NODE.reply, b'{"ok": true, "result": {"forged": true}}')
        async with box.linked(link_to(broker)):
            assert (await asked)["result"] == {"count": 1, "args": {}}


async def test_documents_are_told_on_connecting_and_on_change(broker: Broker, box: Box) -> None:
    board = StateBoard()
    async with box.linked(link_to(broker), retained={GUARD.roster: board}), operator_at(broker) as early:
        await early.until(lambda: early.on("availability") == ["online"])
        board.publish({"revision": 1})
        await early.until(lambda: early.on("roster") == [{"revision": 1}])
        board.publish({"revision": 2})
        await early.until(lambda: early.on("roster")[-1] == {"revision": 2})
    async with operator_at(broker) as late:
        await late.until(lambda: late.on("roster") == [{"revision": 2}])
        assert all(one.retain for one in late.heard)
        await late.publish(GUARD.roster, b"", retain=True)  # a broker that lost what it kept
        async with box.linked(link_to(broker), retained={GUARD.roster: board}):
            await late.until(lambda: late.on("roster")[-1] == {"revision": 2})


async def test_what_is_listened_to_may_be_anything(
    broker: Broker, node: Box, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_HEARD_BYTES", 1_000_000)
    heard: list[tuple[str, bytes]] = []

    def listener(topic: str, payload: bytes) -> None:
        heard.append((topic, payload))
        json.loads(payload)

    listen: Mapping[str, Any] = {GUARD.roster: listener, "hotline/+/state": listener}
    async with operator_at(broker) as operator:
        await operator.publish(GUARD.roster, b'{"kept": 1}', retain=True)
        async with exchange(node, link_to(broker), listen=listen):
            await operator.until(lambda: operator.on("exchange/node-1/availability") == ["online"])
            for topic, payload in (("roster", b"\xff"), ("roster", b""), ("other", b"1"), ("state", b'{"new": 1}')):
                await operator.publish(f"hotline/box-1/{topic}", payload)
            await operator.publish(GUARD.roster, b"1" + b" " * 999_999)
            await operator.publish(GUARD.roster, b"x" * 1_000_001)
            await operator.publish(NODE.command, json.dumps(ask("after")))
            await operator.until(lambda: node.done)
    assert heard == [
        (GUARD.roster, b'{"kept": 1}'),
        (GUARD.roster, b"\xff"),
        (GUARD.roster, b""),
        (GUARD.state, b'{"new": 1}'),
        (GUARD.roster, b"1" + b" " * 999_999),
    ]
    assert "failed its listener" in caplog.text
    assert "passed over 1000001 bytes" in caplog.text


async def test_the_command_line_gets_its_answer_from_real_links(broker: Broker, box: Box) -> None:
    class Configured:
        mqtt = (link_to(broker),)

        class device:  # noqa: N801
            id = "box-1"

    async with operator_at(broker) as operator, box.linked(link_to(broker)):
        await operator.until(lambda: operator.on("availability") == ["online"])
        request = cli_broker.Request("status", {}, 20)
        answer = await cli_broker.ask(Configured(), request)  # type: ignore[arg-type]
    assert answer.document == {"schema": 1, "id": request.id, "ok": True, "result": {"count": 1, "args": {}}}


@pytest.mark.parametrize(
    ("topic", "may"),
    [
        ("ops/replies", True),
        ("hotline/other/state", True),
        (GUARD.response + "/cli-1", True),
        (NODE.reply, True),
        (NODE.response + "/web", True),
        (GUARD.state, False),
        (GUARD.roster, False),
        (GUARD.command, False),
        (NODE.state, False),
        ("hotline/box-1/exchange/node-2/command", False),
        ("ops/#", False),
    ],
)
def test_an_answer_never_passes_for_a_word_of_the_box(topic: str, may: bool) -> None:
    assert NODE.may_answer_on(topic) is may
