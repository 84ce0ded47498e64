"""The exchange is killed at every step of a callback, with and without its Asterisk (B8).

A step is every command that reaches Asterisk and every write that reaches the disk, once before it takes effect and
once after. Whatever happens: one attempt at a time, nobody called after they have talked, nobody forgotten, the place
kept, nothing left over.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.domain.calls import Outcome
from appliance.queueing.callback_life import Result
from bench.virtual.exchange import VirtualExchange
from bench.virtual.telephones import BUSY, NEVER, VOICEMAIL, Manner
from tests.exchange_callback.virtual import AGENTS, ANNA, CALLER, SERVICE, ask, exchange, play

Scene = Callable[[VirtualExchange], None]


def at_once(world: VirtualExchange) -> None:
    world.telephones.usual[CALLER] = Manner(talks_s=5.0)


def at_the_third(world: VirtualExchange) -> None:
    world.telephones.plan[CALLER] = [BUSY, VOICEMAIL]
    at_once(world)


def left_by_an_agent(world: VirtualExchange) -> None:
    """The agent goes between the caller's hello and the key: the caller waits, and another one comes."""
    world.telephones.plan[ANNA] = [Manner(patience_s=3.4)]
    world.telephones.usual[CALLER] = Manner(talks_s=5.0)


def never(world: VirtualExchange) -> None:
    world.telephones.usual[CALLER] = NEVER


SCENES: dict[str, Scene] = {one.__name__: one for one in (at_once, at_the_third, left_by_an_agent, never)}


async def told(folder: Path, scene: Scene, kills: list[int], *, power: bool = False) -> tuple[int, str]:
    """The scene with kills at these steps, each counted from the last: how many steps it took, and its result."""
    async with exchange(folder) as world:
        scene(world)
        asked = await ask(world)
        began = world.steps.count
        left = list(kills)

        world.power = power

        def over() -> bool:
            if world.steps.kill_at is None and left and not world.killed.is_set():
                world.steps.kill_at = world.steps.count + left.pop(0)
            return not world.desk.standing and world.desk.loaded.is_set() and not world.killed.is_set()

        ended = over() or await world.until(over, 12_000)
        world.steps.kill_at = None
        await check(world, asked.id, ended=ended)
        done = await world.desk.find(asked.id)
        assert done is not None
        assert done.queued_at == asked.queued_at
        assert done.result is not None
        return world.steps.count - began, done.result


async def check(world: VirtualExchange, id_: str, *, ended: bool) -> None:
    assert ended, f"it stands for ever: {world.desk.standing}"
    rings = world.telephones.of(CALLER)
    assert world.telephones.most_at_once(CALLER) <= 1
    for agent in AGENTS:
        assert world.telephones.most_at_once(agent) <= 1
    before = len(rings)
    await asyncio.sleep(4000)
    assert len(rings) == before == len(world.telephones.of(CALLER)), "called after it was over"
    # after a power cut in the instant in which they are brought together they may be called again or not; never
    # after they have really talked
    talked = world.telephones.talked(CALLER, at_least_s=0.1)
    assert talked in ([], rings[-1:]), "called again after they had talked"
    done = await world.desk.find(id_)
    assert done is not None
    if done.result is Result.TALKED:
        assert rings[-1].joined_at is not None
        assert talked or world.power
    record = world.log.records[id_]
    assert record.ended_at is not None
    outcomes = {Result.TALKED: (Outcome.ANSWERED, Outcome.CUT), Result.GIVEN_UP: (Outcome.UNANSWERED,)}
    assert record.outcome in outcomes[done.result or Result.CANCELLED]
    assert world.asterisk.channels == {}
    assert world.asterisk.bridges == {}
    assert world.life.hub.world.trunks.in_use == {}
    assert world.life.hub.world.book._held == {}


def steps_of(folder: Path, name: str) -> int:
    (folder / "count").mkdir()
    steps, _ = play(lambda: told(folder / "count", SCENES[name], []))
    return steps


