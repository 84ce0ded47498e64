"""A callback's caller who calls at another exchange: it rests, stands again, or is over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.exchange.callback import elsewhere as module
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.callback.elsewhere import CallsElsewhere
from appliance.mqtt.topics import Topics
from appliance.queueing import callback_life as life
from appliance.queueing.callback_life import Result, State
from appliance.queueing.callback_store import CallbackStore
from tests.queueing_callback.wishes import NUMBER, wish

WAITS = {"id": "node-2-1.0", "queue": "desk", "caller": NUMBER, "state": "waiting"}


class World:
    """One callback at node-1, and what is heard of node-2."""

    def __init__(self, desk: CallbackDesk) -> None:
        self.desk, self.now = desk, 1000.0
        self.elsewhere = CallsElsewhere(Topics("b", "node-1"), desk, lambda: self.now)

    def hear(self, *calls: Any, exchange: str = "node-2") -> None:
        self.elsewhere.hear(f"hotline/b/exchange/{exchange}/state", json.dumps({"calls": calls}).encode())

    async def until(self, state: State) -> None:
        async with asyncio.timeout(60):
            while (found := await self.desk.find("cb-1")) is None or found.state is not state:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.05)
    store = CallbackStore(tmp_path / "callbacks.db", answers_within_s=60.0)
    desk = CallbackDesk(store, lambda: datetime.now(UTC))
    made = World(desk)
    tasks = [asyncio.create_task(one) for one in (desk.run(), made.elsewhere.run())]
    await desk.loaded.wait()
    now = datetime.now(UTC).timestamp()
    await desk.ask(wish(queued_at=now - 60, asked_at=now))
    yield made
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await store.close()


async def test_it_rests_and_stands_again_where_it_stood_when_they_hang_up_waiting(world: World) -> None:
    place = world.desk.standing[0].queued_at
    world.hear(WAITS)
    await world.until(State.ASIDE)
    world.hear()
    await world.until(State.WAITING)
    assert world.desk.standing[0].queued_at == place


async def test_it_is_over_once_they_have_a_human_there(world: World) -> None:
    world.hear(WAITS)
    await world.until(State.ASIDE)
    world.hear(WAITS | {"state": "talking"})
    await world.until(State.DONE)
    ended = await world.desk.find("cb-1")
    assert ended is not None
    assert (ended.result, ended.why) == (Result.CALLED_AGAIN, "the caller had a human in call node-2:node-2-1.0")


@pytest.mark.parametrize(
    "call", [WAITS | {"queue": "sales"}, WAITS | {"caller": "+420601000002"}, WAITS | {"caller": None}]
)
async def test_another_caller_or_queue_is_nothing_to_it(world: World, call: dict[str, Any]) -> None:
    world.hear(call)
    await asyncio.sleep(0.3)
    assert world.desk.standing[0].state is State.WAITING


async def test_what_is_no_state_and_our_own_state_are_passed_over(world: World) -> None:
    world.hear(WAITS, exchange="node-1")
    for payload in (b"", b"[]", b"{}", b'{"calls": 1}', b'{"calls": [1]}', b'{"calls": [{}]}', b"[" * 5000, b"\xff"):
        world.elsewhere.hear("hotline/b/exchange/node-2/state", payload)
    await asyncio.sleep(0.3)
    assert world.desk.standing[0].state is State.WAITING


async def test_an_exchange_that_is_heard_no_more_costs_nobody_their_callback(world: World) -> None:
    world.hear(WAITS)
    await world.until(State.ASIDE)
    world.now += module.UNHEARD_S + 1
    await world.until(State.WAITING)
    await asyncio.sleep(0.3)
    assert world.desk.standing[0].state is State.WAITING  # nor is it laid aside for what was true long ago


async def test_after_a_restart_it_rests_until_the_other_is_heard(world: World) -> None:
    await world.desk.move("cb-1", lambda one: life.called_again(one, "node-2:node-2-1.0"))
    await asyncio.sleep(0.3)
    assert world.desk.standing[0].state is State.ASIDE
    world.hear()
    await world.until(State.WAITING)


async def test_an_attempt_that_was_begun_goes_on(world: World) -> None:
    await world.desk.move("cb-1", lambda one: life.dial(one, "anna", "hl-cb-1-0001"))
    world.hear(WAITS)
    await asyncio.sleep(0.3)
    assert world.desk.standing[0].state is State.DIALLING
