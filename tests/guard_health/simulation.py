"""A link that loses packets at random, for asking the detector how often it errs and how fast it is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.domain.health import Health, Sample, Target, TargetKind
from appliance.guard.health import ONE_YEAR_S, TargetState, WatchSettings, initial, misses_needed, observe

TRUNK = Target(TargetKind.TRUNK, "trunk-a")
SETTINGS = WatchSettings(
    inter_s=2.0, fastinter_s=0.5, downinter_s=5.0, timeout_s=1.0, fall=3, rise=5, half_life_s=60.0
)


def sample(ok: bool, at: float = 0.0) -> Sample:
    return Sample(TRUNK, at, ok, 12.0 if ok else None, "200" if ok else "no answer in 1.0 s")


def fed(state: TargetState, outcomes: str, settings: WatchSettings = SETTINGS) -> TargetState:
    """The state after outcomes written as ``.`` (answered) and ``x`` (missed), one second apart."""
    at = state.samples[-1].at if state.samples else state.since
    for number, outcome in enumerate(outcomes, 1):
        state = observe(state, sample(outcome == ".", at + number), settings)
    return state


def up(settings: WatchSettings = SETTINGS) -> TargetState:
    return fed(initial(TRUNK, 0.0), ".", settings)


def probe_miss(each_way_loss: float, sends: int) -> float:
    """Chance that a probe of so many sends stays without an answer."""
    lost = 1 - (1 - each_way_loss) ** 2
    return float(lost**sends)


def outcomes(chance: random.Random, miss: float, count: int) -> Iterator[bool]:
    return (chance.random() >= miss for _ in range(count))


def falls_after_onset(miss: float, trials: int, probes: int, seed: int = 1) -> float:
    """Share of clean links that are taken for dead within ``probes`` probes of beginning to lose ``miss`` of them."""
    chance = random.Random(seed)
    fallen = 0
    for _ in range(trials):
        state = up()
        for ok in outcomes(chance, miss, probes):
            state = observe(state, sample(ok), SETTINGS)
            if state.health is Health.DOWN:
                fallen += 1
                break
    return fallen / trials


@dataclass(frozen=True)
class Settled:
    """What a link that has lost ``miss`` of its probes for long must expect."""

    false_alarms_a_year: float
    mean_misses_to_fall: float


def settled(miss: float, probes: int, seed: int = 1) -> Settled:
    """The expected rate, not a count: each time a run can begin, the chance that it reaches its limit is added up.

    Counting alarms of which there is one a year would take years of probes; the limit is known before each run, and
    with it the chance, so that a few thousand answered probes tell the rate.
    """
    chance = random.Random(seed)
    state = up()
    for ok in outcomes(chance, miss, 3000):  # let the estimate settle
        state = observe(state, sample(ok), SETTINGS)
    limits = []
    for ok in outcomes(chance, miss, probes):
        state = observe(state, sample(ok), SETTINGS)
        if ok:
            limits.append(misses_needed(state, SETTINGS))
    expected = sum(miss**limit for limit in limits) / len(limits)
    return Settled(expected * ONE_YEAR_S / SETTINGS.inter_s, sum(limits) / len(limits))


def detection_s(misses: float) -> float:
    """Seconds from death to verdict: the wait for the next probe, then timed-out ones, the last to its end."""
    pace = max(SETTINGS.fastinter_s, SETTINGS.timeout_s)
    return SETTINGS.inter_s + (misses - 1) * pace + SETTINGS.timeout_s
