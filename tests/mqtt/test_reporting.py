"""Availability, state and events, over a real broker that comes and goes (S11)."""

from __future__ import annotations

import asyncio
import signal

from tests.mqtt.broker import Broker
from tests.mqtt.conftest import STATE, Box, link_to, operator_at


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
    heard: list[int] = []
    async with box.linked(link_to(broker)):
        for round_ in range(3):
            async with operator_at(broker, "hotline/box-1/event") as operator:
                for n in range(40):
                    expected.append((await box.journal.append("boot", {"round": round_, "n": n})).id)
                want = expected[-1]
                await operator.until(lambda: operator.on("event") and operator.on("event")[-1]["id"] >= want)  # noqa: B023
                heard += [event["id"] for event in operator.on("event")]
            broker.kill()
            missed = [(await box.journal.append("boot", {"away": round_})).id for _ in range(40)]
            expected += missed
            async with listening_from_the_start(broker) as operator:
                await operator.until(lambda: operator.on("event") and operator.on("event")[-1]["id"] >= missed[-1])  # noqa: B023
                told = operator.on("event")
                assert {event["id"] for event in told if event.get("backlog")} >= set(missed)
                heard += [event["id"] for event in told]
    assert sorted(set(heard)) == expected
    first_seen = list(dict.fromkeys(heard))
    assert first_seen == expected


def listening_from_the_start(broker: Broker):  # type: ignore[no-untyped-def]
    """An operator whose subscription stands before the box is back."""
    broker.start()
    return operator_at(broker, "hotline/box-1/event")


async def test_every_link_gets_everything(broker: Broker, box: Box) -> None:
    event = await box.journal.append("boot", {})
    links = [link_to(broker, "one"), link_to(broker, "two")]
    async with operator_at(broker) as operator, box.linked(*links):
        await operator.until(lambda: [one["id"] for one in operator.on("event")] == [event.id] * 2)
        await operator.until(lambda: len(operator.on("availability")) == 2)
    assert await box.journal.cursor("one") == await box.journal.cursor("two") == event.id


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
        await asyncio.wait_for(_cancelled(box, broker), 5)
        broker.signal(signal.SIGCONT)


async def _cancelled(box: Box, broker: Broker) -> None:
    """Connecting to a broker that is stopped, and giving up while there is no answer."""
    async with box.linked(link_to(broker, "hanging")):
        await asyncio.sleep(0.2)
