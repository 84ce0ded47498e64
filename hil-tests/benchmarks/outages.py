"""Fault → decision → verified → next customer answered, on the bench of real Asterisks, broker and guard."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bench.faults import WorldFaults
from bench.plan import DIDS, ROUTES, TECHNICIANS
from bench.world import Options, World
from benchmarks.figures import Section, Table
from benchmarks.machine import machine, today
from benchmarks.summary import summary

CCFC_S = 3.0
FAILBACK_HOLD_S = 5.0
DAMPING_HALF_LIFE_S = 10.0
WORLDS = 3
STEP_WITHIN_S = 90.0
NORMAL_WITHIN_S = 180.0
PHASE_S = 2.2  # the longest wait between two probes: a fault comes anywhere in it
TECHNICIAN_NUMBER = TECHNICIANS["tech-1"]
PRIMARY_NUMBER = DIDS[ROUTES["primary"]]
SECONDARY_NUMBER = DIDS[ROUTES["secondary"]]


@dataclass(frozen=True, slots=True)
class Fault:
    """``part`` dies; calls should go by ``route``, whose number is ``number``, and be answered by ``answers``."""

    part: str
    title: str
    route: str
    number: str
    answers: Sequence[str]


FAULTS = (
    Fault("trunk-a", "primary trunk dead", "secondary", SECONDARY_NUMBER, ("node-1", "node-2")),
    Fault("cluster", "both nodes dead", "technician", TECHNICIAN_NUMBER, ("technician:tech-1",)),
    Fault("trunks", "both trunks dead", "technician", TECHNICIAN_NUMBER, ("technician:tech-1",)),
)
BACK = Fault("", "mended: back to the primary", "primary", PRIMARY_NUMBER, ("node-1", "node-2"))


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds after the fault: the decision, the network's own word for it, the customer's call answered."""

    decided_s: float
    verified_s: float
    answered_s: float


class LostError(Exception):
    """A step that did not come in time, or a call that did not reach whom it should."""


@dataclass(slots=True)
class Record:
    """What was measured, by fault, and what went wrong."""

    runs: dict[Fault, list[Run]] = field(default_factory=lambda: {fault: [] for fault in (*FAULTS, BACK)})
    lost: list[str] = field(default_factory=list)


def measure(*, quick: bool, runs: int, seed: int, progress: Callable[[str], None]) -> Section:
    """Play ``runs`` runs a fault (two when ``quick``)."""
    record = asyncio.run(_measure(2 if quick else runs, seed, progress))
    return _section(record)


async def _measure(runs: int, seed: int, progress: Callable[[str], None]) -> Record:
    record, waiting = Record(), list(FAULTS) * runs
    planned = len(waiting)

    def next_fault() -> Fault | None:
        return waiting.pop(0) if waiting else None

    def told(words: str) -> None:
        progress(f"{planned - len(waiting)} of {planned} begun: {words}")

    async with asyncio.TaskGroup() as worlds:
        for number in range(min(WORLDS, planned)):
            worlds.create_task(_world(record, next_fault, random.Random(seed + number), told), name=f"world {number}")
    return record


async def _world(
    record: Record, next_fault: Callable[[], Fault | None], chance: random.Random, progress: Callable[[str], None]
) -> None:
    watchdog = {"failback_hold": FAILBACK_HOLD_S, "damping_half_life": DAMPING_HALF_LIFE_S}
    async with World(Options(profile="real", watchdog=watchdog, ccfc_s=CCFC_S)) as world:
        faults = WorldFaults(world)
        await _normal(world)
        while (fault := next_fault()) is not None:
            try:
                record.runs[fault].append(await _fail(world, faults, fault, chance))
                record.runs[BACK].append(await _mend(world, faults))
            except (TimeoutError, LostError) as error:
                record.lost.append(f"{fault.title}: {error}")
                await faults.mend_all()
            progress(_words(record, fault))
            await _normal(world)


