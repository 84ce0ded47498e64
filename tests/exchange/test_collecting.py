"""The box's log has every call of the service, and each call is told once it has ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.calls import codec
from appliance.calls.log import CallLog
from appliance.calls.queries import CallQuery
from appliance.domain.calls import CallRecord, Outcome
from appliance.domain.commands import Command, CommandError
from appliance.exchange.collector import Collector
from appliance.exchange.commands.exchange import ExchangeCommands
from appliance.exchange.teller import tell_calls
from appliance.mqtt.links import UnreachableError
from appliance.mqtt.topics import Topics


def record(exchange: str, number: int, *, ended: bool = True) -> CallRecord:
    at = f"2026-03-01T12:00:{number:02d}.000Z"
    return CallRecord(
        exchange, f"{exchange}-{number}", at, None, "+420226000100", ended_at=at if ended else None,
        outcome=Outcome.ABANDONED if ended else None,
    )  # fmt: skip


async def until(wanted: Any) -> None:
    async with asyncio.timeout(90):
        while not await wanted():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_the_box_collects_what_it_has_not_had(tmp_path: Path) -> None:
    box, node = (
        await CallLog.open(tmp_path / "box.db", "box", patience_s=60),
        await CallLog.open(tmp_path / "node.db", "node-1", patience_s=60),
    )
    commands = ExchangeCommands("node-1", node, dict, lambda _: False)
    away = True

    async def ask(topic: str, name: str, args: Mapping[str, Any], id_: str, _: float) -> Mapping[str, Any]:
        if away:
            raise UnreachableError("nobody answers")
        assert topic == "hotline/brno/exchange/node-1/command"
        try:
            result = await commands.execute(Command(id_, name, dict(args), "local"))
        except CommandError as error:
            return {"ok": False, "error": {"message": error.message}}
        return {"ok": True, "result": json.loads(json.dumps(result))}

    collector = Collector(Topics("brno", "box"), box, ask)
    task = asyncio.create_task(collector.run())
    for number in range(5):
        await node.put(record("node-1", number, ended=number < 4))

    def tell(name: str, seq: object) -> None:
        payload = json.dumps({"log": {"seq": seq}}).encode()
        collector.hear(f"hotline/brno/exchange/{name}/state", payload)

    tell("node-1", node.last_seq)
    tell("box", 17)  # itself
    tell("node-2", "odd")
    collector.hear("hotline/brno/exchange/node-1/state", b"{")
    await asyncio.sleep(0.05)
    assert await box.find(CallQuery()) == []
    away = False
    await node.put(record("node-1", 4))
    tell("node-1", node.last_seq)

    async def had() -> bool:
        return {one.id for one in await box.find(CallQuery()) if one.ended_at} == {f"node-1-{n}" for n in range(5)}

    await until(had)
    task.cancel()
    await asyncio.wait({task})
    await box.close()
    await node.close()


class Told:
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.kept: dict[str, Any] = {}

    async def append(self, type_: str, data: Mapping[str, Any]) -> None:
        assert type_ == "call"
        self.calls.append(data["id"])

    async def remember(self, key: str, value: Any) -> bool:
        self.kept[key] = value
        return True

    async def recall(self, key: str) -> Any:
        return self.kept.get(key)


async def test_calls_are_told_once_they_have_ended_over_restarts(tmp_path: Path) -> None:
    log, told = await CallLog.open(tmp_path / "calls.db", "box", patience_s=60), Told()
    await log.put(record("box", 1))
    await log.put(record("box", 2, ended=False))

    async def while_told(count: int) -> None:
        task = asyncio.create_task(tell_calls("box", log, told))

        async def enough() -> bool:
            return len(told.calls) >= count and told.kept.get("exchange-calls-told") == log.last_seq

        await until(enough)
        task.cancel()
        await asyncio.wait({task})

    await while_told(1)
    assert told.calls == ["box-1"]
    await log.put(record("box", 2))
    await while_told(2)
    assert told.calls == ["box-1", "box-2"]
    await log.close()


async def test_what_one_answers_costs_not_the_others(tmp_path: Path) -> None:
    box, node = (
        await CallLog.open(tmp_path / "box.db", "box", patience_s=60),
        await CallLog.open(tmp_path / "node.db", "node-2", patience_s=60),
    )
    commands = ExchangeCommands("node-2", node, dict, lambda _: False)
    await node.put(record("node-2", 1))
    one = {"seq": 10**30, "call": codec.to_mapping(record("node-1", 1))}
    garbage: list[Any] = [None, 7, [], {"ok": True}, {"ok": True, "result": {"rows": [one], "next": 10**30}}]
    asked: list[Any] = []

    async def ask(topic: str, name: str, args: Mapping[str, Any], id_: str, _: float) -> Any:
        if "node-1" in topic:
            asked.append(garbage[len(asked) % len(garbage)])
            return asked[-1]
        return {
            "ok": True,
            "result": json.loads(json.dumps(await commands.execute(Command(id_, name, dict(args), "local")))),
        }

    collector = Collector(Topics("brno", "box"), box, ask)
    task = asyncio.create_task(collector.run())
    for number in range(len(garbage)):
        collector.hear("hotline/brno/exchange/node-1/state", json.dumps({"log": {"seq": 2**70 + number}}).encode())
        collector.hear("hotline/brno/exchange/node-1/state", b"[" * 100_000)

        async def told(number: int = number) -> bool:
            return len(asked) > number

        await until(told)
    collector.hear("hotline/brno/exchange/node-2/state", json.dumps({"log": {"seq": node.last_seq}}).encode())

    async def had() -> bool:
        return [one.id for one in await box.find(CallQuery())] == ["node-2-1"]

    await until(had)
    assert not task.done()
    task.cancel()
    await asyncio.wait({task})
    await box.close()
    await node.close()
