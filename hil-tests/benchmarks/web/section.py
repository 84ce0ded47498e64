"""The section of the page: the first page, how soon a page begins, memory, and fifty who look at once."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from appliance.web.cookies import SESSION_COOKIE
from appliance.web.pages import PAGES
from bench.chromium import DESK, chromium, sign_in, visitor
from bench.faults import WorldFaults
from bench.plan import WEB_PASSWORD
from bench.world import Options, World
from benchmarks.figures import Section, Table
from benchmarks.machine import machine, today
from benchmarks.rest.procfs import usage
from benchmarks.summary import Summary, summary
from benchmarks.web.calllog import fill
from benchmarks.web.link import BYTES_A_SECOND, LATENCY_MS, FirstVisit, first_visit
from benchmarks.web.viewers import Viewer, trusting, watching

KB, MB = 1e3, 1e6
AIM_KB, AIM_REQUESTS, AIM_MB = 100, 6, 60
VIEWERS = 50
FEWEST_ASKS, LONGEST_S = 20, 30.0  # a page that takes long is asked for less often


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    calls: int
    asks: int
    changes: int
    rest_s: float


FULL, QUICK = Size(100_000, 200, 20, 60.0), Size(5_000, 20, 3, 10.0)


@dataclass(frozen=True, slots=True)
class Begins:
    """Milliseconds to the first byte of a page: the middle one, and what 95 of 100 stay below."""

    path: str
    asks: int
    median_ms: float
    p95_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured."""

    visit: FirstVisit
    begins: list[Begins]
    resident_mb: float
    private_mb: float
    peak_mb: float
    first_s: Summary
    last_s: Summary
    cpu_percent: float
    load: float


def measure(*, quick: bool, progress: Callable[[str], None]) -> Section:
    """Measure in a world of its own."""
    size = QUICK if quick else FULL
    return _section(size, asyncio.run(_measure(size, progress)))


async def _measure(size: Size, progress: Callable[[str], None]) -> Figures:
    async with World(Options(web=True, exchange=True)) as world, chromium() as browser:
        await world.settled("normal", "primary", 60)
        progress(f"writing {size.calls} calls")
        await asyncio.to_thread(fill, world.run_dir / "state", size.calls)
        async with await visitor(browser, DESK) as context:
            page = await context.new_page()
            await sign_in(page, world.pages, "admin", WEB_PASSWORD)
            cookies: Any = await context.cookies()
        token = next(one["value"] for one in cookies if one["name"] == SESSION_COOKIE)
        progress("the first page over a slow link")
        visit = await first_visit(browser, world.pages, cookies)
        paths = [page.path for page in PAGES if page.menu is not None]
        pid = world.web.pid
        assert pid is not None
        begins = [await _begins(world.pages, pid, token, path, size.asks, progress) for path in paths]
        progress(f"{VIEWERS} viewers")
        first_s, last_s, cpu = await _viewers(world, token, size)
        progress("at rest")
        await asyncio.sleep(size.rest_s)
        used, load = usage(pid), os.getloadavg()[0]
    memory = (used.resident_bytes / MB, used.private_bytes / MB, used.peak_bytes / MB)
    return Figures(visit, begins, *memory, first_s, last_s, cpu, load)


async def _begins(base: str, pid: int, token: str, path: str, asks: int, progress: Callable[[str], None]) -> Begins:
    progress(f"first byte of {path}")
    times, used = list[float](), 0.0
    headers = {"Cookie": f"{SESSION_COOKIE}={token}", "Accept-Encoding": "gzip"}
    trust = trusting()  # one for all: with another each time every request would be a connection of its own
    async with aiohttp.ClientSession(base, headers=headers) as http:
        since = time.monotonic()
        while len(times) < asks and (len(times) < FEWEST_ASKS or time.monotonic() < since + LONGEST_S):
            began = time.perf_counter()
            async with http.get(path, ssl=trust, allow_redirects=False) as response:
                assert response.status == 200, f"{path}: {response.status}"
                await response.content.readany()
                times.append((time.perf_counter() - began) * 1e3)
                await response.read()
            if not used:  # the first makes the connection and compiles the template: it does not count
                times.clear()
                used = usage(pid).cpu_s
    spent = (usage(pid).cpu_s - used) / len(times) * 1e3
    return Begins(path, len(times), statistics.median(times), statistics.quantiles(times, n=20)[-1], spent)


