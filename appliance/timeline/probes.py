"""The probes behind health changes, each placed in time and told once.

Each change tells the last ten probes of its part, so changes in close succession tell the same probe twice. The ages
count from the newest probe, and how long the change was written after it is not told; so the same probe comes out at
two times, and windows are laid over each other by what they hold rather than by time. Where two overlap, the earlier
placing is nearer the truth, since nothing is written before it happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from appliance.domain.events import Event, EventType

ROUNDING_S = 0.003  # ages are told in milliseconds
LAG_S = 15.0  # a change is written that long after its newest probe at most
LONE_LAG_S = 0.25  # one probe alone has no rhythm to be known by; less than the fastest interval


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe of ``part``, told by the event ``event_id``; those of one ``run`` are placed by one another."""

    at: datetime
    part: str
    event_id: int
    run: int
    sample: Mapping[str, Any]


def probes_of(events: Sequence[Event]) -> list[Probe]:
    """Every probe the health changes of ``events`` tell, once, in the order they were told."""
    chains: dict[str, list[Probe]] = {}
    for event in events:
        if event.type != EventType.HEALTH_CHANGED:
            continue
        window = _window(event)
        if window:
            chain = chains.setdefault(window[0].part, [])
            chain[:] = _joined(chain, window)
    return sorted((probe for chain in chains.values() for probe in chain), key=lambda probe: probe.event_id)


def _window(event: Event) -> list[Probe]:
    samples = event.data.get("samples")
    if not isinstance(samples, list):
        return []
    newest, part = datetime.fromisoformat(event.at), str(event.data.get("part"))
    probes = []
    for sample in samples:
        if not isinstance(sample, Mapping):
            continue
        at, ago_s = sample.get("at"), sample.get("ago_s")
        if isinstance(at, str):
            when = datetime.fromisoformat(at)
        else:
            when = newest - timedelta(seconds=ago_s if isinstance(ago_s, (int, float)) else 0)
        probes.append(Probe(when, part, event.id, event.id, sample))
    return probes


def _joined(chain: list[Probe], window: list[Probe]) -> list[Probe]:
    """``chain`` with what ``window`` adds to it, both on the earlier of the two placings."""
    shared = _shared(chain, window)
    if not shared:
        return chain + window
    late, run = chain[-1].at - window[shared - 1].at, chain[-1].run
    back = max(late, timedelta(0))
    placed = [replace(probe, at=probe.at - back) if probe.run == run else probe for probe in chain]
    return placed + [replace(probe, at=probe.at + late - back, run=run) for probe in window[shared:]]


def _shared(chain: list[Probe], window: list[Probe]) -> int:
    """How many of the last probes of ``chain`` are the first of ``window``: of all that fit, the nearest in time."""
    fits = []
    for count in range(1, min(len(chain), len(window)) + 1):
        lag_s = abs((chain[-1].at - window[count - 1].at).total_seconds())
        if lag_s <= (LAG_S if count > 1 else LONE_LAG_S) and _same(chain[-count:], window[:count]):
            fits.append((lag_s, count))
    return min(fits)[1] if fits else 0


def _same(left: list[Probe], right: list[Probe]) -> bool:
    """Whether two runs of probes had the same outcomes in the same rhythm."""
    return all(
        all(one.sample.get(key) == other.sample.get(key) for key in ("ok", "rtt_ms", "detail"))
        and abs(((left[-1].at - one.at) - (right[-1].at - other.at)).total_seconds()) <= ROUNDING_S
        for one, other in zip(left, right, strict=True)
    )
