"""Callbacks on a real Asterisk, with sound and keys: one world, every row (C1-C5)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.calls.codec import to_text
from appliance.calls.privacy import nobodys
from appliance.domain.calls import CallRecord, LegResult, Outcome
from appliance.queueing import callback_life as life
from appliance.queueing.presence import ALL, Presence, Word
from appliance.roster.models import Roster
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import ANNA, BORIS, CYRIL, SERVICE, TECH, Rig, Said, rig, spoken, until
from tests.exchange_transfer.people import calls, hears

PEOPLE = {"tech-1": TECH, "anna": ANNA, "boris": BORIS, "cyril": CYRIL}
OFFERED = "+420226000101"
AGENT = Behaviour(answers_after_s=0.3, says=None, tone_after_s=0.1)
# a key, so that nothing depends on how quickly a busy machine brings their voice to a judge
CALLER = Behaviour(answers_after_s=1.6, says="hello", tone_after_s=3.0, presses="1", presses_after_s=2.5)
VOICEMAIL = Behaviour(answers_after_s=1.6, says="voicemail", tone=False)
NUMBER, DIGIT, CONFIRMED = "question", "question-2", "information"  # the tones that stand for what is said


def roster(number: str, digit: str, confirmed: str) -> Roster:
    sounds = {"callback-number": number, "callback-confirmed": confirmed, "callback-keys": "silence"}
    sounds |= {f"digit-{one}": "silence" for one in range(10)}
    sounds |= {"digit-7": digit}
    desk = {
        "id": "desk",
        "name": "Desk",
        "agents": ["anna"],
        "screening": "off",
        "say_position": False,
        "say_wait": False,
        "prompts": "tones",
        "callback": {"retry_after_s": 1.0, "ring_s": 10.0},
    }
    offered = desk | {"id": "offered", "callback": {"offer_after_s": 1.0, "key": False}}
    return Roster.model_validate(
        {
            "revision": 1,
            "duty": {"default": "tech-1"},
            "person": [{"id": id_, "name": id_.title(), "mobile": number} for id_, number in PEOPLE.items()],
            "queue": [desk, offered],
            "line": [
                {"id": "service", "name": "Service", "numbers": [SERVICE], "open": ["queue:desk"]},
                {"id": "second", "name": "Second", "numbers": [OFFERED], "open": ["queue:offered"]},
            ],
            "prompts": [{"id": "tones", "language": "en", "sounds": sounds}],
        }
    )


async def at_work(world: Rig, presence: Presence) -> None:
    await world.said.say("anna", Word(presence, datetime.now(UTC)), ALL)
    assert world.hub is not None
    world.hub.world.queues.poke()


async def waits(world: Rig, number: str = CYRIL, called: str = SERVICE) -> int:
    name = world.talkers.dial(called, number)
    assert world.hub is not None
    queues = world.hub.world.queues
    before = len(queues.waiting("desk")) + len(queues.waiting("offered"))
    await until(lambda: len(queues.waiting("desk")) + len(queues.waiting("offered")) > before)
    return name


def press(world: Rig, name: int, keys: str) -> None:
    world.talkers.call(name).stream.press(keys)


def count(world: Rig, name: int, what: str) -> int:
    return sum(one["what"] == what for one in world.talkers.told(name)["heard"])


async def records(world: Rig, *outcomes: Outcome) -> dict[str, CallRecord]:
    """The log's records with these outcomes, by callback, once there is one of each."""
    async with asyncio.timeout(90):
        while True:
            found = {one.outcome.value: one for one in await world.records() if one.outcome in outcomes}
            if len(found) == len(outcomes):
                return found
            await asyncio.sleep(0.1)


