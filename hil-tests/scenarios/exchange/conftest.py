"""One long-lived world with exchanges for all scenarios of a file; a roster of its own and quiet phones for each."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from labgrid import Environment

from bench.lab.exchange_roles import ExchangeBench, Exchanges, Phones
from bench.lab.roles import Box, Carrier, Faults, NotReachedError, UnavailableError
from bench.lab.sim_exchange import SimulatedExchangeDriver

TARGET = "exchange"
START_AND_SETTLE_S = 120
SLOWEST_S = 480  # a scenario, on a starved machine
UNHEARD_S = 2.5  # so long after its call a phone that says busy may not have heard of the end, and is asked once more


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A scenario's time does not count the bench's own."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(START_AND_SETTLE_S + SLOWEST_S))


@pytest.fixture(scope="module")
def exchange_driver(env: Environment) -> Iterator[SimulatedExchangeDriver]:
    """The world, switched on for the scenarios of one file."""
    if TARGET not in env.config.get_targets():
        pytest.skip("this bench has no exchanges")
    target = env.get_target(TARGET)
    driver = target.get_driver("SimulatedExchangeDriver")
    yield driver
    target.deactivate_all_drivers()


@pytest_asyncio.fixture
async def exchange_bench(
    exchange_driver: SimulatedExchangeDriver, request: pytest.FixtureRequest
) -> AsyncIterator[ExchangeBench]:
    """All roles; every part well, every telephone on the hook, the calls of the last scenario over."""
    bench = exchange_driver.roles()
    await _quiet(bench)
    failed_before = request.session.testsfailed
    yield bench
    if request.session.testsfailed > failed_before:
        return
    await bench.phones.reset("quick")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """Show the ends of the bench's logs with a failure."""
    report = yield
    driver = getattr(item, "funcargs", {}).get("exchange_driver")
    if report.failed and driver is not None:
        for name, text in driver.world.log_tails(25).items():
            report.sections.append((f"log of {name}", text))
    return report


@pytest.fixture
def phones(exchange_bench: ExchangeBench) -> Phones:
    """People's and customers' telephones."""
    return exchange_bench.phones


@pytest_asyncio.fixture
async def rested_phones(exchange_bench: ExchangeBench) -> None:
    """Nobody's last call has just ended: who says busy now is busy."""
    await asyncio.sleep(UNHEARD_S)


@pytest.fixture
def exchanges(exchange_bench: ExchangeBench) -> Exchanges:
    """The exchanges on both nodes and the box."""
    return exchange_bench.exchanges


@pytest.fixture
def box(exchange_bench: ExchangeBench) -> Box:
    """The box: its guard owns the roster."""
    return exchange_bench.box


@pytest.fixture
def faults(exchange_bench: ExchangeBench) -> Faults:
    """Whoever breaks things."""
    return exchange_bench.faults


@pytest.fixture
def carrier(exchange_bench: ExchangeBench) -> Carrier:
    """The mobile network behind the service number."""
    return exchange_bench.carrier


async def _quiet(bench: ExchangeBench) -> None:
    await bench.faults.mend_all()
    await bench.phones.reset("quick")
    for technician in ("tech-1", "tech-2"):  # the last step is always screened
        await bench.phones.set(technician, "normal")
    await bench.box.wait_for(lambda _: True, "a first state")
    await bench.box.command("route.auto")
    await bench.box.wait_for_route("primary", 180)
    await bench.exchanges.ready()
    await bench.exchanges.duty("tech-1")
    deadline = time.monotonic() + 60
    while busy := [name for name in ("node-1", "node-2", "box") if await _busy(bench, name)]:
        if time.monotonic() > deadline:
            raise NotReachedError(f"calls of the last scenario go on at {busy}")
        await asyncio.sleep(0.1)


async def _busy(bench: ExchangeBench, name: str) -> bool:
    with contextlib.suppress(UnavailableError):
        state = await bench.exchanges.state(name)
        return bool(state and state.get("calls"))
    return False
