"""The journal: what happened, what must be remembered, and how far each consumer has read.

Theory of operation. Every call changes memory first: events get their id and join the waiting ones; remembered
values, cursors and the roster are kept in memory whole. One writer task takes what waits, as one transaction, to the
one thread that owns the files; callers that ask for durability wait for that commit (many share one). So

- nothing here blocks the event loop, and a disk that hangs delays a caller by a bounded time once;
- while the disk refuses, events stay readable from memory under ids that were reserved ahead (:mod:`.highwater`), and
  the writer tries again with backoff: healing is the ordinary write succeeding;
- a lost database is rebuilt from memory and from what still reads of the damaged file.

One process writes the journal; others read it (:mod:`.reader`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, Self

from appliance.domain.events import Event
from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.domain.times import rfc3339
from appliance.journal import queries
from appliance.journal.disk import Disk
from appliance.journal.health import JournalHealth
from appliance.journal.highwater import EventIds
from appliance.journal.limits import RESPONSE_KEPT_S, Limits
from appliance.journal.memory import Memory
from appliance.journal.queries import Change, EventQuery
from appliance.journal.text import from_text, storable, to_text
from appliance.journal.waiting import KeptResponse, Waiting, WaitingEvent
from appliance.journal.writer import Writer


class PersonLike(Protocol):
    """Whoever can be put on the roster; the configuration's people fit."""

    @property
    def id(self) -> str:
        """The name used in commands."""

    @property
    def name(self) -> str:
        """The name people know."""

    @property
    def mobile(self) -> PhoneNumber:
        """Where they are reached."""


