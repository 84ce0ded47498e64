"""The service is killed again and again while callbacks are asked for and carried out, on a real Asterisk (B8)."""

from __future__ import annotations

import asyncio
import itertools
import random
from pathlib import Path

import pytest

from appliance.queueing.callback_life import Result
from appliance.queueing.callback_store import CallbackStore, callbacks_file
from appliance.roster.models import Roster, to_document
from bench.phones.behaviour import Behaviour
from bench.phones.call import Call
from tests.exchange import rig as rig_module
from tests.exchange.rig import ANNA, BORIS, CYRIL, HZ, PEOPLE, SERVICE, TECH, Rig, Said, rig, until
from tests.exchange.test_the_service import operator, service
from tests.exchange_transfer.people import calls

CALLERS = {f"+42077700020{number}": f"caller-{number}" for number in range(4)}
AGENTS = {"anna": ANNA, "boris": BORIS, "cyril": CYRIL}
AGENT = Behaviour(answers_after_s=0.3, says=None, tone_after_s=0.0, gives_up_after_s=40.0, hangs_up_after_s=15.0)
# a key, so that nothing depends on how quickly a busy machine brings their voice to a judge
CALLER = Behaviour(
    answers_after_s=1.0, says=None, tone_after_s=3.0, presses="1", presses_after_s=1.0, hangs_up_after_s=12.0
)
KILLS = 4
SILENT = ("callback-number", "callback-keys", "callback-confirmed", "goodbye", "digits")


def roster() -> Roster:
    desk = {
        "id": "desk",
        "name": "Desk",
        "agents": [*AGENTS],
        "screening": "off",
        "strategy": "firstavailable",
        "say_position": False,
        "say_wait": False,
        "prompts": "short",
        "callback": {"retry_after_s": 1.0, "ring_s": 15.0, "tries": 5},
    }
    people = {"tech-1": TECH, **AGENTS}
    return Roster.model_validate(
        {
            "revision": 7,
            "duty": {"default": "tech-1"},
            "person": [{"id": id_, "name": id_.title(), "mobile": number} for id_, number in people.items()],
            "queue": [desk],
            "line": [{"id": "service", "name": "Service", "open": ["queue:desk"]}],
            # nothing takes long but the attempts, which are what the kills are to meet
            "prompts": [{"id": "short", "language": "en", "sounds": dict.fromkeys(SILENT, "silence")}],
        }
    )


async def asks(world: Rig, number: str) -> None:
    """A caller who waits, presses 2 and star, and again until they are told goodbye; or has an agent."""
    name = world.talkers.dial(SERVICE, number)
    call = world.talkers.call(name)
    while call.ended_at is None:
        for key in "2*":
            await asyncio.sleep(1.2)
            if call.ended_at is None:
                call.stream.press(key)


def overlaps(of: list[Call], by_s: float = 0.0) -> bool:
    """Whether somebody was called while another call to them lasted, and went on for so long after that."""
    of = sorted(of, key=lambda call: call.began)
    return any((one.ended_at or 9e12) > later.began + by_s for one, later in itertools.pairwise(of))


async def test_killed_while_callbacks_are_asked_for_and_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig_module, "PEOPLE", PEOPLE | CALLERS)
    tones = {name: 1340 + 60 * place for place, name in enumerate(CALLERS.values())}
    monkeypatch.setattr(rig_module, "HZ", HZ | tones)
    chance = random.Random(7)
    async with rig(tmp_path, Said(roster()), start=False, broker=True) as world, operator(world) as told:
        process = service(world)
        await process.start()
        try:
            document = {"schema": 1, "revision": 7, "at": "2026-11-22T08:00:00.000Z", "roster": to_document(roster())}
            await told.say("roster", document)
            await until(lambda: told.state().get("roster") == {"revision": 7} and told.state()["ari"] == "connected")
            world.manners(**dict.fromkeys(AGENTS, Behaviour(answers_after_s=None)))
            world.manners(**dict.fromkeys(CALLERS.values(), CALLER))
            asking = [asyncio.create_task(asks(world, number)) for number in CALLERS]
            for kill in range(KILLS):
                await asyncio.sleep(chance.uniform(1.5, 6.0))
                await process.kill()
                seen = process.log_tail(10_000).count("is connected")
                await process.start()
                await until(lambda: process.log_tail(10_000).count("is connected") > seen, 90)  # noqa: B023
                if kill == 1:  # by now they wait, or have asked
                    world.manners(**dict.fromkeys(AGENTS, AGENT))
            async with asyncio.timeout(90):
                await asyncio.gather(*asking)
            store = CallbackStore(callbacks_file(world.asterisk.config.device.state_dir), answers_within_s=20)
            async with asyncio.timeout(120):
                while await store.standing():  # noqa: ASYNC110 - another process writes it
                    await asyncio.sleep(0.5)
            await until(lambda: not world.lasting(), 90)
            done = await store.recent(100)
            await store.close()
            listed = await told.ask("callback.list", ended=50)
            log = (await told.ask("calls.find", limit=100))["result"]["calls"]
        finally:
            await process.kill()
            print(process.log_tail(200))
        carried_out = {one.number for one in done if one.result is Result.TALKED}
        for number, name in CALLERS.items():
            theirs = calls(world, name)
            assert not overlaps(theirs), f"{name} was called twice at once"
            legs = [leg for call in log for leg in call["legs"] if leg["number"] == number]
            talked = [leg for leg in legs if leg["result"] == "talked"]
            assert len(talked) == (number in carried_out), f"{name}: {legs}"
            assert len([call for call in theirs if call.answered_at is not None]) >= len(talked)
            if talked:  # nobody is called again after that
                assert max(leg["dialled_at"] for leg in legs) == talked[0]["dialled_at"]
        for agent in AGENTS:
            # the word that the last call is over may be a moment behind the next call, which comes by another trunk
            assert not overlaps([call for call in calls(world, agent) if call.status != 486], by_s=2.0)
        assert carried_out
        assert {one["id"] for one in listed["result"]["callbacks"]} == {one.id for one in done}
