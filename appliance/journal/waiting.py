"""What is not on disk yet. The event loop fills it, the writer empties it; nothing here waits or does I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from appliance.domain.events import Event
from appliance.domain.people import Person
from appliance.journal.limits import Limits

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeptResponse:
    """A command's first response: its JSON text, and the Unix time it was given."""

    text: str
    kept_at: float


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event and its data as it will stand in the database."""

    event: Event
    text: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One transaction's worth of writes."""

    events: tuple[WaitingEvent, ...]
    values: Mapping[str, str]
    cursors: Mapping[str, int]
    responses: Mapping[str, KeptResponse]
    people: tuple[Person, ...] | None


class Waiting:
    """Writes that wait for the disk, bounded; a batch is looked at first and removed once it is durable."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.events: deque[WaitingEvent] = deque()
        self.values: dict[str, str] = {}
        self.cursors: dict[str, int] = {}
        self.responses: dict[str, KeptResponse] = {}
        self.people: tuple[Person, ...] | None = None
        self.lost = 0

    def add_event(self, waiting: WaitingEvent) -> None:
        """Queue an event; beyond the bound the oldest is given up and counted in ``lost``."""
        self.events.append(waiting)
        while len(self.events) > self._limits.waiting_events:
            self.events.popleft()
            self.lost += 1

    def add_response(self, command_id: str, response: KeptResponse) -> None:
        """Queue a response; beyond the bound the oldest is given up."""
        self.responses.pop(command_id, None)
        self.responses[command_id] = response
        while len(self.responses) > self._limits.waiting_responses:
            del self.responses[next(iter(self.responses))]

    def batch(self) -> Batch:
        """The next transaction, oldest events first."""
        return Batch(
            tuple(islice(self.events, self._limits.batch_events)),
            dict(self.values),
            dict(self.cursors),
            dict(self.responses),
            self.people,
        )

    def written(self, batch: Batch) -> None:
        """Forget what the batch made durable, unless it has been changed again meanwhile."""
        if batch.events:
            last = batch.events[-1].event.id
            while self.events and self.events[0].event.id <= last:
                self.events.popleft()
        _settle(self.values, batch.values)
        _settle(self.cursors, batch.cursors)
        _settle(self.responses, batch.responses)
        if self.people is batch.people:
            self.people = None

    def beyond(self, cursor: int, ceiling: int) -> Iterator[Event]:
        """Waiting events after ``cursor`` whose ids are reserved for good."""
        return (waiting.event for waiting in self.events if cursor < waiting.event.id <= ceiling)

    def renumber(self, floor: int) -> int:
        """Lift ids that collide with ids at or below ``floor``; the highest id now in use.

        Only ids that never left the box can collide: those taken before the ceiling could be read.
        """
        last = floor
        if self.events and self.events[0].event.id <= floor:
            lifted: Iterable[WaitingEvent] = [
                WaitingEvent(replace(waiting.event, id=floor + place), waiting.text)
                for place, waiting in enumerate(self.events, start=1)
            ]
            self.events = deque(lifted)
        if self.events:
            last = max(last, self.events[-1].event.id)
        return last

    @property
    def empty(self) -> bool:
        """Whether everything is on disk."""
        return not (self.events or self.values or self.cursors or self.responses or self.people is not None)


def _settle(waiting: dict[str, T], written: Mapping[str, T]) -> None:
    for key, value in written.items():
        if waiting.get(key) == value:
            del waiting[key]
