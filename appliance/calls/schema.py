"""The tables of ``calls.db``.

``calls`` has each call once, by exchange and id, as its whole JSON beside the columns it is found by. Its ``seq``
rises with every change and is never used again, not even for another file after this one was lost: numbering begins
at the clock's milliseconds. Readers therefore follow the log with nothing but the last ``seq`` they saw.

``marks`` says in which calls a number (digits of E.164) or a person took part in whatever way.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.storage import Migration

if TYPE_CHECKING:
    from sqlite_utils import Database

_TABLES = """
CREATE TABLE calls (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    exchange TEXT NOT NULL,
    id TEXT NOT NULL,
    arrived_at TEXT NOT NULL,
    ended_at TEXT,
    line TEXT,
    outcome TEXT,
    record TEXT NOT NULL,
    UNIQUE (exchange, id)
);
CREATE INDEX calls_by_time ON calls (arrived_at);
CREATE INDEX calls_by_line ON calls (line, arrived_at);
CREATE INDEX calls_by_outcome ON calls (outcome, arrived_at);
CREATE INDEX calls_by_id ON calls (id);
CREATE INDEX calls_open ON calls (exchange) WHERE ended_at IS NULL;
CREATE TABLE marks (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    arrived_at TEXT NOT NULL,
    seq INTEGER NOT NULL REFERENCES calls (seq) ON DELETE CASCADE,
    PRIMARY KEY (kind, value, arrived_at, seq)
) WITHOUT ROWID;
CREATE INDEX marks_of_call ON marks (seq);
CREATE TABLE collected (exchange TEXT PRIMARY KEY, origin_seq INTEGER NOT NULL);
"""


def _begin(database: Database) -> None:
    for statement in _TABLES.split(";"):
        if statement.strip():
            database.conn.execute(statement).close()
    first = time.time_ns() // 1_000_000
    database.conn.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('calls', ?)", (first,)).close()


MIGRATIONS: tuple[Migration, ...] = (("m001_calls", _begin),)


def calls_file(state_dir: Path) -> Path:
    """Where the exchange of this state directory keeps its calls."""
    return state_dir / "exchange" / "calls.db"
