"""Who waits, and who rings for whom: one decision for all queues of an exchange (MISSION Q1). Pure.

Theory of operation. A hall is a value; :func:`decide` is level-triggered: told who may be rung in each queue, who is
busy with something else, and what time it is, it says who *should* be ringing now, and for whom. Its owner compares
that with who is, starts and cancels the difference, and reports what became of each attempt (:func:`dialled`,
:func:`answered`, :func:`ended`). Deciding twice changes nothing.

- **Order.** Those who wait are served strictly by when they began to wait, over all queues: a free agent is rung for
  the first who may have them. Whoever came later gets only whom nobody before them wants; so with two free agents two
  callers are rung for at once, each by their own, and the first caller by the one who comes first.
- **An agent is rung for one caller at a time**: rings are kept by agent, so it cannot be otherwise.
- ``longestidle``, ``random`` and ``firstavailable`` ring one agent for a caller, ``ring_s`` each; ``ringall`` every
  free one; ``memoryhunt`` one more each ``step_s``. Whoever did not answer the caller comes after those who were not
  tried for them yet, and after a rest, which differs by what happened (:data:`RESTS_S`).
- Whoever has nothing to do for longest is ``longestidle``'s first. A missed call counts as something to do, or one
  who has left their desk would be rung for ever.
- Somebody who waits but is not ``ready`` (a callback that rests) keeps the place, and is passed over.

Times are seconds of one clock that goes on, except ``since``: it is the wall's (Unix), since places outlast restarts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from appliance.domain.calls import LegResult
from appliance.roster.destinations import QueueStrategy

RESTS_S: Mapping[LegResult, float] = {
    LegResult.NO_ANSWER: 5.0,  # others' first; the phone's display is let go dark in between
    LegResult.BUSY: 15.0,  # on the phone, so they are there
    LegResult.REJECTED: 15.0,
    LegResult.NOT_ACCEPTED: 15.0,
    LegResult.UNREACHABLE: 30.0,  # switched off, or no way to it: neither ends soon
    LegResult.MACHINE: 60.0,  # the phone is off or diverted
}
REST_S = 5.0
K = TypeVar("K")
V = TypeVar("V")


class Chance(Protocol):
    """What is needed of ``random.Random``."""

    def choice(self, seq: tuple[str, ...], /) -> str:
        """One of them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A queue as it is now: ``agents`` are those who may be rung (logged in, not paused), in the roster's order."""

    strategy: QueueStrategy
    ring_s: float
    step_s: float
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who waits: a caller, or a callback. ``since`` is the place: Unix seconds. ``but`` is an agent who is
    not rung: the caller's own self. ``held``: not ready for hours; it keeps the place, and is told to nobody."""

    id: str
    queue: str
    since: float
    ready: bool = True
    but: str | None = None
    held: bool = False

    @property
    def order(self) -> tuple[float, int, str]:
        """Who is before whom; of two in the same millisecond the one whose channel came first ("…9" before "…10")."""
        return self.since, len(self.id), self.id


@dataclass(frozen=True, slots=True)
class Ring:
    """An agent who is rung for somebody. ``since`` is when that was decided, then when it was ``dialled``."""

    agent: str
    waiter: str
    since: float
    dialled: bool = False
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Hall:
    """All who wait and all who ring. Its parts are read, never written, by its owner.

    ``rests`` is until when an agent is left alone, ``idle`` since when each has had nothing to do, ``busy`` who was
    busy at the last decision. ``tries`` and ``began`` (when the first of those rang who ring now) are by waiter.
    """

    waiters: Mapping[str, Waiter] = field(default_factory=dict)
    rings: Mapping[str, Ring] = field(default_factory=dict)
    rests: Mapping[str, float] = field(default_factory=dict)
    idle: Mapping[str, float] = field(default_factory=dict)
    busy: frozenset[str] = frozenset()
    tries: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    began: Mapping[str, float] = field(default_factory=dict)

    def rung_for(self, waiter: str) -> tuple[str, ...]:
        """The agents who should be ringing for somebody, those being screened among them."""
        return tuple(ring.agent for ring in self.rings.values() if ring.waiter == waiter)

    def waiting(self, queue: str) -> tuple[Waiter, ...]:
        """Who waits in a queue, in order, without those who are held."""
        found = (one for one in self.waiters.values() if one.queue == queue and not one.held)
        return tuple(sorted(found, key=lambda one: one.order))

    def position(self, waiter: str) -> int | None:
        """The place in the queue, 1 for the next; ``None`` for somebody who does not wait."""
        found = self.waiters.get(waiter)
        if found is None:
            return None
        return 1 + sum(one.order < found.order for one in self.waiting(found.queue))


