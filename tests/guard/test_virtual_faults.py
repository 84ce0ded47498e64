"""Power cuts at every step of a change, and arbitrary faults in arbitrary order, in virtual time."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.forwarding import CONDITIONALS, Service
from appliance.guard.reconcile import BUDGET_WINDOW_S, Settings
from bench.virtual.modem import Manners
from bench.virtual.world import PRIMARY, SECONDARY, TECH_1, TECH_2, VirtualWorld
from bench.virtual_time import run
from tests.guard.test_virtual_outages import settle

STAYS_S = 1000.0  # longer than the drift check's quarter of an hour
CONFIGURED = {PRIMARY, SECONDARY, TECH_1, TECH_2}


def check_history(world: VirtualWorld) -> None:
    """What must hold of every change ever made, whatever happened."""
    for written in world.modem.history:
        if written.by != "guard":
            continue
        assert written.after.target is not None, f"{written.service.name} was erased"
        assert written.after.target in CONFIGURED
    times = [written.at for written in world.modem.history if written.by == "guard"]
    for begin in times:
        assert sum(begin <= at < begin + BUDGET_WINDOW_S for at in times) <= world.settings.change_budget


@pytest.mark.parametrize("chunk", range(2))
def test_a_power_cut_at_any_instant_of_a_change_ends_at_the_right_forwarding(chunk: int) -> None:
    """Twice forty instants, drawn over the seconds in which the outage is noticed, decided, written down, sent
    and read back; some of them cut twice."""
    chance = random.Random(chunk)

    async def story() -> None:
        async with VirtualWorld(seed=chunk) as world:
            await world.after(45)
            for _ in range(40):
                failing, wanted = ("trunk-a", SECONDARY) if world.target() == PRIMARY else ("trunk-b", PRIMARY)
                world.parts[failing].alive = False
                for _ in range(chance.choice((1, 1, 2))):
                    await world.after(chance.uniform(0.0, 22.0))
                    await world.kill()
                    await world.after(chance.choice((0.01, 3.0)))
                    world.start()
                await world.after(45)
                assert world.target() == wanted
                assert world.reports[-1]["forwarding"]["status"] == "verified"
                assert {world.target(service) for service in CONDITIONALS} == {TECH_1}
                world.parts[failing].alive = True
                await world.after(600)  # the flapping is forgiven, and the hourly budget flows
            assert all(written.after.target is not None for written in world.modem.history)
            check_history(world)

    run(story())


FAULTS = st.sampled_from(
    [
        "trunk-a",
        "trunk-b",
        "node-1",
        "node-2",
        "ref-1",
        "ref-2",
        "uplink",
        "unplug",
        "refuse",
        "silent",
        "lie",
        "no-query",
        "wipe",
        "stranger",
        "kill",
        "loss",
    ]
)


async def strike(world: VirtualWorld, fault: str, *, on: bool) -> None:  # noqa: PLR0912 one arm a fault
    manners: Manners = world.modem.manners
    match fault:
        case "uplink":
            world.uplink.cut = on
        case "unplug":
            if on:
                world.modem.unplug()
            else:
                world.modem.plug()
        case "refuse":
            manners.refuses = 30 if on else None
        case "silent":
            manners.silent = on
        case "lie":
            manners.lies = on
        case "no-query":
            manners.refuses_queries = 100 if on else None
        case "wipe":
            manners.wipes_conditionals_on_cfu = on
        case "stranger":
            if on:
                world.modem.alter(Service.CFU, TECH_2)
        case "kill":
            await world.kill()
            world.start()
        case "loss":
            world.parts["trunk-a"].link.loss = 0.3 if on else 0.0
        case name:
            world.parts[name].alive = not on


def converged(world: VirtualWorld) -> bool:
    """Whether the whole table is as it should be with everything well."""
    return (
        world.rings() == "primary"
        and world.reports[-1]["forwarding"]["status"] == "verified"
        and {world.target(service) for service in CONDITIONALS} == {TECH_1}
    )


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    faults=st.lists(st.tuples(FAULTS, st.booleans(), st.floats(0.1, 90.0)), min_size=1, max_size=12),
    seed=st.integers(0, 2**16),
)
def test_whatever_fails_the_forwarding_converges_once_it_stops(
    faults: list[tuple[str, bool, float]], seed: int
) -> None:
    async def story() -> None:
        async with VirtualWorld(seed=seed, settings=Settings(change_budget=40)) as world:
            await settle(world)
            for fault, on, wait_s in faults:
                await strike(world, fault, on=on)
                await world.after(wait_s)
            for fault in {fault for fault, _, _ in faults}:
                await strike(world, fault, on=False)
            # the longest pause (300 s), the guard timer (160 s), an hour of spent budget, hold and damping
            end = asyncio.get_running_loop().time() + 2 * BUDGET_WINDOW_S
            while not converged(world) and asyncio.get_running_loop().time() < end:
                await world.after(60)
            await world.after(STAYS_S)
            assert converged(world)
            check_history(world)

    run(story())
