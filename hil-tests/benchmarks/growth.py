"""What one probe and one decision cost as targets grow: the real brain, and the real SIP prober on loopback."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from appliance.domain.endpoints import SipEndpoint, Transport
from appliance.domain.health import Sample, Target, TargetKind
from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.domain.routes import Route
from appliance.guard import brain
from appliance.guard.brain import Memory, Policy, Wishes
from appliance.guard.health import WatchSettings
from appliance.guard.ladder import Rules
from appliance.probes.sip import SipUdpProber
from benchmarks.figures import Section, Table
from benchmarks.machine import machine, today

COUNTS = (4, 40, 400)
WARM_UP_ROUNDS = 10
TECHNICIAN = Person("tech-1", "Technician 1", PhoneNumber("+420777000111"))
WATCH = WatchSettings(inter_s=2.0, fastinter_s=0.5, downinter_s=5.0, timeout_s=1.0, fall=3, rise=5, half_life_s=60.0)
WISHES = Wishes(TECHNICIAN.mobile, None)


def measure(*, quick: bool, progress: Callable[[str], None]) -> Section:
    """Measure with each number of targets."""
    rounds = 30 if quick else 300
    rows = []
    for count in COUNTS:
        progress(f"{count} targets")
        quiet_us, miss_us, decision_us = _decision_costs(count, rounds)
        probe_us = asyncio.run(_probe_cost(count, rounds if count < 100 else rounds // 3))
        rows.append((str(count), *(f"{cost:.0f}" for cost in (quiet_us, miss_us, decision_us, probe_us))))
    first, last = rows[0], rows[-1]
    return Section(
        "growth",
        "Cost of a probe and a decision as targets grow",
        today(),
        machine(),
        [
            f"Medians of {rounds} rounds, in microseconds of processor time. An answer among answers is what a guard "
            f"at rest takes in and decides nothing about; a miss is taken in and decided about. A probe is a whole "
            f"SIP OPTIONS over UDP, sent and answered on loopback, with the event loop's share; the responder is "
            f"another process. Of the targets a quarter are trunks with a route each, half are nodes, a quarter "
            f"references.",
            Table(
                "Microseconds each:",
                (
                    "targets",
                    "taking in an answer",
                    "taking in a miss",
                    "one decision",
                    "one probe, sent and answered",
                ),
                rows,
            ),
            f"From {first[0]} to {last[0]} targets a decision costs {int(last[3]) / int(first[3]):.0f} times as much "
            f"and a probe {int(last[4]) / int(first[4]):.1f} times. Other programs ran on the machine: read the "
            f"figures as an order of size.",
        ],
    )


def _world(count: int) -> tuple[list[Target], Policy]:
    quarter = count // 4
    trunks = [Target(TargetKind.TRUNK, f"trunk-{index}") for index in range(quarter)]
    nodes = [Target(TargetKind.NODE, f"node-{index}") for index in range(count - 2 * quarter)]
    references = [Target(TargetKind.REFERENCE, f"udp://192.0.2.{index}:53") for index in range(quarter)]
    routes = [
        Route(f"route-{index}", PhoneNumber(f"+4202260{index:05}"), trunk.name, 1)
        for index, trunk in enumerate(trunks)
    ]
    rules = Rules(routes, failback_hold_s=120.0, outlast_s=11.0, isolation_means_technician=False)
    return [*trunks, *nodes, *references], Policy(rules, WATCH, "divert", "duty", 20)


def _settled(targets: Sequence[Target], policy: Policy) -> Memory:
    """Every target up, with a full story behind it."""
    memory = brain.begin(targets, None, 0.0)
    for step in range(12):
        for target in targets:
            at = 2.0 * step
            memory, _ = brain.observe(memory, Sample(target, at + 0.01, True, 10.0, "200"), at, policy)
    return brain.decide(memory, WISHES, policy, 30.0)[0]


def _decision_costs(count: int, rounds: int) -> tuple[float, float, float]:
    """Microseconds, medians: an answer taken in, a miss taken in, one decision with a miss in the evidence."""
    targets, policy = _world(count)
    memory = _settled(targets, policy)
    dead, other = targets[0], targets[-1]
    miss = Sample(dead, 33.0, False, None, "no answer in 1.0 s")
    doubtful, _ = brain.observe(memory, miss, 32.0, policy)
    answer = Sample(other, 34.01, True, 10.0, "200")
    doubtful, _ = brain.observe(doubtful, answer, 34.0, policy)
    return (
        _median_us(lambda: brain.observe(memory, answer, 34.0, policy), rounds),
        _median_us(lambda: brain.observe(memory, miss, 32.0, policy), rounds),
        _median_us(lambda: brain.decide(doubtful, WISHES, policy, 34.1), rounds),
    )


def _median_us(work: Callable[[], object], rounds: int) -> float:
    costs = []
    for _ in range(WARM_UP_ROUNDS):
        work()
    with _undisturbed():
        for _ in range(rounds):
            began = time.thread_time_ns()
            work()
            costs.append((time.thread_time_ns() - began) / 1000)
    return median(costs)


@contextmanager
def _undisturbed() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _probe_cost(count: int, rounds: int) -> float:
    """Microseconds of processor time a probe, median of rounds in which every prober asks once."""
    responder = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.responder", "1", "0", stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    assert responder.stdout is not None, "it was asked for"
    try:
        port = int((await responder.stdout.readline()).split()[1])
        endpoint = SipEndpoint("127.0.0.1", port, Transport.UDP)
        probers = [SipUdpProber(Target(TargetKind.TRUNK, f"trunk-{index}"), endpoint, ()) for index in range(count)]
        costs = []
        for turn in range(rounds + 1):
            began = time.process_time_ns()
            for prober in probers:
                sample = await prober.probe(1.0)
                if not sample.ok:
                    raise RuntimeError(f"the responder on loopback did not answer: {sample.detail}")
            if turn:  # the first opens the sockets
                costs.append((time.process_time_ns() - began) / 1000 / count)
        for prober in probers:
            await prober.close()
        return median(costs)
    finally:
        responder.terminate()
        await responder.wait()