@dataclass(frozen=True, slots=True)
class Decision:
    """Decide again at ``look_again_at`` at the latest, and after every event."""

    hall: Hall
    look_again_at: float | None


def join(hall: Hall, waiter: Waiter) -> Hall:
    """Somebody begins to wait, or waits otherwise than before: elsewhere, or not ready."""
    before = hall.waiters.get(waiter.id)
    if before is not None and before.queue != waiter.queue:
        hall = leave(hall, waiter.id)
    return replace(hall, waiters={**hall.waiters, waiter.id: waiter})


def leave(hall: Hall, waiter: str) -> Hall:
    """Somebody waits no more: an agent has them, or they went. Nobody is rung for them."""
    return replace(
        hall,
        waiters=_without(hall.waiters, (waiter,)),
        rings={agent: ring for agent, ring in hall.rings.items() if ring.waiter != waiter},
        tries=_without(hall.tries, (waiter,)),
        began=_without(hall.began, (waiter,)),
    )


def rings_already(hall: Hall, waiter: str, agents: Mapping[str, float]) -> Hall:
    """After a crash: these were rung for somebody, and since when. One who rings for another is left to that one."""
    new = {
        agent: Ring(agent, waiter, since, dialled=True) for agent, since in agents.items() if agent not in hall.rings
    }
    if not new or waiter not in hall.waiters:
        return hall
    began = min(ring.since for ring in new.values())
    return replace(hall, rings={**hall.rings, **new}, began={**hall.began, waiter: began})


def dialled(hall: Hall, waiter: str, agent: str, now: float) -> Hall:
    """The agent's INVITE has left now: a trunk's pacing may have held it back since the decision."""
    ring = _ring(hall, waiter, agent)
    return hall if ring is None else _ringing(hall, replace(ring, since=now, dialled=True))


def answered(hall: Hall, waiter: str, agent: str) -> Hall:
    """The agent's phone was picked up and is being screened: time is not up until that has :func:`ended`."""
    ring = _ring(hall, waiter, agent)
    return hall if ring is None else _ringing(hall, replace(ring, answered=True))


def ended(hall: Hall, waiter: str, agent: str, result: LegResult, now: float) -> Hall:
    """The attempt to reach the agent for somebody ended without a human. Of an attempt that is not, nothing is kept:
    it was called off meanwhile."""
    return hall if _ring(hall, waiter, agent) is None else failed(hall, waiter, agent, result, now)


def failed(hall: Hall, waiter: str, agent: str, result: LegResult, now: float) -> Hall:
    """The agent was tried for somebody in vain, whether they are known to ring or not."""
    if waiter not in hall.waiters:
        return hall
    tried = {**hall.tries.get(waiter, {})}
    tried[agent] = tried.get(agent, 0) + 1
    return replace(
        hall,
        rings=_without(hall.rings, () if _ring(hall, waiter, agent) is None else (agent,)),
        rests={**hall.rests, agent: now + RESTS_S.get(result, REST_S)},
        idle={**hall.idle, agent: now},
        tries={**hall.tries, waiter: tried},
    )


def decide(hall: Hall, rules: Mapping[str, Rule], busy: Collection[str], now: float, chance: Chance) -> Decision:
    """Who should ring now. ``busy`` are agents who are on the phone, ring or wrap up for anything but what this hall
    has them ring for."""
    busy = frozenset(busy)
    idle = {**hall.idle, **dict.fromkeys(hall.busy - busy, now)}
    hall = replace(hall, idle=idle, busy=busy, rests={who: at for who, at in hall.rests.items() if at > now})
    hall = _kept(hall, rules, busy, now)
    free = {agent for rule in rules.values() for agent in rule.agents} - busy - hall.rings.keys() - hall.rests.keys()
    for waiter in sorted(hall.waiters.values(), key=lambda one: one.order):
        if not free:
            break
        rule = rules.get(waiter.queue)
        if rule is not None and waiter.ready:
            hall = _served(hall, waiter, rule, free, now, chance)
    return Decision(hall, _look_again_at(hall, rules, now))


