"""Whom each strategy of a queue rings, by real phones: one world, one caller after the other."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from appliance.domain.calls import CallRecord, LegResult, Outcome
from appliance.queueing.presence import Presence
from bench.phones.behaviour import Behaviour
from bench.phones.handsets import Record
from tests.exchange.rig import SERVICE, Rig, Said, rig, until
from tests.exchange.test_queues import NEVER, QUICK, caller, log_out, roster

SLOW = Behaviour(answers_after_s=1.5, tone_after_s=0.1)
AGENTS = ["anna", "boris", "cyril"]


async def rings_by(world: Rig, strategy: str, **keys: Any) -> None:
    """From the next call on."""
    world.said.roster = roster({"id": "desk", "agents": AGENTS, "strategy": strategy, **keys})


async def talks(world: Rig, last: int, who: str) -> tuple[CallRecord, list[Record]]:
    """A caller who gets ``who``, and hangs up: the record, and the rings for this caller in their order."""
    before = len(world.rung())
    name = world.talkers.dial(SERVICE, caller(last))
    assert await world.talkers.hears(name, who, 90)
    world.talkers.call(name).hang_up()
    await until(lambda: not world.lasting())
    (record,) = [one for one in await world.ended(last) if one.caller == caller(last)]
    assert (record.outcome, record.answered_by, record.queue_left) == (Outcome.ANSWERED, who, "agent")
    return record, world.rung()[before:]


async def _all_at_once(world: Rig) -> None:
    await rings_by(world, "ringall", ring_s=20.0)
    world.manners(anna=NEVER, boris=SLOW, cyril=NEVER)
    record, rings = await talks(world, 1, "boris")
    assert sorted(one["who"] for one in rings) == AGENTS
    assert max(one["began"] for one in rings) < min(one["ended_at"] or one["began"] + 20 for one in rings)
    assert {leg.person: leg.result for leg in record.legs} == {
        "anna": LegResult.ELSEWHERE,
        "boris": LegResult.TALKED,
        "cyril": LegResult.ELSEWHERE,
    }


async def _one_more_after_each_step(world: Rig) -> None:
    await rings_by(world, "memoryhunt", ring_s=20.0, step_s=2.0)
    world.manners(anna=NEVER, boris=NEVER, cyril=QUICK)
    record, rings = await talks(world, 2, "cyril")
    assert [one["who"] for one in rings] == AGENTS
    assert all(later["began"] - one["began"] > 1.2 for one, later in pairwise(rings))
    assert all(one["ended_at"] > rings[2]["began"] for one in rings[:2])  # they rang on
    assert [leg.result for leg in record.legs].count(LegResult.ELSEWHERE) == 2


async def _whoever_was_idle_for_longest(world: Rig) -> None:
    """Each in turn."""
    world.manners(anna=QUICK, boris=QUICK, cyril=QUICK)
    await rings_by(world, "longestidle")
    log_out(world, "cyril")
    order = []
    for last in (3, 4, 5):
        await until(lambda: not world.lasting())
        before = len(world.rung())
        name = world.talkers.dial(SERVICE, caller(last))
        await until(lambda: len(world.rung()) > before)  # noqa: B023
        who = world.rung()[before]["who"]
        assert await world.talkers.hears(name, who, 90)
        order.append(who)
        world.talkers.call(name).hang_up()
    await until(lambda: not world.lasting())
    assert order[0] != order[1]
    assert order[2] == order[0]
    assert set(order) == {"anna", "boris"}
    log_out(world, "cyril", presence=Presence.IN)


async def _one_after_the_other_by_chance(world: Rig) -> None:
    await rings_by(world, "random", ring_s=3.0)
    world.manners(anna=NEVER, boris=NEVER, cyril=NEVER)
    before = len(world.rung())
    name = world.talkers.dial(SERVICE, caller(6))
    await until(lambda: len(world.rung()) == before + 3, 90)
    world.talkers.call(name).hang_up()
    await until(lambda: not world.lasting())
    rings = world.rung()[before:]
    assert sorted(one["who"] for one in rings) == AGENTS  # nobody twice while somebody has not been tried
    assert all(one["ended_at"] < later["began"] + 1.5 for one, later in pairwise(rings))  # one at a time


async def test_whom_each_strategy_rings(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster({"id": "desk", "agents": AGENTS}))) as world:
        await _all_at_once(world)
        await _one_more_after_each_step(world)
        await _whoever_was_idle_for_longest(world)
        await _one_after_the_other_by_chance(world)
