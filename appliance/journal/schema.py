"""The journal's tables: numbered migrations, each in one transaction with the record of itself.

A migration that was ever released is never edited; a new one is added at the end. ``tests/journal/databases`` holds
a real file of every older state.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

MIGRATIONS_NAME = "journal"


def migrations() -> Migrations:
    """Every migration, oldest first."""
    steps = Migrations(MIGRATIONS_NAME)

    @steps(name="0001_events")
    def _events(db: Database) -> None:
        db.execute(
            "CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT NOT NULL, boot_id TEXT NOT NULL,"
            " type TEXT NOT NULL, data TEXT NOT NULL) STRICT"
        )
        db.execute("CREATE INDEX events_at ON events (at)")
        db.execute(
            "CREATE TABLE cursors (consumer TEXT PRIMARY KEY, event_id INTEGER NOT NULL) STRICT, WITHOUT ROWID"
        )
        db.execute("CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID")

    @steps(name="0002_responses")
    def _responses(db: Database) -> None:
        db.execute(
            "CREATE TABLE responses (command_id TEXT PRIMARY KEY, kept_at REAL NOT NULL, response TEXT NOT NULL)"
            " STRICT, WITHOUT ROWID"
        )
        db.execute("CREATE INDEX responses_kept_at ON responses (kept_at)")

    @steps(name="0003_people")
    def _people(db: Database) -> None:
        db.execute(
            "CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT NOT NULL, mobile TEXT NOT NULL)"
            " STRICT, WITHOUT ROWID"
        )

    return steps


def migrate(db: Database) -> None:
    """Bring ``db`` up to date; what a newer release added is left alone, so that an update can be rolled back."""
    migrations().apply(db)