@pytest.mark.parametrize("power", [False, True], ids=["exchange killed", "power cut"])
@pytest.mark.parametrize("name", SCENES)
def test_killed_at_each_step(tmp_path: Path, name: str, power: bool) -> None:
    steps = steps_of(tmp_path, name)
    assert steps > 20
    expected = Result.GIVEN_UP if name == "never" else Result.TALKED
    # each step of the two scenes that have all there is; of those that repeat them every third, another one each time
    every = 1 if name in ("at_once", "left_by_an_agent") else 3
    for step in range(1 if power else 0, steps, every):
        folder = tmp_path / str(step)
        folder.mkdir()
        try:
            _, result = play(lambda folder=folder, step=step: told(folder, SCENES[name], [step], power=power))
            assert result == expected
        except BaseException as error:
            error.add_note(f"{name}: killed at step {step} of {steps}, {power=}")
            raise


def test_killed_again_and_again(tmp_path: Path) -> None:
    chance = random.Random(4)
    for number in range(30):
        folder = tmp_path / str(number)
        folder.mkdir()
        name = chance.choice([*SCENES])
        kills = [chance.randrange(30) for _ in range(chance.randrange(2, 6))]
        power = chance.random() < 0.3
        try:
            play(lambda: told(folder, SCENES[name], kills, power=power))  # noqa: B023
        except BaseException as error:
            error.add_note(f"{name}: killed after {kills} steps, {power=}")
            raise


async def asked_on_the_line(folder: Path, kill_at: int | None, *, power: bool = False) -> int:
    """A caller waits, asks to be called back and hangs up when told goodbye; agents are free a minute later."""
    async with exchange(folder) as world:
        world.power = power
        for agent in AGENTS:
            world.telephones.usual[agent] = NEVER
        world.telephones.usual[CALLER] = Manner(talks_s=5.0)
        loop = asyncio.get_running_loop()
        began, count = loop.time(), world.steps.count
        world.steps.kill_at = None if kill_at is None else count + kill_at
        channel = world.asterisk.call_in("1.1", CALLER, SERVICE)
        keys = [(6.0, "2"), (9.0, "*"), (60.0, "agents"), (240.0, "leaves")]

        def over() -> bool:
            while keys and loop.time() - began >= keys[0][0]:
                what = keys.pop(0)[1]
                if what == "agents":
                    world.telephones.usual[ANNA] = Manner(talks_s=5.0)
                elif what == "leaves":
                    world.asterisk.hang_up("1.1")
                else:
                    world.asterisk.press("1.1", what)
            return not keys and not world.desk.standing and world.desk.loaded.is_set() and not world.killed.is_set()

        ended = await world.until(over, 12_000)
        world.steps.kill_at = None
        assert ended, world.desk.standing
        await asyncio.sleep(4000)
        rings = world.telephones.of(CALLER)
        assert channel.ended_at is not None
        assert all(ring.began_at >= channel.ended_at for ring in rings), "called while on the line"
        live = channel.joined_at is not None
        called = world.telephones.talked(CALLER, at_least_s=0.1)
        if "callback-confirmed" in channel.played and not power:
            assert live or called, "a promise was forgotten"
        assert len(called) + live <= 1, "had a human twice"
        if not power:
            assert len(called) + live == 1
        assert world.telephones.most_at_once(CALLER) <= 1
        assert world.asterisk.channels == {}
        assert world.asterisk.bridges == {}
        assert world.life.hub.world.book._held == {}
        assert all(record.ended_at is not None for record in world.log.records.values())
        return world.steps.count - count


@pytest.mark.parametrize("power", [False, True], ids=["exchange killed", "power cut"])
def test_killed_while_it_is_asked_for(tmp_path: Path, power: bool) -> None:
    (tmp_path / "count").mkdir()
    steps = play(lambda: asked_on_the_line(tmp_path / "count", None))
    assert steps > 40
    for step in range(steps):
        folder = tmp_path / str(step)
        folder.mkdir()
        try:
            play(lambda folder=folder, step=step: asked_on_the_line(folder, step, power=power))
        except BaseException as error:
            error.add_note(f"killed at step {step} of {steps}, {power=}")
            raise
