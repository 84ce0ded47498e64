"""An exchange that never comes back: who waits is led to the technician, who talks talks on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from appliance.asterisk import dialplan
from appliance.asterisk.ari import AriError
from appliance.domain.calls import Outcome
from appliance.exchange.lifeline import Lifeline
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import SERVICE, TECH, Said, rig, roster, until

QUICK = Behaviour(answers_after_s=0.5, says=None, tone_after_s=0.1)
LIFE_S = 4


async def test_nobody_waits_for_an_exchange_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialplan, "LIFE_S", LIFE_S)
    said = Said(roster(members=["anna", "boris"], strategy="firstavailable", ring_s=60))
    async with rig(tmp_path, said) as world:
        world.manners(anna=QUICK, boris=Behaviour(answers_after_s=None), **{"tech-1": QUICK})
        talks = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(talks, "anna", 90)
        waits = world.talkers.dial(SERVICE)
        await until(lambda: world.phones_of("boris"))
        await asyncio.sleep(LIFE_S + 2)
        assert not world.rung("tech-1"), "while the exchange lives, whoever waits goes on waiting"
        await world.stop()
        assert await world.talkers.hears(waits, "tech-1", 90)
        await asyncio.sleep(LIFE_S + 1)
        assert not world.talkers.call(waits).over.is_set(), "the technician has all the time they want"
        assert not world.talkers.call(talks).over.is_set(), "and so has who talked already"
        world.talkers.call(waits).hang_up()
        await world.noted()
        await world.start()
        world.talkers.call(talks).hang_up()
        records = await world.ended(2)
        assert {record.outcome for record in records} == {Outcome.ANSWERED}
        assert TECH in {record.answered_number for record in records}


class Asterisk:
    def __init__(self) -> None:
        self.given: list[str] = []
        self.refuses = False

    async def give(self, value: str) -> None:
        self.given.append(value)
        if self.refuses:
            raise AriError(404, "gone")


async def test_time_is_given_while_somebody_waits_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = Asterisk()
    turns = asyncio.Semaphore(0)

    async def sleep(_seconds: float) -> None:
        await turns.acquire()

    async def next_turn() -> None:
        turns.release()
        for _ in range(5):
            await yielded(0)

    yielded = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", sleep)
    lifeline = Lifeline(asterisk.give, 60, asyncio.Lock())
    keeping = asyncio.create_task(lifeline.keep())
    await next_turn()
    assert asterisk.given == ["60"]
    asterisk.refuses = True  # it may fail, and is tried again
    await next_turn()
    await next_turn()
    assert asterisk.given == ["60"] * 3
    asterisk.refuses = False
    await lifeline.let_talk()
    await next_turn()
    assert asterisk.given == [*["60"] * 3, "0"]
    await lifeline.waits()
    await next_turn()
    assert asterisk.given == [*["60"] * 3, "0", "60", "60"]
    keeping.cancel()
    asterisk.refuses = True
    with pytest.raises(AriError):
        await lifeline.let_talk()


class SlowAsterisk:
    """Answers nobody until it is told to. ``asked`` is what was asked for so far, by caller."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []
        self.answers = asyncio.Semaphore(0)

    async def give(self, caller: int, value: str) -> None:
        self.asked.append((caller, value))
        if value != "0":
            await self.answers.acquire()


async def test_who_has_an_agent_stands_behind_nobody_who_is_given_more_time() -> None:
    asterisk, one_at_a_time = SlowAsterisk(), asyncio.Lock()
    lifelines = [
        Lifeline(lambda value, caller=caller: asterisk.give(caller, value), 1, one_at_a_time)  # type: ignore[misc]
        for caller in range(100)
    ]
    async with asyncio.TaskGroup() as group:
        keeping = [group.create_task(lifeline.keep()) for lifeline in lifelines]
        await until(lambda: asterisk.asked)
        await asyncio.sleep(0.5)  # everybody's time has come
        assert asterisk.asked == [(0, "1")]
        await lifelines[99].let_talk()
        assert asterisk.asked == [(0, "1"), (99, "0")]
        for _ in range(300):
            asterisk.answers.release()
        await until(lambda: (98, "1") in asterisk.asked)
        assert [value for caller, value in asterisk.asked if caller == 99] == ["0"]  # and it stays so
        for task in keeping:
            task.cancel()


async def test_of_a_dialplan_that_bounds_nobody_nothing_is_asked() -> None:
    asterisk = Asterisk()
    lifeline = Lifeline(asterisk.give, 0, asyncio.Lock())
    await lifeline.keep()
    await lifeline.let_talk()
    await lifeline.waits()
    assert asterisk.given == []
