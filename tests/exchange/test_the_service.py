"""``hotline exchange`` as a process: it serves, is killed, leaves."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiomqtt

from appliance.roster.models import to_document
from bench.phones.behaviour import Behaviour
from bench.processes import Process
from tests.exchange.rig import BORIS, SERVICE, Rig, Said, rig, roster, until

DEVICE = "box"
QUICK = Behaviour(answers_after_s=0.3, tone_after_s=0.1)
NEVER = Behaviour(answers_after_s=None)


def service(world: Rig) -> Process:
    file = world.asterisk.folder / "hotline.toml"
    argv = [sys.executable, "-m", "appliance", "exchange", "--config", str(file)]
    return Process("exchange", argv, world.asterisk.folder / "exchange.log", Path.cwd())


async def test_it_serves_without_broker_and_roster_and_leaves_at_once(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster()), start=False) as world:
        process = service(world)
        await process.start()
        try:
            await until(lambda: "is connected" in process.log_tail(100))
            world.manners(
                **{
                    "tech-1": Behaviour(
                        answers_after_s=1.5, says=None, tone_after_s=5, presses="1", presses_after_s=4
                    )
                }
            )
            name = world.talkers.dial(SERVICE)
            assert await world.talkers.hears(name, "tech-1", 90)
            await process.stop(20.0)
            # a machine with too much to do may not let it tidy up in the time that it has for that
            assert process.returncode == 0 or "leaving hard" in process.log_tail(10)
            assert len(world.lasting()) == 1  # they talk on
        finally:
            await process.kill()
            print(process.log_tail(100))


class Operator:
    """Whoever listens on the broker, gives commands, and plays the guard."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._numbers = itertools.count(1)

    async def listen(self) -> None:
        async for message in self._client.messages:  # until the broker goes
            with suppress(ValueError):
                self.heard.append((str(message.topic), json.loads(bytes(message.payload))))  # type: ignore[arg-type]

    async def say(self, name: str, document: dict[str, Any]) -> None:
        await self._client.publish(f"hotline/{DEVICE}/{name}", json.dumps(document), 1, retain=True)

    async def ask(self, name: str, **args: Any) -> dict[str, Any]:
        id_ = f"test-{next(self._numbers)}"
        command = {"schema": 1, "id": id_, "name": name, "args": args}
        await self._client.publish(f"hotline/{DEVICE}/exchange/box/command", json.dumps(command), 1)
        answer: list[dict[str, Any]] = []

        def answered() -> bool:
            answer[:] = [one for topic, one in self.heard if topic.endswith("box/response") and one["id"] == id_]
            return bool(answer)

        await until(answered, 90)
        return answer[0]

    def calls(self) -> list[dict[str, Any]]:
        return [one["data"] for topic, one in self.heard if topic.endswith("box/event") and one["type"] == "call"]

    def state(self) -> dict[str, Any]:
        return next((one for topic, one in reversed(self.heard) if topic.endswith("exchange/box/state")), {})


@asynccontextmanager
async def operator(world: Rig) -> AsyncIterator[Operator]:
    host = world.asterisk.config.mqtt[0].host
    async with aiomqtt.Client(host, protocol=aiomqtt.ProtocolVersion.V5, timeout=60) as client:
        await client.subscribe(f"hotline/{DEVICE}/#", 1)
        made = Operator(client)
        task = asyncio.create_task(made.listen())
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.wait({task})


async def test_roster_duty_commands_and_events_over_a_broker_and_a_kill_in_the_middle(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster()), start=False, broker=True) as world, operator(world) as told:
        process = service(world)
        await process.start()
        try:
            document = to_document(roster(members=["anna"])) | {"revision": 7}
            await told.say(
                "roster", {"schema": 1, "revision": 7, "at": "2026-11-22T08:00:00.000Z", "roster": document}
            )
            await told.say("state", {"schema": 1, "duty": {"person": "boris", "number": BORIS, "until": None}})
            await until(lambda: told.state().get("roster") == {"revision": 7} and told.state()["ari"] == "connected")
            manager = await world.asterisk.manager()
            async with asyncio.timeout(90):
                while await manager.db_get("hotline", "technician") != BORIS:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            manager.close()
            world.manners(anna=QUICK)
            name = world.talkers.dial(SERVICE, "+420601000001")
            assert await world.talkers.hears(name, "anna", 90)
            await until(lambda: [one["state"] for one in told.state()["calls"]] == ["talking"])
            await process.kill()
            await process.start()
            (call,) = await _calls_now(told)
            assert (call["caller"], call["with"], call["line"]) == ("+420601000001", "anna", "service")
            refused = await told.ask("call.hangup", id="nobody")
            assert refused["error"]["code"] == "bad_request"
            assert (await told.ask("call.hangup", id=call["id"]))["ok"]
            await until(world.talkers.call(name).over.is_set)
            await until(told.calls)
            (ended,) = told.calls()
            assert (ended["outcome"], ended["answered_by"], ended["id"]) == ("answered", "anna", call["id"])
            assert ended["ended_by"] == "operator"
            found = await told.ask("calls.find", number="+420601000001")
            assert [one["id"] for one in found["result"]["calls"]] == [call["id"]]
            after = await told.ask("calls.after", seq=0)
            assert [row["call"]["id"] for row in after["result"]["rows"]] == [call["id"]]
            assert after["result"]["next"] == after["result"]["last"]
            assert not (await told.ask("calls.after", seq="no"))["ok"]
            world.manners(anna=NEVER)
            name = world.talkers.dial(SERVICE, "+420601000002")
            (rings,) = await _calls_now(told)
            assert (await told.ask("call.hangup", id=rings["id"]))["ok"]
            await until(lambda: len(told.calls()) == 2)
            dismissed = told.calls()[1]  # whoever called did not give up, and is told of as missed
            assert (dismissed["outcome"], dismissed["ended_by"]) == ("unanswered", "operator")
            assert (await told.ask("voicemail.find"))["result"] == {"messages": [], "missing": []}
            world.manners(boris=QUICK)
            tested = (await told.ask("call.test"))["result"]  # whoever has duty
            assert (tested["number"], tested["person"], tested["result"]) == (BORIS, "boris", "picked_up")
        finally:
            await process.kill()
            print(process.log_tail(100))


async def _calls_now(told: Operator) -> list[dict[str, Any]]:
    async with asyncio.timeout(90):
        while True:
            answer = await told.ask("status")
            if answer["ok"] and answer["result"]["calls"]:
                return list(answer["result"]["calls"])
            await asyncio.sleep(0.1)


async def test_a_second_exchange_does_not_fight_for_the_calls(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster()), start=False) as world:
        first, second = service(world), service(world)
        await first.start()
        try:
            await until(lambda: "is connected" in first.log_tail(100))
            await second.start()
            assert await asyncio.wait_for(second.wait(), 30) == 1
            assert "another exchange" in second.log_tail(5)
        finally:
            await first.kill()
            await second.kill()
