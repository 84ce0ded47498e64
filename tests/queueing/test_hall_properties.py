"""Nobody overtakes, nobody is lost, no agent is rung for two at once, none is idle who is wanted."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.calls import LegResult
from appliance.queueing.hall import (
    Decision,
    Hall,
    Rule,
    Waiter,
    answered,
    decide,
    dialled,
    ended,
    join,
    leave,
    rings_already,
)
from appliance.roster.destinations import QueueStrategy

AGENTS = "abcdef"
QUEUES = ("desk", "night")
RING_S, STEP_S = 20.0, 5.0
FAILED = [result for result in LegResult if result is not LegResult.TALKED]

strategies = st.tuples(st.sampled_from(QueueStrategy), st.sampled_from(QueueStrategy))
events = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 1.0, 4.0, 30.0]),
        st.sampled_from(
            [
                *["comes"] * 4,
                *["accepts"] * 3,
                *["in"] * 2,
                *["fails", "picks up", "dialled", "out", "on the phone", "off the phone", "goes", "rests", "ready"],
                *["moves", "crash"],
            ]
        ),
        st.integers(0, 10_000),
    ),
    min_size=20,
    max_size=100,
)


@dataclass
class World:
    """The owner of a hall: has ring who should, and keeps account of everybody who ever came."""

    strategies: tuple[QueueStrategy, QueueStrategy]
    chance: random.Random
    now: float = 1000.0
    count: int = 0
    hall: Hall = field(default_factory=Hall)
    at_work: dict[str, set[str]] = field(default_factory=lambda: {queue: set() for queue in QUEUES})
    talking: dict[str, str] = field(default_factory=dict)  # agent → waiter
    elsewhere: set[str] = field(default_factory=set)
    rings: dict[str, str] = field(default_factory=dict)  # phones that ring, as their owners hear them
    here: dict[str, Waiter] = field(default_factory=dict)
    served: list[Waiter] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def rules(self) -> dict[str, Rule]:
        return {
            queue: Rule(strategy, RING_S, STEP_S, tuple(sorted(self.at_work[queue])))
            for queue, strategy in zip(QUEUES, self.strategies, strict=True)
        }

    @property
    def busy(self) -> set[str]:
        return self.elsewhere | set(self.talking)

    def look(self) -> Decision:
        before = self.hall.rings
        decision = decide(self.hall, self.rules, self.busy, self.now, self.chance)
        self.hall = decision.hall
        self.check(decision, {agent for agent, ring in self.hall.rings.items() if before.get(agent) != ring})
        should = {agent: ring.waiter for agent, ring in self.hall.rings.items()}
        for agent in [agent for agent, waiter in self.rings.items() if should.get(agent) != waiter]:
            del self.rings[agent]
        for agent, waiter in should.items():
            assert self.rings.setdefault(agent, waiter) == waiter
        return decision

    def wanted(self, waiter: Waiter) -> int:
        rule = self.rules[waiter.queue]
        if rule.strategy is QueueStrategy.RINGALL:
            return len(rule.agents)
        if rule.strategy is QueueStrategy.MEMORYHUNT:
            return 1 + int((self.now - self.hall.began.get(waiter.id, self.now)) / STEP_S + 1e-9)
        return 1

    def check(self, decision: Decision, new: set[str]) -> None:
        hall, rules = self.hall, self.rules
        assert hall.waiters == self.here
        ordered = sorted(self.here.values(), key=lambda one: one.order)
        for agent, ring in hall.rings.items():
            assert agent == ring.agent
            assert ring.waiter in self.here
            waiter = self.here[ring.waiter]
            assert ring.answered or (agent in rules[waiter.queue].agents and agent not in self.busy and waiter.ready)
        for agent in new:
            place = ordered.index(self.here[hall.rings[agent].waiter])
            for earlier in ordered[:place]:  # who came before has whom they want
                if earlier.ready and agent in rules[earlier.queue].agents:
                    assert len(hall.rung_for(earlier.id)) >= self.wanted(earlier)
        free = {one for rule in rules.values() for one in rule.agents} - self.busy - set(hall.rings) - set(hall.rests)
        for waiter in ordered:
            if waiter.ready and free & set(rules[waiter.queue].agents):
                assert len(hall.rung_for(waiter.id)) >= self.wanted(waiter)
        again = decide(hall, rules, self.busy, self.now, random.Random(7))
        assert again == decision  # deciding twice changes nothing, however the dice fall
        assert decision.look_again_at is None or decision.look_again_at > self.now
        assert [hall.position(one.id) for one in hall.waiting("desk")] == [*range(1, 1 + len(hall.waiting("desk")))]

    def happens(self, what: str, number: int) -> None:
        agent, queue = AGENTS[number % len(AGENTS)], QUEUES[number % 2]
        somebody = (
            self.hall.waiters[sorted(self.hall.waiters)[number % len(self.hall.waiters)]] if self.here else None
        )
        ring = self.hall.rings[sorted(self.hall.rings)[number % len(self.hall.rings)]] if self.hall.rings else None
        if what == "comes":
            self.count += 1
            # also one who came before others who are here: from another queue, with their place
            waiter = Waiter(f"{self.count}", queue, self.now - (number % 3) * 10)
            self.here[waiter.id] = waiter
            self.hall = join(self.hall, waiter)
        elif what == "in":
            self.at_work[queue].add(agent)
        elif what == "out":
            self.at_work[queue].discard(agent)
        elif what == "on the phone" and agent not in self.rings:
            self.elsewhere.add(agent)
        elif what == "off the phone":
            self.elsewhere.discard(agent)
            self.talking.pop(agent, None)
        elif what == "crash":
            began = {agent: ring.since for agent, ring in self.hall.rings.items()}
            rings = {agent: ring.waiter for agent, ring in self.hall.rings.items()}
            self.hall = Hall()
            for waiter in self.here.values():
                self.hall = join(self.hall, waiter)
            for agent, since in began.items():
                self.hall = rings_already(self.hall, rings[agent], {agent: since})
        elif somebody is not None and what == "goes":
            self.leave(somebody.id)
            self.gone.append(somebody.id)
        elif somebody is not None and what in ("rests", "ready", "moves"):
            other = {"rests": {"ready": False}, "ready": {"ready": True}, "moves": {"queue": queue}}[what]
            self.here[somebody.id] = replace(somebody, **other)  # type: ignore[arg-type]
            self.hall = join(self.hall, self.here[somebody.id])
        elif ring is not None:
            self.of_ring(what, ring.agent, ring.waiter, FAILED[number % len(FAILED)])

    def of_ring(self, what: str, agent: str, waiter: str, result: LegResult) -> None:
        if what == "dialled":
            self.hall = dialled(self.hall, waiter, agent, self.now)
        elif what == "picks up":
            self.hall = answered(self.hall, waiter, agent)
        elif what == "fails":
            self.hall = ended(self.hall, waiter, agent, result, self.now)
        elif what == "accepts":
            self.talking[agent] = waiter
            self.served.append(self.here[waiter])
            self.leave(waiter)

    def leave(self, waiter: str) -> None:
        del self.here[waiter]
        self.hall = leave(self.hall, waiter)


@settings(max_examples=100)
@given(strategies, events, st.integers(0, 1000))
def test_whatever_happens(
    chosen: tuple[QueueStrategy, QueueStrategy], happened: list[tuple[float, str, int]], seed: int
) -> None:
    world = World(chosen, random.Random(seed))
    world.at_work["desk"] |= {"a", "b"}
    for after_s, what, number in happened:
        world.now += after_s
        world.happens(what, number)
        world.look()
    # then everybody is at work, answers, and is done at once: all who wait are served, each once
    for queue in QUEUES:
        world.at_work[queue] |= set(AGENTS)
    for waiter in [*world.here.values()]:
        world.here[waiter.id] = replace(waiter, ready=True)
        world.hall = join(world.hall, world.here[waiter.id])
    world.elsewhere.clear()
    for _ in range(2000):
        if not world.here:
            break
        world.talking.clear()
        again = world.look().look_again_at
        ringing = sorted(world.hall.rings.values(), key=lambda ring: world.here[ring.waiter].order)
        if ringing:
            world.of_ring("accepts", ringing[0].agent, ringing[0].waiter, LegResult.NO_ANSWER)
        else:
            assert again is not None
            world.now = again
    came = {str(number) for number in range(1, world.count + 1)}
    served = [one.id for one in world.served]
    assert not world.here
    assert len(set(served)) == len(served)
    assert came == set(served) | set(world.gone)


@settings(max_examples=8)
@given(
    st.sampled_from(QueueStrategy),
    st.lists(st.tuples(st.sampled_from(AGENTS), st.booleans(), st.floats(0.0, 30.0)), max_size=60),
    st.lists(st.floats(5.0, 60.0), min_size=8, max_size=8),
)
def test_a_hundred_wait_and_agents_come_and_go(
    strategy: QueueStrategy, shifts: list[tuple[str, bool, float]], talks_s: list[float]
) -> None:
    """Whoever is at work answers at once: the hundred are served in the order in which they came."""
    world = World((strategy, strategy), random.Random(1))
    for number in range(100):
        waiter = Waiter(f"{number}", "desk", 500.0 + number // 2)  # two in each second
        world.here[waiter.id] = waiter
        world.hall = join(world.hall, waiter)
    ends: dict[str, float] = {}
    plan = [*shifts, *((agent, True, 1.0) for agent in AGENTS)]
    while world.here:
        if plan:
            agent, at_work, after_s = plan.pop(0)
            (world.at_work["desk"].add if at_work else world.at_work["desk"].discard)(agent)
            world.now += after_s
        else:
            world.now = min([*ends.values()], default=world.now + 1)
        for agent in [agent for agent, end in ends.items() if end <= world.now]:
            del world.talking[agent], ends[agent]
        world.look()
        while world.hall.rings:
            first = min(world.hall.rings.values(), key=lambda ring: world.here[ring.waiter].order)
            world.of_ring("accepts", first.agent, first.waiter, LegResult.TALKED)
            ends[first.agent] = world.now + talks_s[len(world.served) % len(talks_s)]
            world.look()
    assert [one.id for one in world.served] == [str(number) for number in range(100)]
