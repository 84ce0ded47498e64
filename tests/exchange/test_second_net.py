"""A greeting that pauses behind its first word is taken for a person; its beep takes the caller back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.calls import CallRecord, LegResult, Outcome
from appliance.exchange import screen
from bench.phones.behaviour import Behaviour
from bench.phones.sounds import Sounds
from tests.exchange.rig import SERVICE, Rig, Said, rig, roster, spoken, until
from tests.exchange.test_recovery import killed

FRAME_S, SILENCE = 0.02, b"\xd5" * 160
PAUSING = Behaviour(answers_after_s=1.6, says="pausing", tone=False)


async def pausing(folder: Path) -> Sounds:
    """With a voicemail that says a word, is silent for longer than a greeting should be, and goes on."""
    sounds = await spoken(folder)
    pause = [SILENCE] * round(1.2 / FRAME_S)
    sounds._frames["pausing"] = [*sounds.get("hello"), *pause, *sounds.get("voicemail")]
    return sounds


async def connected(world: Rig) -> CallRecord:
    """The record, once somebody has answered."""
    async with asyncio.timeout(90):
        while True:
            for record in await world.records():
                if record.answered_at:
                    return record
            await asyncio.sleep(0.05)


async def test_the_caller_is_taken_back_from_a_machine_and_ends_at_a_human(tmp_path: Path) -> None:
    said = Said(roster(screening="auto", members=["anna", "boris"], ring_s=30))
    async with rig(tmp_path, said, sounds=await pausing(tmp_path)) as world:
        world.manners(anna=PAUSING, boris=Behaviour(answers_after_s=6, says="hello", tone_after_s=6))
        name = world.talkers.dial(SERVICE)
        first = await connected(world)
        assert (first.answered_by, first.watched) == ("anna", True)
        assert await world.talkers.hears(name, "boris", 90)
        assert (await connected(world)).answered_by == "boris"
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.outcome, record.answered_by, record.watched) == (Outcome.ANSWERED, "boris", None)
        legs = [(leg.person, leg.result, leg.screening) for leg in record.legs]
        assert sorted(legs) == [
            ("anna", LegResult.MACHINE, "machine"),
            ("boris", LegResult.ELSEWHERE, None),
            ("boris", LegResult.TALKED, "human"),
        ]
        assert record.answered_at is not None
        assert first.answered_at is not None
        assert record.answered_at > first.answered_at
        assert record.waited_s is not None
        assert record.waited_s > 15
        assert len(world.rung("anna")) == 1
        heard = [one["what"] for one in world.talkers.told(name)["heard"]]
        assert heard.count("ringing") >= 1
        assert heard[-1] == "boris"
        await until(lambda: not world.lasting())
        await world.no_channels()


async def test_who_takes_no_notice_of_the_caller_is_asked_while_the_others_ring_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "KEY_WITHIN_S", 12.0)
    said = Said(roster(screening="auto", members=["anna", "boris"], ring_s=60))
    sounds = await pausing(tmp_path)
    pause = [SILENCE] * round(1.2 / FRAME_S)
    sentence = sounds.get("greeting-long")
    sounds._frames["mutters"] = [*sounds.get("hello"), *pause, *sentence, *sentence]  # and no beep
    async with rig(tmp_path, said, sounds=sounds) as world:
        # the key comes well behind the doubt and well within its time: before a doubt it makes a human
        talker = Behaviour(answers_after_s=1.6, says="mutters", tone_after_s=19, presses="1", presses_after_s=15)
        world.manners(anna=replace(talker, presses="", tone=False), boris=replace(talker, answers_after_s=18.0))
        name = world.talkers.dial(SERVICE)
        assert (await connected(world)).answered_by == "anna"
        # nobody presses anything at the machine; the person does, and the caller is with them again
        assert await world.talkers.hears(name, "boris", 90)
        record = await connected(world)
        assert (record.answered_by, record.watched) == ("boris", None)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        legs = {leg.person: (leg.result, leg.screening) for leg in record.legs if leg.answered_at}
        assert legs == {"anna": (LegResult.NOT_ACCEPTED, "doubt"), "boris": (LegResult.TALKED, "key")}
        assert len(world.rung("anna")) == 1
        assert len(world.rung("boris")) == 2  # before anna was taken for a human, and after that
        await until(lambda: not world.lasting())
        await world.no_channels()


async def test_with_nobody_else_in_the_group_the_next_step_comes(tmp_path: Path) -> None:
    said = Said(roster(screening="auto", members=["anna"], ring_s=30))
    async with rig(tmp_path, said, sounds=await pausing(tmp_path)) as world:
        last = Behaviour(answers_after_s=1.5, says="hello", tone_after_s=2, presses="1", presses_after_s=4)
        world.manners(**{"anna": PAUSING, "tech-1": last})
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "tech-1", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.answered_by, record.outcome) == ("tech-1", Outcome.ANSWERED)
        assert len(world.rung("anna")) == 1


async def test_after_a_crash_nobody_listens_and_nobody_is_cut_off(tmp_path: Path) -> None:
    said = Said(roster(screening="auto", members=["anna"]))
    async with rig(tmp_path, said, sounds=await spoken(tmp_path)) as world:
        world.manners(anna=Behaviour(answers_after_s=1.6, says="hello", tone_after_s=2))
        name = world.talkers.dial(SERVICE)
        assert (await connected(world)).watched
        await killed(world)
        await world.start()
        assert await world.talkers.hears(name, "anna", 90)
        async with asyncio.timeout(90):
            while (await connected(world)).watched is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        assert len(world.lasting()) == 1
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.answered_by == "anna"
        await until(lambda: not world.lasting())
        await world.no_channels()


async def test_who_presses_a_key_is_a_human(tmp_path: Path) -> None:
    said = Said(roster(screening="auto", members=["anna"]))
    async with rig(tmp_path, said, sounds=await spoken(tmp_path)) as world:
        # the tone goes on, so nothing else would end the watch for half a minute
        world.manners(
            anna=Behaviour(answers_after_s=1.6, says="hello", tone_after_s=2, presses="5", presses_after_s=6)
        )
        name = world.talkers.dial(SERVICE)
        assert (await connected(world)).watched
        async with asyncio.timeout(90):
            while (await connected(world)).watched:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert len(world.lasting()) == 1
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.answered_by, record.legs[0].screening) == ("anna", "human")


async def test_a_crash_just_before_the_machine_is_hung_up(tmp_path: Path) -> None:
    said = Said(roster(screening="auto", members=["anna", "boris"], ring_s=30))
    async with rig(tmp_path, said, sounds=await pausing(tmp_path)) as world:
        world.manners(anna=PAUSING, boris=Behaviour(answers_after_s=6, says="hello", tone_after_s=2))
        name = world.talkers.dial(SERVICE)
        await connected(world)
        assert world.hub is not None
        world.hub.errands.run = lambda job: job.close()  # type: ignore[method-assign]
        async with asyncio.timeout(90):
            while (await world.records())[0].answered_at:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await world.stop()
        assert any(call.number == world.rung("anna")[0]["number"] for call in world.lasting())
        world.manners(anna=Behaviour(answers_after_s=None))
        await world.start()
        assert await world.talkers.hears(name, "boris", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.answered_by, record.outcome) == ("boris", Outcome.ANSWERED)
        # both are rung at once: either may be the first in the log
        assert [leg.result for leg in record.legs if leg.person == "anna"] == [LegResult.MACHINE]
        await until(lambda: not world.lasting())
