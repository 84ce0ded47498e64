"""What is bounded: waiting commands, waiting answers, packets the broker takes. And commands cut short by an end."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.journal import Journal
from appliance.mqtt import mailbox as mailboxes
from appliance.mqtt.intake import Intake
from appliance.mqtt.mailbox import Mailbox
from appliance.mqtt.topics import Topics
from appliance.mqtt.wire import Message
from tests.mqtt import broker as brokers
from tests.mqtt.broker import Broker
from tests.mqtt.conftest import Box, ask, link_to, operator_at


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = await Journal.open(tmp_path, boot_id="b", now=lambda: datetime.now(UTC))
    yield journal
    await journal.close()


@pytest.fixture
def narrow_broker() -> Iterator[Broker]:
    if brokers.find() is None:
        pytest.skip("there is no mosquitto: neither on the PATH nor in the bench's root")
    made = Broker("allow_anonymous true\nmax_packet_size 20000")
    try:
        made.start()
        yield made
    finally:
        made.remove()


def message(id_: str, **args: object) -> Message:
    return Message("c", json.dumps(ask(id_, "slow", **args)).encode(), retained=False)


async def test_what_is_too_much_is_answered_busy_at_once(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailboxes, "MOST_WAITING", 3)
    box = Box(journal)
    mailbox = Mailbox("local", Topics("box-1"), lambda _: True, Intake(box, journal, asyncio.get_running_loop().time))
    for number in range(5):
        mailbox.put(message(f"m{number}"))
    busy = [json.loads(answer.payload) for answer in await mailbox.answers(10)]
    assert [(answer["id"], answer["error"]["code"]) for answer in busy] == [("m3", "failed"), ("m4", "failed")]
    assert "busy" in busy[0]["error"]["message"]


async def test_large_commands_are_bounded_by_their_bytes(journal: Journal) -> None:
    box = Box(journal)
    mailbox = Mailbox("local", Topics("box-1"), lambda _: True, Intake(box, journal, asyncio.get_running_loop().time))
    for number in range(100):
        mailbox.put(message(f"m{number}", pad="x" * 60_000))
    assert 25 < len(await mailbox.answers(1000)) < 35  # 4 MiB hold about 70 of them


async def test_a_command_cut_short_by_an_end_is_not_carried_out_again(journal: Journal) -> None:
    first = Box(journal)
    payload = json.dumps(ask("a", "slow")).encode()
    loop = asyncio.get_running_loop()
    cut_short = asyncio.create_task(Intake(first, journal, loop.time).answer(payload, None, "local", lambda _: True))
    while not first.done:  # noqa: ASYNC110  (the handler tells by being called)
        await asyncio.sleep(0.001)
    cut_short.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await cut_short

    second = Box(journal)
    second.gate.set()
    response = await Intake(second, journal, loop.time).answer(payload, None, "local", lambda _: True)
    assert second.done == []
    assert response["error"]["code"] == "failed"
    assert "restarted" in response["error"]["message"]


async def test_twins_in_flight_wait_for_the_first_ones_answer(journal: Journal) -> None:
    box = Box(journal)
    intake = Intake(box, journal, asyncio.get_running_loop().time)
    payload = json.dumps(ask("a", "slow")).encode()
    twins = [asyncio.create_task(intake.answer(payload, None, link, lambda _: True)) for link in ("one", "two")]
    while not box.done:  # noqa: ASYNC110  (the handler tells by being called)
        await asyncio.sleep(0.001)
    box.gate.set()
    one, two = await asyncio.gather(*twins)
    assert one == two
    assert [command.link for command in box.done] == ["one"]


async def test_a_fault_of_the_journal_is_an_answer_too(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: str) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(journal, "first_response", broken)
    box = Box(journal)
    response = await Intake(box, journal, asyncio.get_running_loop().time).answer(
        json.dumps(ask("a")).encode(), None, "local", lambda _: True
    )
    assert response["error"]["code"] == "failed"
    assert box.done == []


async def test_an_event_too_large_for_the_broker_does_not_stop_those_behind_it(
    narrow_broker: Broker, box: Box
) -> None:
    large = await box.journal.append("boot", {"pad": "x" * 30_000})
    small = await box.journal.append("boot", {"n": 1})
    async with operator_at(narrow_broker) as operator, box.linked(link_to(narrow_broker)):
        await operator.until(lambda: len(operator.on("event")) == 2)
        first, second = operator.on("event")
    assert (first["id"], second["id"]) == (large.id, small.id)
    assert first["data"]["too_large"]["bytes"] > 30_000
    assert second["data"] == {"n": 1}
