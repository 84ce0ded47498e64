"""The section of the page: memory, processor, disk, network, start."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.figures import Section, Table
from benchmarks.machine import machine, today
from benchmarks.responder import SILENCE_S
from benchmarks.rest.procfs import Usage, usage
from benchmarks.rest.site import CCFC_S, Site, site
from benchmarks.summary import Summary, summary

DAY_S = 86_400.0
MB = 1e6
VERIFIED_WITHIN_S = 90.0
FIRST_PROBE_WITHIN_S = 30.0

AIM_RESIDENT_MB = 45.0
AIM_CPU_PERCENT = 0.5
AIM_START_S = 1.0


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of warming up and of measuring, and how many starts."""

    warm_up_s: float
    measuring_s: float
    starts: int


# the long one holds a check of the whole forwarding table (every 15 minutes) and 15 reports of the state
FULL = Times(60.0, 900.0, 20)
QUICK = Times(15.0, 120.0, 3)


@dataclass(frozen=True, slots=True)
class Rest:
    """Two looks at the guard, ``lasted_s`` apart, and the bytes that passed on its MQTT link in between."""

    before: Usage
    after: Usage
    lasted_s: float
    mqtt_bytes: int

    def a_day(self, amount: float) -> float:
        """What ``amount`` in the measured time comes to in a day."""
        return amount / self.lasted_s * DAY_S


def measure(*, quick: bool, progress: Callable[[str], None]) -> Section:
    """Start the guard several times, then leave it at rest and look."""
    times = QUICK if quick else FULL
    starts, rest = asyncio.run(_measure(times, progress))
    return _section(times, starts, rest)


async def _measure(times: Times, progress: Callable[[str], None]) -> tuple[Summary, Rest]:
    starts = []
    async with site() as made:
        for number in range(times.starts + 1):
            progress(f"start {number} of {times.starts}" if number else "the first start")
            async with made.guard() as (_, began):
                starts.append(await _first_probe_s(made, began))
            await asyncio.sleep(2 * SILENCE_S)
        del starts[0]  # it alone had files to compile and a database to make
        async with made.guard() as (process, _):
            return summary(starts), await _rest(made, process.pid, times, progress)


async def _rest(made: Site, pid: int, times: Times, progress: Callable[[str], None]) -> Rest:
    progress(f"at rest: waiting for verified forwarding, then warming up for {times.warm_up_s:g} s")
    try:
        await made.verified(VERIFIED_WITHIN_S)
    except TimeoutError:
        raise RuntimeError(f"the guard never verified its forwarding; it said:\n{made.log_tail()}") from None
    await asyncio.sleep(times.warm_up_s)
    progress(f"at rest: measuring for {times.measuring_s:g} s")
    before, began, bytes_before = usage(pid), time.monotonic(), _mqtt_bytes(made)
    await asyncio.sleep(times.measuring_s)
    return Rest(before, usage(pid), time.monotonic() - began, _mqtt_bytes(made) - bytes_before)


def _mqtt_bytes(made: Site) -> int:
    return made.proxy.bytes_up + made.proxy.bytes_down


async def _first_probe_s(made: Site, began: float) -> float:
    """Seconds from the start to the first question at any target."""
    try:
        async with asyncio.timeout(FIRST_PROBE_WITHIN_S):
            while (asked := await made.asked.get()) < began:
                pass  # of the start before
    except TimeoutError:
        raise RuntimeError(f"the guard probed nothing; it said:\n{made.log_tail()}") from None
    return asked - began


def _section(times: Times, starts: Summary, rest: Rest) -> Section:
    resident_mb = rest.after.resident_bytes / MB
    cpu_percent = 100 * (rest.after.cpu_s - rest.before.cpu_s) / rest.lasted_s
    written_mb = rest.a_day(rest.after.written_bytes - rest.before.written_bytes) / MB
    mqtt_mb = rest.a_day(rest.mqtt_bytes) / MB
    rows = [
        ("resident memory", f"{resident_mb:.1f} MB", f"≤ {AIM_RESIDENT_MB:g} MB", _met(resident_mb, AIM_RESIDENT_MB)),
        ("of it shared with nobody", f"{rest.after.private_bytes / MB:.1f} MB", "", ""),
        ("largest resident memory since its start", f"{rest.after.peak_bytes / MB:.1f} MB", "", ""),
        (
            "processor",
            f"{cpu_percent:.2f} % of a core",
            f"≤ {AIM_CPU_PERCENT:g} %",
            _met(cpu_percent, AIM_CPU_PERCENT),
        ),
        ("written to disk a day", f"{written_mb:.2f} MB", "", ""),
        ("MQTT a day and link, both ways", f"{mqtt_mb:.2f} MB", "", ""),
        (
            f"start until the first probe arrives, median / worst of {starts.count}",
            f"{starts.words(2)} s",
            f"≤ {AIM_START_S:g} s",
            _met(starts.worst, AIM_START_S),
        ),
    ]
    return Section(
        "rest",
        "Cost at rest",
        today(),
        machine(),
        [
            f"The real `hotline guard` process with two trunks, two nodes (SIP over UDP), two references (DNS, TCP), "
            f"`inter = 2`, one broker (a real mosquitto) and a simulated modem on a pseudo-terminal whose network "
            f"takes {CCFC_S:g} s for a forwarding; all of these are processes of their own on the same machine. "
            f"Looked at for {rest.lasted_s:.0f} s, {times.warm_up_s:.0f} s after the forwarding was verified; days "
            f"are extrapolated from that. Processor time is what the kernel counts, in ticks of 10 ms. Bytes on the "
            f"MQTT link are its TCP payload. A start has its files compiled and in the page "
            f"cache, and its database made. The machine's load average at the end: {os.getloadavg()[2]:.1f} over a "
            f"quarter of an hour; where that is above the number of cores, start and processor time say more of the "
            f"other programs than of the guard.",
            Table("At rest:", ("", "measured", "aim", ""), rows),
        ],
    )


def _met(measured: float, aim: float) -> str:
    return "met" if measured <= aim else "missed"
