"""The journal for the command line: read while a guard writes it, or when none runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from appliance.domain.events import Event
from appliance.domain.people import Person
from appliance.domain.phrase import phrase
from appliance.domain.times import rfc3339
from appliance.journal import queries
from appliance.journal.disk import make_sense
from appliance.journal.queries import EventQuery
from appliance.journal.store import FILE_NAME, Store
from appliance.journal.text import from_text
from appliance.storage import is_empty

T = TypeVar("T")


class JournalUnreadableError(Exception):
    """There is no journal, or it cannot be read; the message says why."""


class NoJournalYetError(JournalUnreadableError):
    """Nothing is wrong: no guard has kept anything here yet."""


class JournalReader:
    """A read-only view; use it as a context manager. Methods raise :class:`JournalUnreadableError`."""

    def __init__(self, state_dir: Path) -> None:
        path = state_dir / FILE_NAME
        if not path.exists():
            raise NoJournalYetError(phrase("there is no journal in {place}", place=str(state_dir)))
        try:
            self._store = Store.open_read_only(path)
        except (sqlite3.Error, OSError) as error:
            raise _unreadable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def events(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        types: Collection[str] | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Event]:
        """Events from ``since`` (inclusive) to ``until`` (exclusive), in the order of their ids."""
        query = EventQuery(
            since=None if since is None else rfc3339(since),
            until=None if until is None else rfc3339(until),
            types=types,
            limit=limit,
            newest_first=newest_first,
        )
        return self._ask(lambda connection: queries.select_events(connection, query))

    def recall(self, key: str) -> Any:
        """The value last remembered, or ``None``."""
        return from_text(self._ask(queries.select_values).get(key))

    def cursors(self) -> dict[str, int]:
        """How far each consumer has read."""
        return self._ask(queries.select_cursors)

    def people(self) -> list[Person]:
        """The roster."""
        return self._ask(queries.select_people)

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return question(self._store.connection)
        except sqlite3.Error as error:
            raise _unreadable(error) from error


def _unreadable(error: Exception) -> JournalUnreadableError:
    if is_empty(error):
        return NoJournalYetError(phrase("the journal has nothing yet: the guard is about to begin it"))
    return JournalUnreadableError(str(make_sense(error)))