async def _normal(world: World) -> None:
    await world.observer.wait_for(
        lambda state: (
            state["service"] == "normal"
            and state["route"]["active"] == "primary"
            and state["forwarding"]["status"] == "verified"
        ),
        NORMAL_WITHIN_S,
    )


async def _fail(world: World, faults: WorldFaults, fault: Fault, chance: random.Random) -> Run:
    await asyncio.sleep(chance.uniform(0.0, PHASE_S))
    seen, began = len(world.observer.events), time.time()
    await faults.break_(fault.part)
    return await _follow(world, fault, seen, began)


async def _mend(world: World, faults: WorldFaults) -> Run:
    """The time runs from when what was dead serves again."""
    seen = len(world.observer.events)
    await faults.mend_all()
    return await _follow(world, BACK, seen, time.time())


async def _follow(world: World, wanted: Fault, seen: int, began: float) -> Run:
    decided = await _event(world, seen, "route.decided", {"to": wanted.route})
    verified = await _event(world, seen, "forwarding.verified", {"service": "cfu", "number": wanted.number})
    heard = await world.dial()
    if heard.who not in wanted.answers or heard.answered_at is None:
        raise LostError(f"the customer should have been answered by {' or '.join(wanted.answers)}: {heard}")
    return Run(decided - began, verified - began, heard.answered_at - began)


async def _event(world: World, seen: int, type_: str, data: Mapping[str, Any]) -> float:
    """When the first such event after number ``seen`` happened, Unix seconds as the guard wrote it down."""
    observer = world.observer
    try:
        async with asyncio.timeout(STEP_WITHIN_S):
            while True:
                changes = observer.changes
                for event in observer.events[seen:]:
                    if event["type"] == type_ and data.items() <= event["data"].items():
                        return datetime.fromisoformat(event["at"]).timestamp()
                await observer.change_after(changes, STEP_WITHIN_S)
    except TimeoutError:
        raise LostError(f"no {type_} with {dict(data)} in {STEP_WITHIN_S:g} s") from None


def _words(record: Record, fault: Fault) -> str:
    runs = record.runs[fault]
    last = f", last answered after {runs[-1].answered_s:.1f} s" if runs else ""
    return f"{fault.title}{last}; {len(record.lost)} lost"


def _section(record: Record) -> Section:
    rows = []
    for fault, runs in record.runs.items():
        columns = ([getattr(run, name) for run in runs] for name in ("decided_s", "verified_s", "answered_s"))
        rows.append((fault.title, str(len(runs)), *(summary(column).words() for column in columns)))
    return Section(
        "outages",
        "From the fault to the next customer answered",
        today(),
        machine(),
        [
            f"On the bench: real Asterisk processes as telephone network, trunks and nodes, a real mosquitto, the "
            f"real `hotline guard`; modem and mobile network are simulated, and the network takes {CCFC_S:g} s for"
            f" each registration and each query of a forwarding. A part dies by SIGKILL at a random moment between"
            f" two probes. The watchdog has its defaults, but for `failback_hold` ({FAILBACK_HOLD_S:g} s instead "
            f"of 120) and the damping's half-life ({DAMPING_HALF_LIFE_S:g} s instead of 60), so that so many "
            f"deaths of one part in an hour are not taken for flapping; both touch the way back only. Verified is "
            f"when the network, asked after the change, has named the new number; then a customer dials the "
            f"service number, and who answers is told by what is heard. Mended counts from when the part serves "
            f"again. Up to {WORLDS} benches ran at once on the machine.",
            Table(
                "Seconds since the fault, median / worst:",
                ("", "runs", "decision", "verified", "next customer answered"),
                rows,
            ),
            _losses(record),
        ],
    )


def _losses(record: Record) -> str:
    if not record.lost:
        return "Every call reached whom it should."
    return f"**Lost runs, which are in no figure above: {len(record.lost)}.** " + "; ".join(record.lost) + "."
