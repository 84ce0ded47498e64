"""The section of the page: a free agent and who waits for them, in the exchange's queue and in ``app_queue``."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.fifty.ears import Ears
from benchmarks.fifty.sound import code_of
from benchmarks.figures import Section, Table
from benchmarks.machine import machine, today
from benchmarks.oncall.others import calm
from benchmarks.oncall.site import Site, Wanted, site
from benchmarks.queue.rounds import Load, QueueBy, RoundError, Shift, load, shift
from benchmarks.queue.setting import app_queue_files, roster
from benchmarks.summary import summary

WAITING = (1, 10, 100)
ON_MUSIC = 50
FULL_SERVED, QUICK_SERVED = 20, 3
FULL_LOADS, QUICK_LOADS = 2, 1
FULL_MEASURING_S, QUICK_MEASURING_S = 20.0, 5.0
MS = 1000.0


@dataclass(slots=True)
class Record:
    """What was measured, and what went wrong."""

    measuring_s: float
    shifts: dict[tuple[int, QueueBy], Shift] = field(default_factory=dict)
    loads: dict[QueueBy, list[Load]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def measure(*, quick: bool, seed: int, progress: Callable[[str], None]) -> Section:
    """Let callers wait, in an order of chance."""
    return as_section(asyncio.run(_measure(quick, random.Random(seed), progress)))


async def _measure(quick: bool, chance: random.Random, progress: Callable[[str], None]) -> Record:
    record = Record(QUICK_MEASURING_S if quick else FULL_MEASURING_S)
    ears = Ears(lambda _: code_of(1))
    address = await ears.start("127.0.0.1")
    try:
        async with site(Wanted(ears=address, roster=roster(), more=app_queue_files())) as made:
            await made.start_exchange()
            await _work(made, ears, record, QUICK_SERVED if quick else FULL_SERVED, chance, progress)
            for number in range(1, (QUICK_LOADS if quick else FULL_LOADS) + 1):
                for way in chance.sample(list(QueueBy), len(QueueBy)):
                    await calm(made.look)
                    progress(f"{ON_MUSIC} on music, round {number}, {way.value}")
                    try:
                        found = await load(made, ears, way, ON_MUSIC, record.measuring_s)
                    except RoundError as error:
                        record.lost.append(f"{ON_MUSIC} on music, {error}")
                        continue
                    record.loads.setdefault(way, []).append(found)
            await made.stop_exchange()
    finally:
        await ears.close()
    return record


async def _work(
    made: Site, ears: Ears, record: Record, serve: int, chance: random.Random, progress: Callable[[str], None]
) -> None:
    todo = [(waiting, way) for waiting in WAITING for way in QueueBy]
    chance.shuffle(todo)
    for way in QueueBy:
        await calm(made.look)
        progress(f"one to warm up, {way.value}")
        await shift(made, ears, way, 1, 1, chance)
    for waiting, way in todo:
        await calm(made.look)
        progress(f"{waiting} waiting, {way.value}")
        try:
            record.shifts[waiting, way] = await shift(made, ears, way, waiting, serve, chance)
        except RoundError as error:
            record.lost.append(f"{waiting} waiting, {error}")


def p95(values: Sequence[float]) -> float:
    """The smallest value that 95 % of all do not exceed (nearest rank)."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def as_section(record: Record) -> Section:
    """The figures as text and tables."""
    rows = []
    order = {way: number for number, way in enumerate(QueueBy)}
    for (waiting, way), found in sorted(record.shifts.items(), key=lambda item: (item[0][0], order[item[0][1]])):
        called = [one.called_s * MS for one in found.served]
        heard = [one.heard_s * MS for one in found.served]
        rows.append(
            (
                str(waiting),
                way.value,
                str(len(found.served)),
                f"{median(called):.0f} / {p95(called):.0f}",
                f"{median(heard):.0f} / {p95(heard):.0f}",
                f"{max(heard):.0f}",
                str(found.overtaken),
            )
        )
    return Section(
        "queue",
        "A free agent and who waits for them",
        today(),
        machine(),
        [
            _setting(record),
            Table(
                "Milliseconds from when the agent hangs up on one caller:",
                (
                    "waiting",
                    "queue of",
                    "callers served",
                    "agent's phone is called, median / p95",
                    "agent hears the next caller, median / p95",
                    "worst",
                    "brought out of turn",
                ),
                rows,
            ),
            _music(record),
            *_losses(record),
        ],
    )


def _setting(record: Record) -> str:
    others = summary([100 * one.others for one in record.shifts.values()]).words(0)
    return (
        "One Asterisk, configured by `hotline asterisk render`; in one run, in an order of chance, the same callers "
        "wait in two queues with music and one agent: ours (`hotline exchange` beside that Asterisk, screening off, "
        "no announcements) and `app_queue` with `leastrecent`, `ringinuse = no`, `autofill` and a `retry` of one "
        "second (its least; five by default). Operator, callers and the agent's phone are a second real Asterisk on "
        "the same machine; that phone is answered at once, and each caller sings a tone that the agent's end listens "
        "for, frame by frame (20 ms). Callers come five a second. Whenever the agent hangs up, so many callers wait. "
        "After a round they leave while the agent still talks: a member whom `app_queue` is just calling when the "
        "caller hangs up is rung no more, where nothing tells it that member's state, as of a mobile behind a trunk. "
        "All processes share the cores. Other programs ran on the machine: a round waited for up to half a minute "
        "until they were nearly still; "
        f"what they used in spite of that was {others} % of the cores, median / worst."
    )


def _music(record: Record) -> Table:
    rows = [
        (
            way.value,
            summary([100 * one.asterisk for one in loads]).words(),
            summary([100 * one.exchange for one in loads]).words() if way is QueueBy.EXCHANGE else "-",
        )
        for way in QueueBy
        if (loads := record.loads.get(way))
    ]
    return Table(
        f"While {ON_MUSIC} callers hear music and the agent talks, {record.measuring_s:.0f} s each, median / worst:",
        ("queue of", "processor of Asterisk, % of a core", "of the exchange, % of a core"),
        rows,
    )


def _losses(record: Record) -> list[str]:
    if not record.lost:
        return ["Every caller who waited got the agent."]
    return [f"**Rounds that broke off, which are in no figure above:** {'; '.join(record.lost)}."]
