"""One outage as one timeline: probes, decisions, AT exchanges, verified states, and who was reached.

Time zero is the first probe that missed, for that is when a customer could first have noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from appliance.domain.events import EventType
from appliance.timeline.outages import CARRYING_KINDS, Outage, Reach, moment
from appliance.timeline.probes import Probe, probes_of


class Kind(StrEnum):
    """What a step of the timeline shows."""

    PROBE = "probe"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline; ``offset_s`` counts from time zero and is negative before it."""

    kind: Kind
    at: datetime
    offset_s: float
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds from time zero; ``None`` for what never came."""

    down_s: float | None
    decided_s: float | None
    requested_s: float | None
    verified_s: float | None
    back_s: float | None


@dataclass(frozen=True, slots=True)
class Span:
    """Callers reached ``number`` from ``from_s`` (``None``: since before) to ``until_s`` (``None``: on and on)."""

    from_s: float | None
    until_s: float | None
    number: str | None
    route: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """The timeline of one outage."""

    zero: datetime
    steps: tuple[Step, ...]
    figures: Figures
    reached: tuple[Span, ...]


def replay(outage: Outage) -> Replay:
    """Lay the outage out in time."""
    rows = list(_rows(outage))
    if all(earlier.at <= later.at for earlier, later in pairwise(rows) if earlier.kind is later.kind is Kind.EVENT):
        rows.sort(key=lambda row: row.at)  # stable; where the clock was set back, the order of the journal is kept
    misses = [row.at for row in rows if row.kind is Kind.PROBE and not row.data.get("ok")]
    zero = min([outage.began, *misses])

    def offset(at: datetime) -> float:
        return round((at - zero).total_seconds(), 3)

    steps = tuple(Step(row.kind, row.at, offset(row.at), row.type, row.data) for row in rows)
    reached = tuple(_spans(outage, steps))
    return Replay(zero, steps, _figures(outage, steps), reached)


@dataclass(frozen=True, slots=True)
class _Row:
    kind: Kind
    at: datetime
    type: str
    data: Mapping[str, Any]


def _rows(outage: Outage) -> Iterator[_Row]:
    told: dict[int, list[Probe]] = {}
    for probe in probes_of((*outage.earlier, *outage.events)):
        told.setdefault(probe.event_id, []).append(probe)
    for event in outage.events:
        for probe in told.get(event.id, ()):
            yield _Row(Kind.PROBE, probe.at, "probe", {**probe.sample, "part": event.data.get("part")})
        yield _Row(Kind.EVENT, moment(event), event.type, event.data)


def _figures(outage: Outage, steps: tuple[Step, ...]) -> Figures:
    def first(*types: EventType, service: str | None = None) -> float | None:
        for step in steps:
            if step.type not in types or (service and step.data.get("service", service) != service):
                continue
            if step.type == EventType.HEALTH_CHANGED and (
                step.data.get("to") != "down" or step.data.get("kind") not in CARRYING_KINDS
            ):
                continue
            return step.offset_s
        return None

    return Figures(
        down_s=first(EventType.HEALTH_CHANGED, EventType.ISOLATION_BEGAN),
        decided_s=first(EventType.ROUTE_DECIDED),
        requested_s=first(EventType.FORWARDING_REQUESTED, service="cfu"),
        verified_s=first(EventType.FORWARDING_VERIFIED, service="cfu"),
        back_s=steps[-1].offset_s if outage.over else None,
    )


def _spans(outage: Outage, steps: tuple[Step, ...]) -> Iterator[Span]:
    names: dict[str, str] = {}
    marks: list[tuple[float | None, str | None, str | None]] = []
    if outage.before:
        marks.append((None, outage.before.number, _name(outage.before, outage)))
    for step in steps:
        number = step.data.get("number")
        if step.type == EventType.ROUTE_DECIDED and isinstance(number, str):
            names[number] = str(step.data.get("to"))
        if step.type == EventType.FORWARDING_VERIFIED and step.data.get("service", "cfu") == "cfu":
            if marks and marks[-1][1] == number:
                continue
            marks.append((step.offset_s, number, names.get(str(number))))
    for index, (start, number, route) in enumerate(marks):
        end = marks[index + 1][0] if index + 1 < len(marks) else None
        yield Span(start, end, number, route)


def _name(reach: Reach, outage: Outage) -> str | None:
    if reach.route:
        return reach.route
    decided = next((event for event in outage.events if event.type == EventType.ROUTE_DECIDED), None)
    return decided.data.get("from") if decided else outage.best
