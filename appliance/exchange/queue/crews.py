"""A queue's agents as they are now: whom the roster names, and what each said of themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from appliance.exchange.route import OnDuty
from appliance.queueing.hall import Rule
from appliance.queueing.presence import ALL, Presence, Word, Words, last_word, presence_of, said
from appliance.queueing.terms import Staff
from appliance.roster.destinations import Queue
from appliance.roster.members import people_of
from appliance.roster.models import Person, Roster


class Standing(Protocol):
    """The roster and who has duty, as last heard."""

    @property
    def roster(self) -> Roster:
        """The newest roster."""

    @property
    def duty(self) -> OnDuty:
        """Who has duty."""


class Presences(Protocol):
    """What agents said of themselves."""

    @property
    def words(self) -> Words:
        """All of it."""

    async def say(self, person: str, word: Word, queue: str = ALL) -> None:
        """An agent says something on a phone of ours."""


@dataclass
class Unkept:
    """What agents say is forgotten with the exchange."""

    words: Words = field(default_factory=dict)

    async def say(self, person: str, word: Word, queue: str = ALL) -> None:
        """Let it count."""
        self.words = said(self.words, person, queue, word)


@dataclass(frozen=True, slots=True)
class Crew:
    """A queue and its agents: ``at_work`` may be rung, ``logged_in`` are those and who pauses; in the roster's
    order."""

    queue: Queue
    logged_in: tuple[Person, ...]
    at_work: tuple[Person, ...]

    @property
    def rule(self) -> Rule:
        """The queue as whoever decides needs it."""
        queue = self.queue
        return Rule(queue.strategy, queue.ring_s, queue.step_s, tuple(person.id for person in self.at_work))

    @property
    def staff(self) -> Staff:
        """How many."""
        return Staff(len(self.logged_in), len(self.at_work))


class Crews:
    """Of all queues of the roster. ``wall`` is the time of day, ``timezone`` the box's."""

    def __init__(self, standing: Standing, presences: Presences, wall: Callable[[], datetime], timezone: str) -> None:
        self._standing, self._presences, self._wall, self._timezone = standing, presences, wall, timezone

    @property
    def queues(self) -> Sequence[Queue]:
        """Every queue."""
        return self._standing.roster.queue

    def all(self) -> dict[str, Crew]:
        """Every queue's agents, by its id."""
        return {queue.id: self._crew(queue) for queue in self.queues}

    def of(self, queue: str) -> Crew | None:
        """A queue's agents; ``None`` where there is no such queue."""
        found = self._standing.roster.queue_by_id(queue)
        return None if found is None else self._crew(found)

    def told(self, queue: Queue) -> list[tuple[Person, Presence, Word | None]]:
        """Everybody who is an agent of a queue, what they are, and the word that made them that."""
        words, present = self._presences.words, self._present(queue)
        return [(person, presence, last_word(words, person.id, queue.id)) for person, presence in present]

    def _crew(self, queue: Queue) -> Crew:
        present = self._present(queue)
        logged_in = tuple(person for person, presence in present if presence is not Presence.OUT)
        return Crew(queue, logged_in, tuple(person for person, presence in present if presence is Presence.IN))

    def _present(self, queue: Queue) -> Sequence[tuple[Person, Presence]]:
        now, words, begin = self._wall(), self._presences.words, Presence(queue.agents_begin)
        people = people_of(queue.agents, self._standing.roster, now, self._timezone, self._standing.duty.person)
        return [(person, presence_of(words, person.id, queue.id, begin, now)) for person in people]
