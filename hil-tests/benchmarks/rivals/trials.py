"""The trials: a simulated day on a lossy link, a day of blips, and a death at a random moment of the lossy day."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from appliance.domain.health import Target, TargetKind
from benchmarks.rivals.checkers import Checker
from benchmarks.rivals.guard_run import GuardRun, Setting
from benchmarks.rivals.links import DAY_S, Link, blips
from benchmarks.rivals.switching import switches_away, time_to_switch
from benchmarks.summary import Summary, summary

LOSSES = (0.0, 0.05, 0.1, 0.2)
BLIPS_S = (1.0, 2.0, 5.0, 10.0)
BLIP_EVERY_S = 1200.0
SETTLING_S = 1800.0  # deaths come after the link has been seen for half an hour
DECISION_WITHIN_S = 600.0
PRIMARY_TRUNK = Target(TargetKind.TRUNK, "trunk-a")
PRIMARY_ROUTE = "primary"


class Where(StrEnum):
    """What loses the packets."""

    PATH = "the primary trunk's path alone"
    UPLINK = "the box's whole uplink"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is simulated: days a trial (the rivals are cheap to simulate), and deaths."""

    guard_days: float
    rival_days: float
    deaths: int


FULL = Size(guard_days=1.0, rival_days=30.0, deaths=400)
QUICK = Size(guard_days=0.1, rival_days=3.0, deaths=40)


@dataclass(frozen=True, slots=True)
class Score:
    """One contender: seconds to switch at each loss, and false switches a day by loss and by length of the blips."""

    name: str
    to_switch_s: Mapping[float, Summary]
    false_by_loss: Mapping[float, float]
    false_by_blip: Mapping[float, float]

    def columns(self) -> Iterator[tuple[str, float]]:
        """Every figure by name, the smaller the better."""
        for loss, times in self.to_switch_s.items():
            yield f"time to switch at {loss:.0%} loss, median", times.middle
            yield f"time to switch at {loss:.0%} loss, worst", times.worst
        for loss, rate in self.false_by_loss.items():
            yield f"false switches at {loss:.0%} loss", rate
        for length_s, rate in self.false_by_blip.items():
            yield f"false switches at blips of {length_s:g} s", rate


def rival_score(checker: Checker, size: Size, chance: random.Random) -> Score:
    """A rival watches the primary trunk only, so that loss on the path and on the uplink are the same to it."""
    days, until_s = size.rival_days, size.rival_days * DAY_S

    def false_a_day(link: Link) -> float:
        return len(list(switches_away(checker, (link,), until_s, chance))) / days

    return Score(
        checker.name,
        {loss: summary(time_to_switch(checker, loss, size.deaths, chance)) for loss in LOSSES},
        {loss: false_a_day(Link(loss)) for loss in LOSSES},
        {length_s: false_a_day(Link(outages=blips(length_s, BLIP_EVERY_S, until_s, chance))) for length_s in BLIPS_S},
    )


def guard_score(setting: Setting, where: Where, size: Size, chance: random.Random) -> Score:
    """The guard; the loss begins when the guard starts, and the link is believed clean at first."""
    to_switch, by_loss, by_blip = {}, {}, {}
    for loss in LOSSES:
        run = GuardRun(setting, _links(setting, where, Link(loss)), chance)
        to_switch[loss] = summary(_deaths(run, size, chance))
        by_loss[loss] = _false_switches(run) / size.guard_days
    for length_s in BLIPS_S:
        outages = blips(length_s, BLIP_EVERY_S, size.guard_days * DAY_S, chance)
        run = GuardRun(setting, _links(setting, where, Link(outages=outages)), chance)
        run.run(size.guard_days * DAY_S)
        by_blip[length_s] = _false_switches(run) / size.guard_days
    return Score("Hotline", to_switch, by_loss, by_blip)


def _links(setting: Setting, where: Where, link: Link) -> dict[Target, Sequence[Link]]:
    hit = setting.sends_s if where is Where.UPLINK else (PRIMARY_TRUNK,)
    return {target: (link,) if target in hit else (Link(),) for target in setting.sends_s}


def _deaths(run: GuardRun, size: Size, chance: random.Random) -> list[float]:
    """Play the lossy day; at random moments a fork of it loses its primary trunk for good."""
    end_s = size.guard_days * DAY_S
    found = []
    for death_s in sorted(chance.uniform(SETTLING_S, end_s) for _ in range(size.deaths)):
        run.run(death_s)
        if run.route != PRIMARY_ROUTE:
            continue
        fork = run.fork(random.Random(chance.random()))
        fork.links[PRIMARY_TRUNK] = (*fork.links[PRIMARY_TRUNK], Link().dead_from(death_s))
        switch = fork.run_until_switch(death_s + DECISION_WITHIN_S)
        found.append(switch.at - death_s if switch is not None else DECISION_WITHIN_S)
    run.run(end_s)
    return found


def _false_switches(run: GuardRun) -> int:
    routes = [switch.route for switch in run.switches]
    return sum(before == PRIMARY_ROUTE != after for before, after in pairwise(routes))
