"""The calendar of the benchmark is that of the product: both give the same times."""

import asyncio
import random

import pytest

from appliance.config import Config
from appliance.domain.events import EventType
from bench.virtual.world import VirtualWorld
from bench.virtual_time import run
from benchmarks.rivals.guard_run import GuardRun, Setting, setting_of
from benchmarks.rivals.links import Link
from benchmarks.rivals.trials import PRIMARY_TRUNK
from benchmarks.setting import contract_config


@pytest.fixture(scope="module", name="config")
def _config() -> Config:
    return contract_config()


@pytest.fixture(scope="module", name="setting")
def _setting(config: Config) -> Setting:
    return setting_of(config)


def start(setting: Setting, seed: int, trunk: Link | None = None, others: Link | None = None) -> GuardRun:
    links = {target: (others or Link(),) for target in setting.sends_s}
    links[PRIMARY_TRUNK] = (trunk or others or Link(),)
    return GuardRun(setting, links, random.Random(seed))


def test_the_defaults_are_measured(config: Config) -> None:
    watchdog = config.watchdog
    assert (watchdog.inter, watchdog.timeout, watchdog.fall, watchdog.outlast_s) == (2.0, 1.0, 3, 11.0)
    assert [len(config.trunk), len(config.node), len(watchdog.references)] == [2, 2, 2]


def test_questions_leave_as_the_probers_send_them(setting: Setting) -> None:
    assert setting.sends_s[PRIMARY_TRUNK] == (0.0, 0.125, 0.375, 0.625, 0.875)
    assert [sends for target, sends in setting.sends_s.items() if "tcp" in target.name] == [(0.0,)]


def test_a_quiet_day_decides_once(setting: Setting) -> None:
    day = start(setting, 1)
    day.run(3600.0)
    assert [switch.route for switch in day.switches] == ["primary"]


def test_a_dead_uplink_moves_nothing(setting: Setting) -> None:
    hour = start(setting, 1, others=Link(outages=((600.0, 900.0),)))
    hour.run(3600.0)
    assert [switch.route for switch in hour.switches] == ["primary"]


def test_an_outage_longer_than_a_blip_moves_calls_there_and_back(setting: Setting) -> None:
    hour = start(setting, 1, trunk=Link(outages=((600.0, 700.0),)))
    hour.run(3600.0)
    assert [switch.route for switch in hour.switches] == ["primary", "secondary", "primary"]
    assert 611.0 <= hour.switches[1].at <= 613.3


def test_a_fork_goes_its_own_way_and_leaves_its_origin_alone(setting: Setting) -> None:
    origin, untouched = start(setting, 1), start(setting, 1)
    origin.run(100.0)
    fork = origin.fork(random.Random(2))
    fork.links[PRIMARY_TRUNK] = (Link().dead_from(100.0),)
    found = fork.run_until_switch(200.0)
    assert found is not None
    assert found.route == "secondary"
    assert origin.route == "primary"
    origin.run(300.0)
    untouched.run(300.0)
    assert origin.switches == untouched.switches


async def _death_in_the_product(seed: int, settle_s: float) -> float:
    async with VirtualWorld(seed=seed) as world:
        await world.after(settle_s)
        died = asyncio.get_running_loop().time()
        world.parts["trunk-a"].alive = False
        while not any(event.data["to"] == "secondary" for event in world.journal.of(EventType.ROUTE_DECIDED)):
            await world.after(0.05)
        return asyncio.get_running_loop().time() - died


def test_the_product_in_virtual_time_takes_as_long(setting: Setting) -> None:
    theirs = [run(_death_in_the_product(seed, 60.0 + 0.37 * seed)) for seed in range(12)]
    ours = []
    for seed in range(200):
        origin = start(setting, seed)
        origin.run(60.0 + 0.37 * seed)
        fork = origin.fork(random.Random(seed))
        fork.links[PRIMARY_TRUNK] = (Link().dead_from(60.0 + 0.37 * seed),)
        found = fork.run_until_switch(600.0)
        assert found is not None
        ours.append(found.at - 60.0 - 0.37 * seed)
    slack_s = 0.1  # the product is looked at every 0.05 s
    assert min(ours) - slack_s <= min(theirs)
    assert max(theirs) <= max(ours) + slack_s
