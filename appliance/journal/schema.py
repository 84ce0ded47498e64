"""The journal's tables: numbered migrations, each in one transaction with the record of itself.

A migration that was ever released is never edited; a new one is added at the end. ``tests/journal/databases`` holds
a real file of every older state.

sqlite-utils carries them out and keeps the record. It is imported only when there is something to carry out: it
brings a command line and a date parser along, several megabytes and, on a small board, half a second of each start.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

MIGRATIONS_NAME = "journal"


def _events(db: Database) -> None:
    db.execute(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT NOT NULL, boot_id TEXT NOT NULL,"
        " type TEXT NOT NULL, data TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX events_at ON events (at)")
    db.execute("CREATE TABLE cursors (consumer TEXT PRIMARY KEY, event_id INTEGER NOT NULL) STRICT, WITHOUT ROWID")
    db.execute("CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID")


def _responses(db: Database) -> None:
    db.execute(
        "CREATE TABLE responses (command_id TEXT PRIMARY KEY, kept_at REAL NOT NULL, response TEXT NOT NULL)"
        " STRICT, WITHOUT ROWID"
    )
    db.execute("CREATE INDEX responses_kept_at ON responses (kept_at)")


def _people(db: Database) -> None:
    db.execute(
        "CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT NOT NULL, mobile TEXT NOT NULL) STRICT, WITHOUT ROWID"
    )


STEPS: tuple[tuple[str, Callable[[Database], None]], ...] = (
    ("0001_events", _events),
    ("0002_responses", _responses),
    ("0003_people", _people),
)


def migrations() -> Migrations:
    """Every migration, oldest first."""
    from sqlite_utils import Migrations

    steps = Migrations(MIGRATIONS_NAME)
    for name, step in STEPS:
        steps(name=name)(step)
    return steps


def migrate(db: Database) -> None:
    """Carry out what has not been yet; what a newer release added is left alone, so that an update can be undone."""
    migrations().apply(db)


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """As :func:`migrate`, at no cost where there is nothing to do."""
    if {name for name, _ in STEPS} <= _applied(connection):
        return
    from sqlite_utils import Database

    migrate(Database(connection, execute_plugins=False))


def _applied(connection: sqlite3.Connection) -> set[str]:
    kept = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()
    if kept is None:
        return set()
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (MIGRATIONS_NAME,))
    return {name for (name,) in rows}
