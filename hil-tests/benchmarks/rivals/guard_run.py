"""The guard's own decision in virtual time, without an event loop: a simulated day takes seconds.

:mod:`appliance.guard.brain` decides, with the policy of the configuration; this file only keeps the calendar that
:class:`appliance.guard.watcher.Watcher` and :class:`appliance.guard.loop.Guard` keep in the product: pace, jitter,
prodded references, the time to look again. Packets leave as the product's probers send them. The brain's memory is
immutable, so that a run can be forked: one simulated day serves hundreds of deaths.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from appliance.config import Config
from appliance.domain.endpoints import ReferenceKind
from appliance.domain.events import EventType
from appliance.domain.health import Sample, Target, TargetKind
from appliance.guard import brain, selfdoubt
from appliance.guard.app import policy_of
from appliance.guard.brain import Policy, Wishes
from appliance.guard.waiting import LONGEST_SLEEP_S
from appliance.guard.watcher import JITTER
from appliance.probes.schedule import resend_waits
from benchmarks.rivals.links import Link, answered_at


@dataclass(frozen=True, slots=True)
class Setting:
    """What is watched, how each target's question is sent, and by which rules it is decided."""

    policy: Policy
    wishes: Wishes
    sends_s: Mapping[Target, tuple[float, ...]]


def setting_of(config: Config) -> Setting:
    """The setting of a configuration."""
    timeout_s = config.watchdog.timeout
    datagram = tuple(itertools.accumulate(resend_waits(timeout_s), initial=0.0))
    # a lost SYN is sent again after 1 s (RFC 6298 §2), which is the end of the default timeout
    stream = tuple(at for at in (0.0, 1.0, 3.0) if at < timeout_s)
    sends = {Target(TargetKind.TRUNK, trunk.name): datagram for trunk in config.trunk}
    sends |= {Target(TargetKind.NODE, node.name): datagram for node in config.node}
    sends |= {
        Target(TargetKind.REFERENCE, str(one)): stream if one.kind is ReferenceKind.TCP else datagram
        for one in config.watchdog.references
    }
    duty = config.person_by_id(config.duty.default)
    assert duty is not None, "the configuration was checked"
    return Setting(policy_of(config), Wishes(duty.mobile, None), sends)


class _Kind(Enum):
    BEGIN = 1
    FINISH = 2
    LOOK = 3


@dataclass(frozen=True, slots=True)
class Switch:
    """A decision that changed where calls go."""

    at: float
    route: str
    reason: str


@dataclass(slots=True)
class _Watch:
    """The calendar of one target. A ticket that is not the newest has been overtaken."""

    began: float = 0.0
    busy: bool = False
    prodded: bool = False
    ticket: int = 0


@dataclass(slots=True)
class _Calendar:
    due: list[tuple[float, int, _Kind, Target | None, Any]] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    look_ticket: int = 0

    def add(self, at: float, kind: _Kind, target: Target | None, detail: Any) -> None:
        heapq.heappush(self.due, (at, next(self.numbers), kind, target, detail))


