"""Availability, state and events, over a real broker that comes and goes (S11)."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

from tests.mqtt.broker import Broker
from tests.mqtt.conftest import STATE, Box, Gate, Operator, link_to, operator_at


async def test_the_box_says_that_it_is_here_and_that_it_goes(broker: Broker, box: Box) -> None:
    async with operator_at(broker) as operator:
        async with box.linked(link_to(broker)):
            await operator.until(lambda: operator.on("availability") == ["online"])
        await operator.until(lambda: operator.on("availability") == ["online", "offline"])
    async with operator_at(broker) as late:
        await late.until(lambda: late.on("availability") == ["offline"])
        assert late.heard[0].retain


async def test_a_box_that_dies_is_told_of_by_its_will(broker: Broker, box: Box) -> None:
    async with operator_at(broker, "hotline/box-1/availability") as operator, box.linked(link_to(broker)):
        await operator.until(lambda: operator.on("availability") == ["online"])
        broker.kill()
    broker.start()
    async with operator_at(broker) as operator, box.linked(link_to(broker)):
        await operator.until(lambda: operator.on("availability")[-1:] == ["online"])


async def test_the_state_is_retained_and_follows_changes(broker: Broker, box: Box) -> None:
    async with box.linked(link_to(broker)), operator_at(broker) as operator:
        first = (await operator.until(lambda: operator.on("state")))[-1]
        assert first == {**STATE, "schema": 1, "at": first["at"]}
        assert first["at"].endswith("Z")
        for number in range(50):
            box.board.publish({**STATE, "service": f"step {number}"})
        await operator.until(lambda: operator.on("state")[-1]["service"] == "step 49")
        assert len(operator.on("state")) < 10  # told together, not one by one
    async with operator_at(broker) as late:
        assert (await late.until(lambda: late.on("state")))[0]["service"] == "step 49"


async def test_events_are_delivered_in_order_and_never_again(broker: Broker, box: Box) -> None:
    before = [await box.journal.append("boot", {"n": n}) for n in range(30)]
    async with operator_at(broker) as operator:
        async with box.linked(link_to(broker)):
            await operator.until(lambda: len(operator.on("event")) == 30)
            after = await box.journal.append("modem.up", {"n": 30})
            await operator.until(lambda: len(operator.on("event")) == 31)
            await box.journal_delivered("local", after.id)
        heard = operator.on("event")
        assert [event["id"] for event in heard] == [event.id for event in [*before, after]]
        assert all(event["backlog"] for event in heard[:30])
        assert heard[30] == {
            "schema": 1, "id": after.id, "at": after.at, "boot_id": "boot-1", "type": "modem.up", "data": {"n": 30}
        }  # fmt: skip
        async with box.linked(link_to(broker)):
            last = await box.journal.append("modem.down", {"n": 31})
            await operator.until(lambda: operator.on("event")[-1]["id"] == last.id)
        assert len(operator.on("event")) == 32


async def test_a_broker_killed_in_the_middle_loses_nothing(broker: Broker, box: Box) -> None:
    expected: list[int] = []
    heard: list[dict[str, Any]] = []
    gate = Gate(broker)
    await gate.open()
    async with box.linked(link_to(broker).model_copy(update={"port": gate.port})):
        for _ in range(3):
            async with operator_at(broker, "hotline/box-1/event", "hotline/box-1/availability") as operator:
                if expected:
                    await gate.open()
                await operator.until(lambda: operator.on("availability")[-1:] == ["online"])
                expected += [(await box.journal.append("boot", {"n": n})).id for n in range(40)]
                await operator.until(lambda: last_id(operator) == expected[-1])  # noqa: B023
                heard += operator.on("event")
            broker.kill()
            await gate.shut()
            expected += [(await box.journal.append("boot", {"away": n})).id for n in range(40)]
            broker.start()
        async with operator_at(broker, "hotline/box-1/event") as operator:
            await gate.open()
            await operator.until(lambda: last_id(operator) == expected[-1])
            heard += operator.on("event")
    await gate.shut()
    first_seen = {event["id"]: event for event in reversed(heard)}
    assert list(dict.fromkeys(event["id"] for event in heard)) == expected
    assert all(event.get("backlog") for event in first_seen.values() if "away" in event["data"])


async def test_an_hour_of_events_comes_once_in_order_and_as_backlog(broker: Broker, box: Box) -> None:
    begun = await asyncio.gather(*(box.journal.append("health.changed", {"n": n}) for n in range(3600)))
    async with operator_at(broker, "hotline/box-1/event") as operator, box.linked(link_to(broker)):
        await box.journal_delivered("local", begun[-1].id)
        await operator.until(lambda: last_id(operator) == begun[-1].id)
        heard = operator.on("event")
    assert [event["id"] for event in heard] == [event.id for event in begun]
    assert all(event["backlog"] is True for event in heard)


def last_id(operator: Operator) -> int | None:
    """Of the events heard so far; without reading all of them each time, which takes a slow machine minutes."""
    newest = next((message for message in reversed(operator.heard) if str(message.topic).endswith("/event")), None)
    return None if newest is None else json.loads(bytes(newest.payload))["id"]


async def test_every_link_gets_everything(broker: Broker, box: Box) -> None:
    event = await box.journal.append("boot", {})
    links = [link_to(broker, "one"), link_to(broker, "two")]
    async with operator_at(broker) as operator, box.linked(*links):
        await operator.until(lambda: [one["id"] for one in operator.on("event")] == [event.id] * 2)
        await operator.until(lambda: len(operator.on("availability")) == 2)
        await box.journal_delivered("one", event.id)
        await box.journal_delivered("two", event.id)


async def test_a_link_that_leads_nowhere_harms_nobody(broker: Broker, box: Box) -> None:
    nowhere = link_to(broker, "nowhere").model_copy(update={"port": 1})
    unnamed = link_to(broker, "unnamed").model_copy(update={"host": "no-such-host.invalid"})
    async with operator_at(broker) as operator, box.linked(nowhere, unnamed, link_to(broker)) as task:
        await operator.until(lambda: operator.on("state"))
        event = await box.journal.append("boot", {})
        await operator.until(lambda: [one["id"] for one in operator.on("event")] == [event.id])
        assert not task.done()
        assert box.beats
    assert await box.journal.cursor("nowhere") == 0


async def test_a_broker_that_hangs_does_not_hold_up_the_end(broker: Broker, box: Box) -> None:
    async with operator_at(broker) as operator, box.linked(link_to(broker)):
        await operator.until(lambda: operator.on("state"))
        broker.signal(signal.SIGSTOP)
        for n in range(100):
            await box.journal.append("boot", {"n": n})
        await asyncio.wait_for(_cancelled(box, broker), 9)
        broker.signal(signal.SIGCONT)


async def _cancelled(box: Box, broker: Broker) -> None:
    """Connecting to a broker that is stopped, and giving up while there is no answer."""
    async with box.linked(link_to(broker, "hanging")):
        await asyncio.sleep(0.2)
