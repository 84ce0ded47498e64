"""``callback.list`` and ``callback.cancel``: of this exchange, and through the box's of the others."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.exchange.callback.commands import CallbackCommands
from appliance.exchange.callback.desk import CallbackDesk
from appliance.mqtt.dispatch import Dispatch
from appliance.mqtt.links import UnreachableError
from appliance.mqtt.topics import Topics
from appliance.queueing import callback_life as life
from appliance.queueing.callback_store import CallbackStore
from tests.queueing_callback.wishes import wish


class Two:
    """The box's exchange and a node's, which is reached as the broker reaches it: by JSON."""

    def __init__(self, box: CallbackDesk, node: CallbackDesk) -> None:
        self.box, self.node, self.reachable = box, node, True
        of_box = CallbackCommands(Topics("b", "box"), box, self._ask, lambda: ("node-1",)).table
        of_node = CallbackCommands(Topics("b", "node-1"), node, self._ask, lambda: ()).table
        self._commands = {"box": Dispatch(of_box.handlers), "node-1": Dispatch(of_node.handlers)}

    async def _ask(
        self, topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        assert topic == "hotline/b/exchange/node-1/command"
        if not self.reachable:
            raise UnreachableError("no answer")
        try:
            result = await self.of("node-1", name, **json.loads(json.dumps(dict(args))))
        except CommandError as error:
            return {"ok": False, "error": {"code": str(error.code), "message": error.message}}
        return {"ok": True, "result": json.loads(json.dumps(dict(result)))}

    async def of(self, exchange: str, name: str, **args: Any) -> Any:
        return await self._commands[exchange].execute(Command("1", name, args, "local"))

    async def ids(self, **args: Any) -> list[str]:
        return [one["id"] for one in (await self.of("box", "callback.list", **args))["callbacks"]]


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
    answer = await two.of("box", "callback.list")
    assert ([one["id"] for one in answer["callbacks"]], answer["missing"]) == (["cb-box"], ["node-1"])


@pytest.mark.parametrize("id_", ["cb-box", "cb-node"])
async def test_one_is_taken_back_wherever_it_is_kept(two: Two, id_: str) -> None:
    answer = await two.of("box", "callback.cancel", id=id_)
    assert (answer["callback"]["id"], answer["callback"]["result"]) == (id_, "cancelled")
    assert id_ not in await two.ids()
    assert id_ in await two.ids(ended=5)
    with pytest.raises(CommandError, match="stands"):
        await two.of("box", "callback.cancel", id=id_)


async def test_not_while_they_talk_and_not_what_nobody_knows(two: Two) -> None:
    await two.node.move("cb-node", lambda one: life.dial(one, "anna", "hl-cb-node-0001"))
    await two.node.move("cb-node", lambda one: life.connected(one, "anna", "hl-cb-node-0001"))
    with pytest.raises(CommandError, match="they are talking") as refused:
        await two.of("box", "callback.cancel", id="cb-node")
    assert refused.value.code is ErrorCode.CONFLICT
    for args in ({"id": "cb-nobody"}, {"id": "cb-node", "here": True}, {"id": ""}, {"id": "x" * 101}, {}):
        with pytest.raises(CommandError) as refused:
            await two.of("box", "callback.cancel", **args)
        assert refused.value.code is ErrorCode.BAD_REQUEST
    two.reachable = False
    with pytest.raises(CommandError, match="not known here, and node-1 does not answer") as refused:
        await two.of("box", "callback.cancel", id="cb-node")
    assert refused.value.code is ErrorCode.FAILED
    assert [one.id for one in two.node.standing] == ["cb-node"]
