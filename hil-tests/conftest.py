"""Roles for the scenarios, out of the bench that ``--lg-env`` (or ``LG_ENV``) names; ``envs/sim.yaml`` by default."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from labgrid import Target

from bench.lab.roles import Bench, Box, Carrier, Customer, Faults, NotReachedError, UnavailableError
from bench.lab.strategy import BenchStrategy

DEFAULT_ENVIRONMENT = Path(__file__).parent / "envs/sim.yaml"
START_AND_SETTLE_S = 120
SLOWEST_S = 480  # a scenario, on a starved machine
BENCH = pytest.StashKey[BenchStrategy]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Name the default bench, before labgrid reads its environment."""
    config.addinivalue_line("markers", "hotline(**watchdog): keys of the box's [watchdog] that this scenario changes")
    if config.option.lg_env is None and "LG_ENV" not in os.environ:
        config.option.lg_env = str(DEFAULT_ENVIRONMENT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A scenario's time does not count the bench's own."""
    for item in items:
        if "bench" in getattr(item, "fixturenames", ()) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(START_AND_SETTLE_S + SLOWEST_S))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """What the bench cannot be brought into is skipped like what it cannot do."""
    with _skipping_what_is_unavailable(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """On a real bench, what it cannot do is skipped with its reason; the simulated one has no excuse."""
    with _skipping_what_is_unavailable(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of the bench's logs with a failure."""
    report = yield
    target = getattr(item, "funcargs", {}).get("target")
    if report.failed and target is not None and _simulated(target):
        for name, text in target.get_driver("SimulatedWorld", activate=False).log_tails().items():
            report.sections.append((f"log of {name}", text))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, None, None]:
    """Behind the last scenario of a folder the bench is switched off: an idle one takes a fourteenth of a processor
    for as long as there are other tests.
    """
    yield
    strategy = item.config.stash.get(BENCH, None)
    leaving = nextitem is not None and nextitem.path.parent != item.path.parent
    if strategy is not None and strategy.status == "on" and leaving:
        strategy.transition("off")


@pytest.fixture(scope="session")
def standing_bench(strategy: BenchStrategy, pytestconfig: pytest.Config) -> BenchStrategy:
    """The bench, which stands from one scenario to the next."""
    pytestconfig.stash[BENCH] = strategy
    return strategy


@pytest_asyncio.fixture
async def bench(standing_bench: BenchStrategy, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """All roles of a bench at rest. One that does not come to rest is switched off and on again."""
    if standing_bench.status == "off":
        standing_bench.transition("on")
    marker = request.node.get_closest_marker("hotline")
    watchdog = dict(marker.kwargs) if marker else {}
    try:
        await standing_bench.normal(watchdog)
    except NotReachedError:
        standing_bench.transition("off")
        standing_bench.transition("on")
        await standing_bench.normal(watchdog)
    yield standing_bench.roles
    await standing_bench.roles.faults.mend_all()


@pytest.fixture
def box(bench: Bench) -> Box:
    """The box under test."""
    return bench.box


@pytest.fixture
def customer(bench: Bench) -> Customer:
    """Somebody who dials the service number."""
    return bench.customer


@pytest.fixture
def faults(bench: Bench) -> Faults:
    """Whoever breaks the world around the box."""
    return bench.faults


@pytest.fixture
def carrier(bench: Bench) -> Carrier:
    """The mobile network behind the service number."""
    return bench.carrier


@contextlib.contextmanager
def _skipping_what_is_unavailable(item: pytest.Item) -> Iterator[None]:
    try:
        yield
    except UnavailableError as error:
        target = getattr(item, "funcargs", {}).get("target")
        if target is None or _simulated(target):
            raise
        pytest.skip(str(error))


def _simulated(target: Target) -> bool:
    return "simulated" in target.env.get_target_features()
