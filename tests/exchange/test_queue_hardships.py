"""A queue whose agents' phones may be machines, whose calls are recorded, and whose callers press anything."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from appliance.domain.calls import LegResult, Outcome
from appliance.queueing.presence import Presence
from appliance.recordings.entry import State
from bench.phones.behaviour import BY_NAME, NORMAL, Behaviour
from tests.exchange.callers import called, flood
from tests.exchange.rig import SERVICE, Said, rig, spoken, until
from tests.exchange.test_queues import log_out, roster, waiting
from tests.exchange_recording.talks import sides_of, who

QUICK = Behaviour(answers_after_s=0.3, says=None, tone_after_s=0.1)


async def test_an_agents_voicemail_is_passed_over_and_the_talk_is_recorded(tmp_path: Path) -> None:
    desk = {
        "id": "desk",
        "agents": ["anna", "boris"],
        "strategy": "firstavailable",
        "screening": "auto",
        "ring_s": 15.0,
        "record": True,
    }
    async with rig(tmp_path, Said(roster(desk)), start=False, sounds=await spoken(tmp_path)) as world:
        await world.start()
        # a key, so that nothing depends on how quickly a busy machine brings their voice to a judge
        person = replace(NORMAL, presses="1", presses_after_s=2.5, tone_after_s=3.0)
        world.manners(anna=BY_NAME["voicemail"], boris=person)
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "boris", 90)
        await asyncio.sleep(1.0)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.outcome, record.answered_by, record.queue_left) == (Outcome.ANSWERED, "boris", "agent")
        assert {leg.person: leg.result for leg in record.legs} == {
            "anna": LegResult.MACHINE,
            "boris": LegResult.TALKED,
        }
        assert [
            one["what"] for one in world.rung("anna", heard=True)[0]["heard"] if one["what"].startswith("customer")
        ] == []
        recording = await world.recorded(record.recording)
        assert recording.state is State.WHOLE
        (both,) = sides_of(world.archive.keeper.path(recording))
        assert "boris" in who(both)


async def test_thousands_of_keys_cost_the_caller_nothing(tmp_path: Path) -> None:
    desk = {"id": "desk", "agents": ["anna"], "callback": {}}
    async with rig(tmp_path, Said(roster(desk))) as world:
        world.manners(anna=QUICK)
        log_out(world, "anna", presence=Presence.PAUSED)
        name = world.talkers.dial(SERVICE)
        await until(lambda: len(waiting(world)) == 1)  # of two at one moment either may be the first
        other = world.talkers.dial(SERVICE)
        await until(lambda: len(waiting(world)) == 2)
        for keys in ("2130", "20" + "7" * 97, "ABCD*#2"):
            flood(world, name, keys, 3000)
            await asyncio.sleep(0.5)
        flood(world, other, "13579", 3000)
        assert waiting(world) == [called(name), called(other)]
        assert world.callbacks is not None
        assert world.callbacks.standing == []
        log_out(world, "anna", presence=Presence.IN)
        for one in (name, other):
            assert await world.talkers.hears(one, "anna", 90)
            world.talkers.call(one).hang_up()
        assert {record.answered_by for record in await world.ended(2)} == {"anna"}


async def test_a_phone_that_has_not_heard_yet_that_its_call_is_over_is_asked_once_more(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster({"id": "desk", "agents": ["anna"]}))) as world:
        world.manners(anna=QUICK)
        first = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(first, "anna", 90)
        second = world.talkers.dial(SERVICE, "+420601000002")
        await until(lambda: len(waiting(world)) == 1)
        world.manners(anna=BY_NAME["busy"])
        world.talkers.call(first).hang_up()
        await until(lambda: len(world.rung("anna")) == 2)
        world.manners(anna=QUICK)
        assert await world.talkers.hears(second, "anna", 12)  # who is truly busy is left alone for 15 s
        world.talkers.hang_up_all()
        records = await world.ended(2)
        legs = [leg.result for one in records if one.caller == "+420601000002" for leg in one.legs]
        assert legs == [LegResult.BUSY, LegResult.TALKED]
        # truly busy: no more than that one try more
        world.manners(anna=BY_NAME["busy"])
        third = world.talkers.dial(SERVICE, "+420601000003")
        await until(lambda: len(world.rung("anna")) == 5)
        await asyncio.sleep(2.0)
        assert len(world.rung("anna")) == 5
        world.talkers.call(third).hang_up()
