"""Reading the journal's tables: shared by the guard's own store and the command line's reader."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.domain.events import Event
from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.journal.text import from_text, to_text

Change = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]  # an event's data as it becomes; ``None``: stays


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events. ``since`` and ``until`` are RFC 3339 as stored, ``until`` exclusive; ``None`` asks for any."""

    after_id: int = 0
    since: str | None = None
    until: str | None = None
    types: Collection[str] | None = None
    limit: int | None = None
    newest_first: bool = False

    def matches(self, event: Event) -> bool:
        """Whether an event that is still in memory belongs to the answer, the limit aside."""
        return (
            event.id > self.after_id
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
            and (self.types is None or event.type in self.types)
        )


def select_events(connection: sqlite3.Connection, query: EventQuery) -> list[Event]:
    """The events asked for, in the order of their ids. Raises ``sqlite3.Error``."""
    conditions = ["id > ?"]
    values: list[int | str] = [query.after_id]
    if query.since is not None:
        conditions.append("at >= ?")
        values.append(query.since)
    if query.until is not None:
        conditions.append("at < ?")
        values.append(query.until)
    if query.types is not None:
        conditions.append(f"type IN ({','.join('?' * len(query.types))})")
        values.extend(query.types)
    order = "DESC" if query.newest_first else "ASC"
    values.append(-1 if query.limit is None else query.limit)
    where = " AND ".join(conditions)
    rows = connection.execute(
        f"SELECT id, at, boot_id, type, data FROM events WHERE {where} ORDER BY id {order} LIMIT ?", values
    )
    return [Event(id_, at, boot_id, type_, _data(text)) for id_, at, boot_id, type_, text in rows]


def _data(text: str) -> dict[str, Any]:
    # flipped bits that SQLite cannot notice must not stop everything behind them
    data = from_text(text)
    return data if isinstance(data, dict) else {"unreadable": text[:200]}


def newest_id(connection: sqlite3.Connection) -> int:
    """The highest event id, 0 where there is none."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0])


def select_values(connection: sqlite3.Connection) -> dict[str, str]:
    """Everything remembered, as JSON text by key."""
    return dict(connection.execute("SELECT key, value FROM memory"))


def select_cursors(connection: sqlite3.Connection) -> dict[str, int]:
    """Each consumer's cursor."""
    return dict(connection.execute("SELECT consumer, event_id FROM cursors"))


def select_response(connection: sqlite3.Connection, command_id: str, kept_after: float) -> str | None:
    """The response kept for a command since ``kept_after`` (Unix seconds), as JSON text."""
    row = connection.execute(
        "SELECT response FROM responses WHERE command_id = ? AND kept_at > ?", (command_id, kept_after)
    ).fetchone()
    return None if row is None else str(row[0])


def select_people(connection: sqlite3.Connection) -> list[Person]:
    """The roster, by id."""
    return list(_people(connection))


def _people(connection: sqlite3.Connection) -> Iterator[Person]:
    for id_, name, mobile in connection.execute("SELECT id, name, mobile FROM people ORDER BY id"):
        yield Person(id_, name, PhoneNumber(mobile))


def forget_number(connection: sqlite3.Connection, type_: str, digits: str, change: Change) -> int:
    """Write the events of a type in which the digits stand as ``change`` has them, and drop kept answers in which
    they stand; how many events were changed. In a transaction of its own."""
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("BEGIN IMMEDIATE")
    try:
        count = 0
        found = connection.execute(
            "SELECT id, data FROM events WHERE type = ? AND data LIKE ?", (type_, f"%{digits}%")
        )
        for id_, text in found.fetchall():
            data = from_text(text)
            changed = change(data) if isinstance(data, dict) else None
            if changed is not None:
                connection.execute("UPDATE events SET data = ? WHERE id = ?", (to_text(dict(changed)), id_))
                count += 1
        connection.execute("DELETE FROM responses WHERE response LIKE ?", (f"%{digits}%",))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return count