class GuardRun:
    """One run. ``links`` are those each target's packets cross; they may be replaced while it runs."""

    def __init__(self, setting: Setting, links: Mapping[Target, Sequence[Link]], chance: random.Random) -> None:
        self.links = dict(links)
        self.switches: list[Switch] = []
        self._setting = setting
        self._chance = chance
        self._now = 0.0
        self._memory = brain.begin(list(setting.sends_s), None, 0.0)
        self._watches = {target: _Watch() for target in setting.sends_s}
        self._calendar = _Calendar()
        for target, watch in self._watches.items():
            first_s = chance.uniform(0.0, setting.policy.watch.fastinter_s)
            self._calendar.add(first_s, _Kind.BEGIN, target, watch.ticket)
        self._decide()

    @property
    def route(self) -> str | None:
        """Where calls go by now."""
        return self.switches[-1].route if self.switches else None

    def run(self, until_s: float) -> None:
        """Let time pass to ``until_s``."""
        due = self._calendar.due
        while due and due[0][0] <= until_s:
            self._now, _, kind, target, detail = heapq.heappop(due)
            if kind is _Kind.LOOK:
                if detail == self._calendar.look_ticket:
                    self._decide()
            elif target is not None and kind is _Kind.BEGIN:
                self._begin(target, detail)
            elif target is not None:
                self._finish(target, detail)
        self._now = until_s

    def run_until_switch(self, until_s: float) -> Switch | None:
        """Let time pass to the next decision that moves calls, at most to ``until_s``."""
        seen = len(self.switches)
        while len(self.switches) == seen and self._calendar.due and self._calendar.due[0][0] <= until_s:
            self.run(self._calendar.due[0][0])
        return self.switches[seen] if len(self.switches) > seen else None

    def fork(self, chance: random.Random) -> GuardRun:
        """A run that is this one up to now, and goes its own way from here."""
        other = GuardRun.__new__(GuardRun)
        other.links = dict(self.links)
        other.switches = list(self.switches)
        other._setting = self._setting
        other._chance = chance
        other._now = self._now
        other._memory = self._memory
        other._watches = {target: replace(watch) for target, watch in self._watches.items()}
        numbers = itertools.count(next(self._calendar.numbers))
        other._calendar = _Calendar(list(self._calendar.due), numbers, self._calendar.look_ticket)
        return other

    def _begin(self, target: Target, ticket: int) -> None:
        watch = self._watches[target]
        if ticket != watch.ticket:
            return
        watch.began, watch.busy, watch.prodded = self._now, True, False
        timeout_s = self._setting.policy.watch.timeout_s
        sends_s = self._setting.sends_s[target]
        answer = answered_at(self.links[target], self._now, sends_s, timeout_s, self._chance)
        known = self._now + timeout_s if answer is None else answer
        self._calendar.add(known, _Kind.FINISH, target, answer is not None)

    def _finish(self, target: Target, ok: bool) -> None:
        watch = self._watches[target]
        rtt_ms = 1000 * (self._now - watch.began) if ok else None
        sample = Sample(target, self._now, ok, rtt_ms, "200" if ok else "no answer in 1.0 s")
        self._memory, matters = brain.observe(self._memory, sample, watch.began, self._setting.policy)
        if matters and selfdoubt.wants_references(self._memory.evidence, self._memory.targets):
            for other in self._watches:
                if other.kind is TargetKind.REFERENCE:
                    self._prod(other)
        pace_s = brain.pace_s(self._memory, target, self._setting.policy, self._now)
        watch.busy = False
        next_at = watch.began + pace_s * self._chance.uniform(1 - JITTER, 1 + JITTER)
        if watch.prodded:
            next_at = watch.began + self._setting.policy.watch.fastinter_s
        self._plan(target, next_at)
        if matters:
            self._decide()

    def _prod(self, target: Target) -> None:
        watch = self._watches[target]
        watch.prodded = True
        if not watch.busy:
            self._plan(target, watch.began + self._setting.policy.watch.fastinter_s)

    def _plan(self, target: Target, at: float) -> None:
        watch = self._watches[target]
        watch.ticket += 1
        self._calendar.add(max(at, self._now), _Kind.BEGIN, target, watch.ticket)

    def _decide(self) -> None:
        self._memory, decision, happened = brain.decide(
            self._memory, self._setting.wishes, self._setting.policy, self._now
        )
        self.switches += [
            Switch(self._now, data["to"], data["reason"])
            for type_, data in happened
            if type_ is EventType.ROUTE_DECIDED
        ]
        look_at = self._now + LONGEST_SLEEP_S
        if decision.look_again_at is not None:
            look_at = min(look_at, decision.look_again_at)
        self._calendar.look_ticket += 1
        self._calendar.add(look_at, _Kind.LOOK, None, self._calendar.look_ticket)