class Journal:
    """Open it with :meth:`open`. No method raises because of the disk; :attr:`health` tells how it is."""

    def __init__(
        self,
        state_dir: Path,
        *,
        boot_id: str,
        now: Callable[[], datetime],
        on_trouble: Callable[[JournalHealth], None] | None,
        limits: Limits,
    ) -> None:
        self._boot_id, self._now, self._limits = boot_id, now, limits
        self._ids = EventIds(now())
        self._waiting = Waiting(limits)
        self._memory = Memory(self._waiting)
        self._writer = Writer(
            Disk(state_dir, now),
            self._waiting,
            self._memory,
            self._ids,
            limits=limits,
            now=now,
            note=self._record,
            on_trouble=on_trouble,
        )

    @classmethod
    async def open(
        cls,
        state_dir: Path,
        *,
        boot_id: str,
        now: Callable[[], datetime],
        on_trouble: Callable[[JournalHealth], None] | None = None,
        limits: Limits = Limits(),  # noqa: B008  (frozen)
    ) -> Self:
        """Open or begin the journal in ``state_dir``. Never raises: unhealthy, in memory, where it cannot.

        ``on_trouble`` is called with the new health each time it turns, from the event loop.
        """
        journal = cls(state_dir, boot_id=boot_id, now=now, on_trouble=on_trouble, limits=limits)
        await journal._writer.start()
        return journal

    @property
    def health(self) -> JournalHealth:
        """Whether everything is on disk, and if not, why."""
        return self._writer.health

    @property
    def last_id(self) -> int:
        """The newest event that :meth:`after` can return."""
        return self._writer.readable_id

    async def append(self, type_: str, data: Mapping[str, Any]) -> Event:
        """Record an event; returns once it is durable, or queued in memory while the disk refuses.

        Where not even the reserved ids can be read, the id is provisional until the journal heals; such an event is
        not handed on before.
        """
        event = self._record(type_, data)
        await self._writer.commit()
        return event

    async def after(self, cursor: int, limit: int = 100) -> list[Event]:
        """Up to ``limit`` events with ids above ``cursor``, in order.

        Empty while the database cannot be read and holds some of them: they must not be passed over.
        """
        events: list[Event] = []
        if cursor < self._writer.durable_id:
            query = EventQuery(after_id=cursor, limit=limit)
            found = await self._writer.ask(lambda connection: queries.select_events(connection, query))
            if found is None:
                return []
            events = found
        if len(events) < limit and not self.health.ok:
            last = max(cursor, self._writer.durable_id)
            events += islice(self._waiting.beyond(last, self._ids.ceiling), limit - len(events))
        return events

    async def wait_beyond(self, event_id: int) -> None:
        """Return when :meth:`after` has something beyond ``event_id``."""
        await self._writer.readable_beyond(event_id)

    async def events(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        types: Collection[str] | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Event]:
        """Events from ``since`` (inclusive) to ``until`` (exclusive); what waits in memory is among them."""
        query = EventQuery(
            since=None if since is None else rfc3339(since),
            until=None if until is None else rfc3339(until),
            types=types,
            limit=limit,
            newest_first=newest_first,
        )
        found = await self._writer.ask(lambda connection: queries.select_events(connection, query)) or []
        known = {event.id for event in found}
        found += (w.event for w in self._waiting.events if w.event.id not in known and query.matches(w.event))
        found.sort(key=lambda event: event.id, reverse=newest_first)
        return found if limit is None else found[:limit]

    async def cursor(self, consumer: str) -> int:
        """The id of the last event the consumer has had; 0 for a new one, which so gets all the journal holds."""
        return self._memory.cursor(consumer)

    async def advance(self, consumer: str, event_id: int) -> None:
        """The consumer has had everything up to ``event_id``.

        Written within seconds, not at once: a crash before that only repeats events, which consumers drop by id.
        """
        if self._memory.advance(consumer, event_id):
            self._writer.write_soon()

    async def remember(self, key: str, value: Any) -> bool:
        """Keep a JSON value under ``key``; ``False`` while the disk refuses (it is then kept in memory)."""
        self._memory.remember(key, value)
        return await self._writer.commit()

    async def recall(self, key: str) -> Any:
        """The value last remembered, or ``None``."""
        return self._memory.recall(key)

    async def first_response(self, command_id: str) -> dict[str, Any] | None:
        """The response kept for this command within the last hour, or ``None``."""
        kept_after = self._now().timestamp() - RESPONSE_KEPT_S
        waiting = self._waiting.responses.get(command_id)
        if waiting is not None:
            text = waiting.text if waiting.kept_at > kept_after else None
        else:
            text = await self._writer.ask(lambda c: queries.select_response(c, storable(command_id), kept_after))
        response = from_text(text)
        return response if isinstance(response, dict) else None

    async def keep_response(self, command_id: str, response: Mapping[str, Any]) -> None:
        """Keep the response of a command for an hour; durable on return, unless the disk refuses."""
        kept = KeptResponse(to_text(dict(response)), self._now().timestamp())
        self._waiting.add_response(command_id, kept)
        await self._writer.commit()

    async def forget_number(self, type_: str, digits: str, change: Change) -> int | None:
        """Write the events of a type in which these digits stand as ``change`` has them, and drop kept answers in
        which they stand; how many events, or ``None`` where the disk does not answer: ask again."""
        return await self._writer.ask(lambda connection: queries.forget_number(connection, type_, digits, change))

    async def people(self) -> list[Person] | None:
        """The roster; ``None`` while it cannot be read: fall back on the configuration."""
        people = self._memory.people
        return None if people is None else list(people)

    async def seed_people(self, people: Iterable[PersonLike]) -> None:
        """Begin the roster with these, on the first start only; later calls change nothing."""
        self._memory.seed_people(_as_people(people))
        await self._writer.commit()

    async def keep_people(self, people: Iterable[PersonLike]) -> bool:
        """Replace the roster; ``False`` while the disk refuses (it is then kept in memory)."""
        self._memory.keep_people(_as_people(people))
        return await self._writer.commit()

    async def close(self) -> None:
        """Write what waits and end the thread, within seconds even on a disk that hangs."""
        await self._writer.close()

    def _record(self, type_: str, data: Mapping[str, Any]) -> Event:
        text = to_text(dict(data), self._limits.event_bytes)
        # read back, so that memory and disk tell the same, and later changes of the caller's mapping change nothing
        event = Event(self._ids.take(), rfc3339(self._now()), self._boot_id, str(type_), json.loads(text))
        self._waiting.add_event(WaitingEvent(event, text))
        return event


def _as_people(people: Iterable[PersonLike]) -> list[Person]:
    return [Person(person.id, person.name, person.mobile) for person in people]