async def test_callbacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "LETS_GO_S", 0.2)
    said = Said(Roster.model_construct())
    async with rig(tmp_path, said, start=False, sounds=await spoken(tmp_path)) as world:
        said.roster = roster(*[await world.own(name, 0.4) for name in (NUMBER, DIGIT, CONFIRMED)])
        await world.start()
        world.manners(anna=AGENT, cyril=CALLER, boris=CALLER)
        await at_work(world, Presence.PAUSED)
        assert world.callbacks is not None

        # C2, C3: 2 is pressed, the number read back digit by digit, and confirmed
        name = await waits(world)
        press(world, name, "2")
        assert await world.talkers.hears(name, NUMBER, 90)
        await until(lambda: count(world, name, DIGIT) >= 1)
        press(world, name, "*")
        assert await world.talkers.hears(name, CONFIRMED, 90)
        await asyncio.wait_for(world.talkers.call(name).over.wait(), 20)
        (standing,) = world.callbacks.standing
        assert (standing.number, standing.queue) == (CYRIL, "desk")

        # C4: an agent is free, answers, and only then the caller's phone rings; they hear each other
        await at_work(world, Presence.IN)
        await until(lambda: len(calls(world, "cyril")) == 1)
        (agent,), (caller,) = world.rung("anna"), world.rung("cyril")
        assert caller["began"] >= agent["answered_at"]
        assert caller["from"] == world.asterisk.config.modem.service_number.e164
        await hears(world, "anna", "cyril")
        await hears(world, "cyril", "anna")
        for call in world.lasting():
            call.hang_up()
        found = await records(world, Outcome.CALLBACK, Outcome.ANSWERED)
        assert found["callback"].callback == found["answered"].id == standing.id
        assert found["answered"].answered_by == "anna"
        assert {leg.result for leg in found["answered"].legs} == {LegResult.TALKED}
        for one in found.values():  # whoever wants to be forgotten is in neither record any more
            digits = CYRIL.removeprefix("+")
            assert digits in to_text(one)
            assert digits not in to_text(nobodys(one, digits))
        await until(lambda: not world.lasting())

        # C1: offered by itself; 0, a number that is none, another number; # back to waiting, and the agent has them
        await at_work(world, Presence.PAUSED)
        name = await waits(world, "anonymous", OFFERED)
        assert await world.talkers.hears(name, "sound", 90)  # it is offered
        await asyncio.sleep(0.5)
        press(world, name, "2#")
        press(world, name, BORIS.removeprefix("+420") + "#")
        assert await world.talkers.hears(name, NUMBER, 90)
        press(world, name, "#")
        await asyncio.sleep(0.5)
        assert world.callbacks.standing == []
        await at_work(world, Presence.IN)
        assert await world.talkers.hears(name, "anna", 90)
        world.talkers.call(name).hang_up()
        await until(lambda: not world.lasting())

        # the caller is busy when called, then has a voicemail, then answers: tried again, the agent free meanwhile
        await at_work(world, Presence.PAUSED)
        name = await waits(world, BORIS)
        press(world, name, "2*")
        await asyncio.wait_for(world.talkers.call(name).over.wait(), 20)
        world.manners(boris=Behaviour(refuses=486))
        await at_work(world, Presence.IN)
        await until(lambda: len(calls(world, "boris")) == 1)
        world.manners(boris=VOICEMAIL)
        await until(lambda: len(calls(world, "boris")) == 2, 90)
        await until(lambda: calls(world, "boris")[1].ended_at is not None, 90)
        world.manners(boris=CALLER)
        await until(lambda: len(calls(world, "boris")) == 3, 90)
        await hears(world, "anna", "boris")
        (standing,) = world.callbacks.standing
        assert (standing.tries, standing.attempt) == (2, 3)
        for call in world.lasting():
            call.hang_up()
        await until(lambda: not world.callbacks.standing)  # type: ignore[union-attr]
        await until(lambda: not world.lasting())
        async with asyncio.timeout(90):
            while (record := await world.log.get(standing.id)) is None or record.ended_at is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        tried = [leg.result for leg in record.legs if leg.number == BORIS]
        assert tried == [LegResult.BUSY, LegResult.MACHINE, LegResult.TALKED]
