"""The section on outages: what it follows on a bench, and that no lost run is kept quiet."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from bench.lab.roles import Heard, Outcome
from benchmarks import outages
from benchmarks.figures import terminal
from benchmarks.outages import BACK, FAULTS, LostError, Record, Run

TRUNK_DEAD = FAULTS[0]


def event(type_: str, at: float, **data: str) -> Mapping[str, Any]:
    return {"type": type_, "at": datetime.fromtimestamp(at, UTC).isoformat(), "data": data}


@dataclass
class Observer:
    """Gives the events it is told to, one at each wait."""

    coming: list[Mapping[str, Any]]
    events: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def changes(self) -> int:
        return len(self.events)

    async def change_after(self, seen: int, timeout_s: float) -> int:
        if self.coming:
            self.events.append(self.coming.pop(0))
        else:
            await asyncio.sleep(timeout_s)
        return self.changes


@dataclass
class Bench:
    """A world whose next call ends as told."""

    observer: Observer
    heard: Heard

    async def dial(self) -> Heard:
        return self.heard


def answered(who: str | None, at: float) -> Heard:
    return Heard(who, None, Outcome.ANSWERED, 0.1, at)


async def test_a_run_is_followed_from_the_fault_to_the_answer() -> None:
    began = time.time()
    observer = Observer(
        [
            event("health.changed", began + 3, part="trunk trunk-a"),
            event("forwarding.verified", began + 4, service="cfb", number=TRUNK_DEAD.number),
            event("route.decided", began + 12, to="secondary"),
            event("forwarding.verified", began + 18, service="cfu", number=TRUNK_DEAD.number),
        ],
        [event("route.decided", began - 60, to="secondary")],  # of an earlier fault
    )
    bench = Bench(observer, answered("node-2", began + 19))
    run = await outages._follow(bench, TRUNK_DEAD, 1, began)  # type: ignore[arg-type]
    assert [round(each, 3) for each in (run.decided_s, run.verified_s, run.answered_s)] == [12.0, 18.0, 19.0]


async def test_a_call_that_reaches_somebody_else_is_lost() -> None:
    began = time.time()
    events = [
        event("route.decided", began, to="secondary"),
        event("forwarding.verified", began, service="cfu", number=TRUNK_DEAD.number),
    ]
    bench = Bench(Observer([], events), answered("technician:tech-1", began))
    with pytest.raises(LostError, match="node-1 or node-2"):
        await outages._follow(bench, TRUNK_DEAD, 0, began)  # type: ignore[arg-type]


async def test_a_decision_that_never_comes_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "STEP_WITHIN_S", 0.05)
    bench = Bench(Observer([]), answered(None, 0.0))
    with pytest.raises(LostError, match=r"no route\.decided"):
        await outages._follow(bench, TRUNK_DEAD, 0, time.time())  # type: ignore[arg-type]


def test_lost_runs_are_told_and_not_counted() -> None:
    record = Record()
    record.runs[TRUNK_DEAD] += [Run(11.0, 17.0, 17.1), Run(13.0, 19.0, 19.2), Run(12.0, 18.0, 18.1)]
    whole = terminal(outages._section(record))
    assert "12.0 / 13.0  18.0 / 19.0" in whole
    assert "Every call reached whom it should." in whole
    record.lost.append("both nodes dead: nobody answered")
    told = terminal(outages._section(record))
    assert "Lost runs, which are in no figure above: 1. both nodes dead: nobody answered." in told
    assert f"{BACK.title}     0" in told
