"""``callback.list`` and ``callback.cancel``: of this exchange, and through the box's of the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from appliance.exchange.callback.commands import CallbackCommands
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.commands.elsewhere import Ask
from appliance.mqtt.dispatch import Dispatch
from appliance.mqtt.topics import Topics
from appliance.queueing import callback_life as life
from appliance.queueing.callback_store import CallbackStore
from tests.exchange.two import TwoExchanges
from tests.queueing_callback.wishes import wish


class Two(TwoExchanges):
    """Both with their callbacks."""

    def __init__(self, box: CallbackDesk, node: CallbackDesk) -> None:
        self.box, self.node = box, node
        desks = {"box": box, "node-1": node}

        def made(exchange: str, ask: Ask, others: tuple[str, ...]) -> Dispatch:
            commands = CallbackCommands(Topics("b", exchange), desks[exchange], ask, lambda: others)
            return Dispatch(commands.table.handlers)

        super().__init__(made)

    async def ids(self, **args: Any) -> list[str]:
        return [one["id"] for one in (await self.ask("callback.list", **args))["callbacks"]]


@contextlib.asynccontextmanager
async def desk(file: Path) -> AsyncIterator[CallbackDesk]:
    store = CallbackStore(file, answers_within_s=60.0)
    made = CallbackDesk(store, lambda: datetime.now(UTC))
    made.on_new = lambda _: None
    running = asyncio.create_task(made.run())
    await made.loaded.wait()
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with desk(tmp_path / "box.db") as box, desk(tmp_path / "node.db") as node:
        now = datetime.now(UTC).timestamp()
        await box.ask(wish("cb-box", queued_at=now - 20, asked_at=now, number="+420601000002"))
        await node.ask(wish("cb-node", queued_at=now - 30, asked_at=now, exchange="node-1", queue="sales"))
        yield Two(box, node)


async def test_all_are_listed_who_waits_longest_first(two: Two) -> None:
    assert await two.ids() == ["cb-node", "cb-box"]
    assert await two.ids(here=True) == await two.ids(queue="desk") == ["cb-box"]
    two.reachable = False
    answer = await two.ask("callback.list")
    assert ([one["id"] for one in answer["callbacks"]], answer["missing"]) == (["cb-box"], ["node-1"])


@pytest.mark.parametrize("id_", ["cb-box", "cb-node"])
async def test_one_is_taken_back_wherever_it_is_kept(two: Two, id_: str) -> None:
    answer = await two.ask("callback.cancel", id=id_)
    assert (answer["callback"]["id"], answer["callback"]["result"]) == (id_, "cancelled")
    assert id_ not in await two.ids()
    assert id_ in await two.ids(ended=5)
    with pytest.raises(CommandError, match="stands"):
        await two.ask("callback.cancel", id=id_)


async def test_not_while_they_talk_and_not_what_nobody_knows(two: Two) -> None:
    await two.node.move("cb-node", lambda one: life.dial(one, "anna", "hl-cb-node-0001"))
    await two.node.move("cb-node", lambda one: life.connected(one, "anna", "hl-cb-node-0001"))
    with pytest.raises(CommandError, match="they are talking") as refused:
        await two.ask("callback.cancel", id="cb-node")
    assert refused.value.code is ErrorCode.CONFLICT
    for args in ({"id": "cb-nobody"}, {"id": "cb-node", "here": True}, {"id": ""}, {"id": "x" * 101}, {}):
        with pytest.raises(CommandError) as refused:
            await two.ask("callback.cancel", **args)
        assert refused.value.code is ErrorCode.BAD_REQUEST
    two.reachable = False
    with pytest.raises(CommandError, match="not known here, and node-1 does not answer") as refused:
        await two.ask("callback.cancel", id="cb-node")
    assert refused.value.code is ErrorCode.FAILED
    assert [one.id for one in two.node.standing] == ["cb-node"]
