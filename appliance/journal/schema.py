"""The journal's tables: numbered migrations, each in one transaction with the record of itself.

A migration that was ever released is never edited; a new one is added at the end. ``tests/journal/databases`` holds
a real file of every older state.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from appliance import migrations
from appliance.migrations import Migration

if TYPE_CHECKING:
    from sqlite_utils import Database

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


STEPS: tuple[Migration, ...] = (
    ("0001_events", _events),
    ("0002_responses", _responses),
    ("0003_people", _people),
)


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Carry out what has not been yet. Raises ``sqlite3.Error``."""
    migrations.bring_up_to_date(connection, MIGRATIONS_NAME, STEPS)