def _kept(hall: Hall, rules: Mapping[str, Rule], busy: frozenset[str], now: float) -> Hall:
    """Without the rings whose time is up, or that nobody wants any more."""
    for ring in [*hall.rings.values()]:
        waiter = hall.waiters[ring.waiter]
        rule = rules.get(waiter.queue)
        if ring.answered:
            continue  # somebody has said hello
        if rule is None or ring.agent not in rule.agents or ring.agent in {*busy, waiter.but} or not waiter.ready:
            hall = replace(hall, rings=_without(hall.rings, (ring.agent,)))
        elif ring.dialled and now >= ring.since + rule.ring_s:
            hall = ended(hall, ring.waiter, ring.agent, LegResult.NO_ANSWER, now)
    return hall


def _served(hall: Hall, waiter: Waiter, rule: Rule, free: set[str], now: float, chance: Chance) -> Hall:
    """With those rung for somebody whom they may have; these are taken out of ``free``."""
    ringing = len(hall.rung_for(waiter.id))
    if not ringing:
        hall = replace(hall, began={**hall.began, waiter.id: now})
    room = _wanted(rule, now - hall.began.get(waiter.id, now)) - ringing
    while room > 0:
        candidates = tuple(agent for agent in dict.fromkeys(rule.agents) if agent in free and agent != waiter.but)
        if not candidates:
            break
        agent = _chosen(candidates, hall, waiter, rule, chance)
        free.discard(agent)
        hall = _ringing(hall, Ring(agent, waiter.id, now))
        room -= 1
    return hall


def _wanted(rule: Rule, ringing_s: float) -> int:
    """How many are to ring for one caller."""
    if rule.strategy is QueueStrategy.RINGALL:
        return len(rule.agents)
    if rule.strategy is QueueStrategy.MEMORYHUNT:
        return 1 + int(ringing_s / rule.step_s + 1e-9)
    return 1


def _chosen(candidates: tuple[str, ...], hall: Hall, waiter: Waiter, rule: Rule, chance: Chance) -> str:
    tried = hall.tries.get(waiter.id, {})
    least = min(tried.get(agent, 0) for agent in candidates)
    fresh = tuple(agent for agent in candidates if tried.get(agent, 0) == least)
    if rule.strategy is QueueStrategy.RANDOM:
        return chance.choice(fresh)
    if rule.strategy is QueueStrategy.LONGESTIDLE:
        return min(fresh, key=lambda agent: hall.idle.get(agent, float("-inf")))  # of equals the first
    return fresh[0]


def _look_again_at(hall: Hall, rules: Mapping[str, Rule], now: float) -> float | None:
    looks: list[float] = []
    for ring in hall.rings.values():
        rule = rules.get(hall.waiters[ring.waiter].queue)
        if rule is not None and ring.dialled and not ring.answered:
            looks.append(ring.since + rule.ring_s)
    for id_, began in hall.began.items():
        rule = rules.get(hall.waiters[id_].queue) if id_ in hall.waiters else None
        if rule is not None and rule.strategy is QueueStrategy.MEMORYHUNT and hall.rung_for(id_):
            looks.append(began + _wanted(rule, now - began) * rule.step_s)
    if any(waiter.ready for waiter in hall.waiters.values()):
        looks.extend(hall.rests.values())
    return min((at for at in looks if at > now), default=None)


def _ring(hall: Hall, waiter: str, agent: str) -> Ring | None:
    ring = hall.rings.get(agent)
    return ring if ring is not None and ring.waiter == waiter else None


def _ringing(hall: Hall, ring: Ring) -> Hall:
    return replace(hall, rings={**hall.rings, ring.agent: ring})


def _without(mapping: Mapping[K, V], keys: Iterable[K]) -> dict[K, V]:
    gone = set(keys)
    return {key: value for key, value in mapping.items() if key not in gone}
