"""The hall of all queues at run time: who waits here, who of the agents may be rung, and whoever waits is told.

One for all calls of an exchange. :mod:`appliance.queueing.hall` decides; here it is asked after whatever happened: a
caller came or went, an attempt ended, somebody's phone became free, an agent logged in, the roster changed. Each who
waits is told when it is theirs to do something, and asks :meth:`QueueHall.rung_for` what.

It is memory only. After a crash the calls that are taken up join with the places that the log has kept, and nobody is
rung before all of them are back (:meth:`hold`, :meth:`go_on`): otherwise the first to be back would overtake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from appliance.domain.calls import CallRecord, LegResult
from appliance.exchange.book import Book
from appliance.exchange.phones import Member, member_of
from appliance.exchange.queue.crews import Crew, Crews, Presences, Standing
from appliance.exchange.queue.handling import Handling
from appliance.exchange.queue.picture import AgentNow, QueueNow
from appliance.queueing import hall
from appliance.queueing.hall import Chance, Hall, Waiter
from appliance.queueing.terms import Staff, expected_wait_s
from appliance.roster.destinations import Queue

LOOK_EVERY_S = 15.0  # a rota changes by the clock
NOBODY = Staff(0, 0)


class QueueHall:
    """``now`` is monotonic, ``wall`` the time of day. Close it with :meth:`close`."""

    def __init__(
        self,
        standing: Standing,
        presences: Presences,
        book: Book,
        chance: Chance,
        now: Callable[[], float],
        wall: Callable[[], datetime],
        timezone: str,
    ) -> None:
        self._standing, self._book, self._chance, self._now = standing, book, chance, now
        self._agents = Crews(standing, presences, wall, timezone)
        self._handling = Handling()
        self._hall = Hall()
        self._crews: dict[str, Crew] = {}  # as they were at the last decision
        self._tell: dict[str, Callable[[], None]] = {}
        self._held = False
        self._soon: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._unwatch = book.watch("", self.poke)

    # --- who waits

    def join(self, waiter: Waiter, tell: Callable[[], None] | None = None) -> None:
        """Somebody waits, or waits otherwise than before. ``tell`` is called when there is something for them to see
        to; without it (as after a crash, before their call goes on) nobody is told."""
        self._hall = hall.join(self._hall, waiter)
        if tell is not None:
            self._tell[waiter.id] = tell
        self.poke()

    def leave(self, waiter: str) -> None:
        """Somebody waits no more. What rings for them is theirs to end."""
        if waiter in self._hall.waiters:
            self._hall = hall.leave(self._hall, waiter)
            self.poke()
        self._tell.pop(waiter, None)

    def rings_already(self, waiter: str, agents: Mapping[str, float]) -> None:
        """After a crash: these ring for somebody, and since when."""
        self._hall = hall.rings_already(self._hall, waiter, agents)

    def waits(self, waiter: str) -> bool:
        """Whether somebody is in the hall."""
        return waiter in self._hall.waiters

    def since(self, waiter: str) -> float | None:
        """The place of somebody who waits, as Unix seconds."""
        found = self._hall.waiters.get(waiter)
        return found.since if found is not None else None

    def position(self, waiter: str) -> int:
        """The place of somebody who waits; 1 for the next."""
        return self._hall.position(waiter) or 1

    def waiting(self, queue: str) -> tuple[Waiter, ...]:
        """Who waits in a queue, in order."""
        return self._hall.waiting(queue)

    def expected_wait_s(self, waiter: str) -> float | None:
        """How long somebody will probably wait; ``None`` where nobody can tell yet."""
        found = self._hall.waiters.get(waiter)
        if found is None:
            return None
        recent = self._handling.recent(found.queue)
        return expected_wait_s(self.position(waiter), self.staff(found.queue).at_work, recent)

    # --- who is rung

    def rung_for(self, waiter: str) -> tuple[Member, ...]:
        """Who should be ringing for somebody now."""
        found = self._hall.waiters.get(waiter)
        crew = self._crew(found.queue) if found is not None else None
        if crew is None:
            return ()
        people = {person.id: person for person in (*crew.at_work, *crew.logged_in)}
        agents = [people[agent] for agent in self._hall.rung_for(waiter) if agent in people]
        return tuple(member_of(person, crew.queue.screening) for person in agents)

    def screened(self, waiter: str) -> bool:
        """Whether somebody has picked up for whoever waits, and may have them in a moment."""
        return any(ring.answered for ring in self._hall.rings.values() if ring.waiter == waiter)

    def dialled(self, waiter: str, agent: str) -> None:
        """The agent's INVITE has left."""
        self._hall = hall.dialled(self._hall, waiter, agent, self._now())
        self.poke()

    def answered(self, waiter: str, agent: str) -> None:
        """The agent has picked up, and is being screened."""
        self._hall = hall.answered(self._hall, waiter, agent)
        self.poke()

    def ended(self, waiter: str, agent: str, result: LegResult) -> None:
        """The attempt to reach the agent ended without a human."""
        self._hall = hall.ended(self._hall, waiter, agent, result, self._now())
        self.poke()

    def failed(self, waiter: str, agent: str, result: LegResult) -> None:
        """The agent had whoever waits, and was none: a machine, or gone between accepting and talking."""
        self._hall = hall.failed(self._hall, waiter, agent, result, self._now())
        self.poke()

    def staff(self, queue: str) -> Staff:
        """How many agents a queue has now."""
        crew = self._crew(queue)
        return crew.staff if crew is not None else NOBODY

    def picture(self) -> list[QueueNow]:
        """All queues as they are now."""
        return [self._picture(queue) for queue in self._agents.queues]

    def _picture(self, queue: Queue) -> QueueNow:
        waiting, recent = self.waiting(queue.id), self._handling.recent(queue.id)
        agents = [
            AgentNow(person.id, presence, self._does(person.id), word)
            for person, presence, word in self._agents.told(queue)
        ]
        wait_s = expected_wait_s(len(waiting) + 1, self.staff(queue.id).at_work, recent)
        return QueueNow(queue.id, queue.name, [one.since for one in waiting], agents, wait_s)

    def _does(self, person: str) -> str:
        held = self._book.held_by(person)
        if held is None:
            return "free"
        holder, wrapping = held
        ring = self._hall.rings.get(person)
        return "wrap-up" if wrapping else "ringing" if ring is not None and ring.waiter == holder.call else "busy"

    # --- what was

    def handled(self, queue: str, seconds: float) -> None:
        """An agent was busy so long with one caller, wrap-up included."""
        self._handling.took(queue, seconds)

    def recall(self, records: list[CallRecord]) -> None:
        """See :meth:`.handling.Handling.recall`."""
        self._handling.recall(records, self._standing.roster)

    # --- the clockwork

    def poke(self) -> None:
        """Something happened: decide anew, soon, and once for all that happens together."""
        if self._soon is None and not self._held:
            self._soon = asyncio.get_running_loop().call_soon(self._decide)

    def hold(self) -> None:
        """Ring nobody until :meth:`go_on`: calls are being taken up, and not all who wait are here yet."""
        self._held = True
        self._forget_handles()

    def go_on(self) -> None:
        """Everybody is here."""
        self._held = False
        self.poke()

    def close(self) -> None:
        """Decide no more."""
        self._held = True
        self._forget_handles()
        self._unwatch()

    def _forget_handles(self) -> None:
        for handle in (self._soon, self._timer):
            if handle is not None:
                handle.cancel()
        self._soon = self._timer = None

    def _decide(self) -> None:
        self._forget_handles()
        now = self._now()
        before, staff = self._hall.rings, {id_: (crew.logged_in, crew.queue) for id_, crew in self._crews.items()}
        self._crews = self._agents.all()
        rules = {id_: crew.rule for id_, crew in self._crews.items()}
        decision = hall.decide(self._hall, rules, self._busy(), now, self._chance)
        self._hall = decision.hall
        news = {ring.waiter for ring in {*before.values()} ^ {*self._hall.rings.values()}}
        for waiter in self._hall.waiters.values():
            crew = self._crews.get(waiter.queue)
            if staff.get(waiter.queue) != (crew and (crew.logged_in, crew.queue)):
                news.add(waiter.id)
        for id_ in news:
            if (tell := self._tell.get(id_)) is not None:
                tell()
        if self._hall.waiters:
            look_at = min(now + LOOK_EVERY_S, decision.look_again_at or float("inf"))
            self._timer = asyncio.get_running_loop().call_later(look_at - now, self._decide)

    def _busy(self) -> frozenset[str]:
        """Agents who are held by anything but what they ring for here."""
        found: set[str] = set()
        for crew in self._crews.values():
            for person in crew.at_work:
                ring = self._hall.rings.get(person.id)
                keys = member_of(person, crew.queue.screening).keys
                found |= self._book.busy(ring.waiter if ring is not None else "", {person.id: keys})
        return frozenset(found)

    def _crew(self, queue: str) -> Crew | None:
        """As it was at the last decision."""
        return self._crews.get(queue) or self._agents.of(queue)
