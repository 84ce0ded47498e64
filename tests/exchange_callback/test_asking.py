"""A caller who waits asks to be called back, key by key; the queue goes on meanwhile (C1-C3, C5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.calls import Outcome
from appliance.queueing.callback_life import Result, State
from bench.virtual.asterisk import Channel
from bench.virtual.exchange import VirtualExchange
from bench.virtual.telephones import NEVER, Manner
from tests.exchange_callback.virtual import ANNA, BORIS, CALLER, OTHER, SERVICE, exchange, play, quiet, talks

READ_BACK = ["callback-number", "601000001", "callback-keys"]


def nobody_answers(world: VirtualExchange) -> None:
    for agent in (ANNA, BORIS):
        world.telephones.usual[agent] = NEVER


def everybody_answers(world: VirtualExchange) -> None:
    world.telephones.usual.clear()


def said(channel: Channel) -> list[str]:
    """What the caller was told of callbacks."""
    ours = ("callback", "goodbye", "wrong-key", "601", "777")
    return [sound for sound in channel.played if sound.startswith(ours)]


async def waits(world: VirtualExchange, number: str = CALLER, name: str = "1.1") -> Channel:
    nobody_answers(world)
    channel = world.asterisk.call_in(name, number, SERVICE)
    await asyncio.sleep(5)
    assert channel.music
    return channel


async def press(world: VirtualExchange, keys: str, name: str = "1.1", *, after_s: float = 1.0) -> None:
    await asyncio.sleep(after_s)
    world.asterisk.press(name, keys)
    await asyncio.sleep(0.5)


def test_pressing_2_reads_the_number_back_and_star_keeps_the_place(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            channel = await waits(world)
            other = world.asterisk.call_in("1.2", OTHER, SERVICE)
            await press(world, "2")
            assert said(channel) == READ_BACK
            assert not channel.music
            await press(world, "*")
            assert said(channel)[3:] == ["callback-confirmed", "goodbye"]
            (standing,) = world.desk.standing
            assert (standing.number, standing.call, standing.queue) == (CALLER, "1.1", "desk")
            await asyncio.wait_for(channel.over.wait(), 10)
            record = world.log.records["1.1"]
            assert (record.outcome, record.callback, record.queue_left) == (
                Outcome.CALLBACK,
                standing.id,
                "callback",
            )
            assert world.life.hub.world.queues.position("1.2") == 2  # the place is kept while nobody is on the line
            await asyncio.sleep(60)
            del world.telephones.usual[ANNA]  # one agent, so that the order shows
            assert await world.until(lambda: not world.desk.standing, 300)
            assert await world.until(other.over.is_set, 300)
            # in the order in which they came
            first, second = world.telephones.talked(CALLER)[0], world.log.records["1.2"]
            assert first.joined_at is not None
            assert second.answered_at is not None
            done = await world.desk.find(standing.id)
            assert done is not None
            assert done.result is Result.TALKED
            assert world.log.records[standing.id].answered_at < second.answered_at  # type: ignore[operator]
            await quiet(world)

    play(story)


def test_it_is_offered_after_so_many_seconds(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path, offer_after_s=30.0, key=False) as world:
            channel = await waits(world)
            await press(world, "2")  # not here
            assert said(channel) == []
            await asyncio.sleep(25)
            assert said(channel) == ["callback-instead", *READ_BACK]
            await asyncio.sleep(60)  # whoever says nothing waits on, and is not offered it again
            assert said(channel)[-1] == "callback-cancelled"
            assert channel.music
            heard = len(channel.played)
            await asyncio.sleep(200)
            assert len(channel.played) == heard
            world.asterisk.hang_up("1.1")
            await asyncio.sleep(1)
            assert world.desk.standing == []
            assert world.log.records["1.1"].outcome is Outcome.ABANDONED
            await quiet(world)

    play(story)


def test_another_number_is_keyed_in_and_hash_cancels(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            channel = await waits(world)
            await press(world, "2")
            await press(world, "0")
            await press(world, "112#")
            await press(world, "777000112#")
            assert said(channel)[3:] == [
                "callback-enter",
                "callback-forbidden",
                "callback-enter",
                "callback-number",
                "777000112",
                "callback-keys",
            ]
            await press(world, "#")
            assert said(channel)[-1] == "callback-cancelled"
            await asyncio.sleep(3)
            assert channel.music
            assert world.desk.standing == []
            assert world.life.hub.world.queues.waits("1.1")
            await press(world, "20777000112**")
            assert [one.number for one in world.desk.standing] == ["+420777000112"]

    play(story)


@pytest.mark.parametrize("number", ["anonymous", "", "9" * 40, "21", "not a number", "+420900123456"])
def test_without_a_number_that_can_be_called_one_is_asked_for(tmp_path: Path, number: str) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            channel = await waits(world, number)
            await press(world, "2")
            why = "callback-forbidden" if number.startswith("+") else "callback-no-number"
            assert said(channel) == [why, "callback-enter"]
            await press(world, "601000002**")
            assert [one.number for one in world.desk.standing] == [OTHER]

    play(story)


def test_thousands_of_keys_end_in_music_and_cost_the_others_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            channel = await waits(world)
            for keys in ("2" + "7" * 3000, "*#0" * 1000, "20#" * 1000, "ABCD" * 200):
                await press(world, keys)
            await asyncio.sleep(120)
            assert channel.music
            assert world.desk.standing == []
            everybody_answers(world)
            assert await world.until(channel.over.is_set, 120)
            assert world.log.records["1.1"].outcome is Outcome.ANSWERED

    play(story)


async def _while(world: VirtualExchange, keys: str, wanted: Callable[[], Any]) -> Channel:
    """An agent answers while the caller is in the middle of the dialogue."""
    channel = await waits(world)
    world.telephones.usual[BORIS] = NEVER
    await press(world, keys)
    everybody_answers(world)
    assert await world.until(wanted, 60)
    return channel


@pytest.mark.parametrize("keys", ["2", "20", "20777", "2#"])
def test_an_agent_who_is_free_in_the_middle_of_it_gets_the_caller(tmp_path: Path, keys: str) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            channel = await _while(world, keys, lambda: world.log.records["1.1"].answered_at)
            playing = len(channel.played)
            await press(world, "*")  # to the agent, not to us
            assert world.desk.standing == []
            await asyncio.wait_for(channel.over.wait(), 60)
            assert len(channel.played) == playing
            assert world.log.records["1.1"].outcome is Outcome.ANSWERED
            await quiet(world)

    play(story)


def test_an_agent_who_is_free_while_the_promise_is_said_gets_the_caller_who_is_not_called(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            channel = await waits(world)
            world.telephones.usual[ANNA] = Manner(answers_after_s=1.0)

            def anna_rings() -> bool:
                return any(one.manner.answers_after_s == 1.0 for one in world.asterisk.channels.values())

            assert await world.until(anna_rings, 60)
            await press(world, "2*", after_s=0.0)
            assert await world.until(lambda: world.log.records["1.1"].answered_at, 30)
            assert world.desk.standing == []
            await asyncio.wait_for(channel.over.wait(), 60)
            await asyncio.sleep(300)
            assert world.telephones.of(CALLER) == []
            record = world.log.records["1.1"]
            assert (record.outcome, record.callback) == (Outcome.ANSWERED, None)
            await quiet(world)

    play(story)


def test_who_hangs_up_before_the_promise_has_been_said_is_called_all_the_same(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            await waits(world)
            await press(world, "2*")
            world.asterisk.hang_up("1.1")
            await asyncio.sleep(1)
            assert world.log.records["1.1"].outcome is Outcome.CALLBACK
            everybody_answers(world)
            assert await world.until(lambda: not world.desk.standing, 300)
            assert len(talks(world)) == 1
            await quiet(world)

    play(story)


def test_a_disk_that_takes_nothing_is_told_politely_and_the_caller_waits_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            channel = await waits(world)
            world.full = True
            await press(world, "2*")
            assert said(channel)[-1] == "callback-full"
            assert world.desk.standing == []
            await asyncio.sleep(5)
            assert channel.music
            world.full = False
            await press(world, "2*")
            assert len(world.desk.standing) == 1

    play(story)


def test_digits_may_be_silent(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path, read_back=False) as world:
            channel = await waits(world)
            await press(world, "2")
            assert said(channel) == ["callback-this-number", "callback-keys"]

    play(story)


def test_who_calls_again_has_the_place_and_who_hangs_up_again_is_called_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            await waits(world)
            await press(world, "2*", after_s=60)
            await asyncio.sleep(10)
            (first,) = world.desk.standing
            world.asterisk.call_in("1.2", OTHER, SERVICE)
            await asyncio.sleep(30)
            again = world.asterisk.call_in("1.3", CALLER, SERVICE)
            await asyncio.sleep(5)
            queues = world.life.hub.world.queues
            assert [one.id for one in queues.waiting("desk")] == ["1.3", "1.2"]
            assert world.desk.standing[0].state is State.ASIDE
            world.asterisk.hang_up("1.3")
            await asyncio.sleep(2)
            assert world.desk.standing[0].state is State.WAITING
            assert [one.id for one in queues.waiting("desk")] == [first.id, "1.2"]
            again = world.asterisk.call_in("1.4", CALLER, SERVICE)
            await asyncio.sleep(5)
            everybody_answers(world)
            assert await world.until(again.over.is_set, 120)
            await asyncio.sleep(300)
            assert world.telephones.of(CALLER) == []  # had a human in the last call
            done = await world.desk.find(first.id)
            assert done is not None
            assert done.result is Result.CALLED_AGAIN
            await quiet(world)

    play(story)


def test_it_is_held_while_the_line_is_closed(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            await waits(world)
            await press(world, "2*")
            everybody_answers(world)
            world.close_line(True)
            await asyncio.sleep(40_000)
            assert world.telephones.of(CALLER) == []
            assert world.desk.standing[0].held
            queues = world.life.hub.world.queues
            (told,) = [one for one in queues.picture() if one.id == "desk"]
            assert (queues.waits(world.desk.standing[0].id), told.since) == (True, [])  # it stands in nobody's way
            world.close_line(False)
            assert await world.until(lambda: not world.desk.standing, 300)
            assert len(talks(world)) == 1

    play(story)