async def _viewers(world: World, token: str, size: Size) -> tuple[Summary, Summary, float]:
    """Seconds from the guard's word to the first and to the last of all viewers, and the service's processor."""
    host, _, port = world.pages.removeprefix("https://").rpartition(":")
    faults, pid = WorldFaults(world), world.web.pid
    assert pid is not None
    first, last = [], []
    async with watching(VIEWERS, host, int(port), token) as viewers:
        before, began = usage(pid).cpu_s, time.monotonic()
        for number in range(size.changes):
            down = number % 2 == 0
            words = "is down" if down else "Normal"
            since = time.monotonic()
            await (faults.break_("node-1") if down else faults.mend("node-1"))
            health = "down" if down else "up"
            await world.observer.wait_for(lambda state, h=health: state["nodes"]["node-1"]["health"] == h, 60)  # type: ignore[misc]
            told = time.monotonic()
            seen = await _all_seen(viewers, words, since)
            first.append(max(0.0, min(seen) - told))
            last.append(max(0.0, max(seen) - told))
            await asyncio.sleep(1.0)
        cpu = 100 * (usage(pid).cpu_s - before) / (time.monotonic() - began)
        await faults.mend("node-1")
    return summary(first), summary(last), cpu


async def _all_seen(viewers: list[Viewer], words: str, since: float) -> list[float]:
    """When each of them saw it."""
    while True:
        seen = [at for one in viewers if (at := one.first_with(words, since)) is not None]
        if len(seen) == len(viewers):
            return seen
        await asyncio.sleep(0.02)


def _section(size: Size, found: Figures) -> Section:
    rows = [
        ("bytes of the first page, all its requests", f"{found.visit.wire_bytes / KB:.1f} kB", f"≤ {AIM_KB} kB"),
        ("its requests, the live line included", str(len(found.visit.requests)), f"≤ {AIM_REQUESTS}"),
        (
            f"first content over {BYTES_A_SECOND / KB:g} kB/s with {LATENCY_MS} ms each way there and back",
            f"{found.visit.painted_ms / 1e3:.1f} s",
            "",
        ),
        ("resident memory at rest, after all of this", f"{found.resident_mb:.1f} MB", f"≤ {AIM_MB} MB"),
        ("of it no other program shares", f"{found.private_mb:.1f} MB", ""),
        ("largest resident memory", f"{found.peak_mb:.1f} MB", ""),
        (
            f"from the guard's word to the first of {VIEWERS} viewers, median / worst",
            f"{found.first_s.words(2)} s",
            "",
        ),
        ("to the last of them", f"{found.last_s.words(2)} s", "≤ 1 s"),
        ("processor while they look and a part comes and goes", f"{found.cpu_percent:.1f} % of a core", ""),
    ]
    begins = [
        (one.path, str(one.asks), f"{one.median_ms:.1f}", f"{one.p95_ms:.1f}", f"{one.cpu_ms:.1f}")
        for one in found.begins
    ]
    return Section(
        "web",
        "The pages",
        today(),
        machine(),
        [
            "The real service over TLS before a real guard and broker, in Debian's Chromium with an empty cache, "
            "compressed as browsers ask for it; exchanges run on the box and both nodes, and are asked as pages need "
            f"it. {size.changes} changes of one node's health; {size.asks} requests a page, one after the other, or "
            f"as many as {LONGEST_S:g} s hold, with {size.calls} calls in the box's log. The machine's "
            f"load over the last minute of it, as the kernel counts it: {found.load:.1f}.",
            Table("**The first page, memory, and fifty who look at once**", ("what", "measured", "aim"), rows),
            Table(
                f"**Milliseconds to the first byte of a page, {size.calls} calls in the log**",
                ("page", "requests", "median", "p95", "processor"),
                begins,
            ),
        ],
    )
