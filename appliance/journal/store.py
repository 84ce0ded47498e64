"""The open database: every write the journal makes, each a transaction. Lives in the writer's thread alone."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from appliance.domain.people import Person
from appliance.journal import queries, schema
from appliance.journal.limits import RESPONSE_KEPT_S
from appliance.journal.text import storable
from appliance.journal.waiting import Batch

FILE_NAME = "journal.db"
PRUNE_CHUNK = 1_000  # rows a transaction: the writer must not be held up by housekeeping


@dataclass(frozen=True, slots=True)
class Contents:
    """What the journal takes into memory when it opens."""

    newest_id: int
    values: dict[str, str]
    cursors: dict[str, int]
    people: tuple[Person, ...]


class Store:
    """One connection. Raises ``sqlite3.Error`` or ``OSError``; :mod:`.disk` makes sense of them."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, writable: bool) -> None:
        self.path = path
        self.connection = connection
        connection.text_factory = _decode
        self.writable = writable
        self._inode = os.stat(path).st_ino

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open for writing, bring the tables up to date, make every commit durable before it returns."""
        connection = sqlite3.connect(path, timeout=2.0)
        try:
            store = cls(path, connection, writable=True)
            for pragma in (
                "journal_mode = WAL",
                "synchronous = FULL",  # NORMAL may lose the last commits with the power
                "temp_store = MEMORY",  # sorting must work on a full disk too
                "cache_size = -512",
                "wal_autocheckpoint = 256",
                "journal_size_limit = 1048576",
            ):
                connection.execute(f"PRAGMA {pragma}").close()
            schema.bring_up_to_date(connection)
            # SQLite opens what it may not write without a word; ask now, not at the first event
            connection.execute("BEGIN IMMEDIATE").close()
            connection.rollback()
        except BaseException:
            connection.close()
            raise
        return store

    @classmethod
    def open_read_only(cls, path: Path) -> Store:
        """Open a database that cannot be written, so that at least what it knows is known.

        Without a place for the shared-memory file WAL can only be read as immutable, which misses what was not
        checkpointed: better than nothing, and only where nothing else works.
        """
        refused: sqlite3.Error | None = None
        for mode in ("mode=ro", "mode=ro&immutable=1"):
            connection = sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=2.0)
            try:
                connection.execute("PRAGMA temp_store = MEMORY").close()
                queries.newest_id(connection)
                return cls(path, connection, writable=False)
            except sqlite3.Error as error:
                connection.close()
                refused = error
        assert refused is not None
        raise refused

    def close(self) -> None:
        """Close; SQLite moves what is in the write-ahead log into the database on the way."""
        with suppress(sqlite3.Error):
            self.connection.close()

    def is_in_place(self) -> bool:
        """Whether the path still names the file that is open: writes to a removed file would be lost silently."""
        try:
            return os.stat(self.path).st_ino == self._inode
        except FileNotFoundError:
            return False

    def contents(self) -> Contents:
        """Everything small, for the journal's memory."""
        connection = self.connection
        return Contents(
            queries.newest_id(connection),
            queries.select_values(connection),
            queries.select_cursors(connection),
            tuple(queries.select_people(connection)),
        )

    def write(self, batch: Batch, now: float) -> None:
        """Make a batch durable, whole or not at all. Writing it twice does no harm: a commit may fail half known."""
        connection = self.connection
        with self._atomic():
            connection.executemany(
                "INSERT OR IGNORE INTO events (id, at, boot_id, type, data) VALUES (?, ?, ?, ?, ?)",
                [
                    (w.event.id, w.event.at, storable(w.event.boot_id), storable(w.event.type), w.text)
                    for w in batch.events
                ],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO memory (key, value) VALUES (?, ?)",
                [(storable(key), text) for key, text in batch.values.items()],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO cursors (consumer, event_id) VALUES (?, ?)",
                [(storable(name), event_id) for name, event_id in batch.cursors.items()],
            )
            if batch.responses:
                connection.execute("DELETE FROM responses WHERE kept_at <= ?", (now - RESPONSE_KEPT_S,))
                connection.executemany(
                    "INSERT OR REPLACE INTO responses (command_id, kept_at, response) VALUES (?, ?, ?)",
                    [(storable(id_), kept.kept_at, kept.text) for id_, kept in batch.responses.items()],
                )
            if batch.people is not None:
                connection.execute("DELETE FROM people")
                connection.executemany(
                    "INSERT INTO people (id, name, mobile) VALUES (?, ?, ?)",
                    [(storable(p.id), storable(p.name), p.mobile.e164) for p in batch.people],
                )

    def prune(self, *, older_than: str, keep_newest: int) -> int:
        """Drop old events; the number dropped.

        Age spares what some consumer has not had yet; the bound on their number spares nothing, or a link that is
        configured no more would fill the disk. The newest event always stays.
        """
        connection = self.connection

        def one(sql: str, *values: object) -> int:
            row = connection.execute(sql, values).fetchone()
            return 0 if row is None or row[0] is None else int(row[0])

        newest = queries.newest_id(connection)
        by_number = one("SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?", keep_newest)
        # the oldest run only: a box whose clock was years behind for a while must not lose what lies before that
        first_young = one("SELECT min(id) FROM events WHERE at >= ?", older_than) or newest
        undelivered = one("SELECT coalesce(min(event_id), ?) + 1 FROM cursors", newest)
        last = min(max(by_number, min(first_young, undelivered) - 1), newest - 1)
        dropped = 0
        while True:
            with self._atomic():
                count = connection.execute(
                    "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id <= ? ORDER BY id LIMIT ?)",
                    (last, PRUNE_CHUNK),
                ).rowcount
            dropped += count
            if count < PRUNE_CHUNK:
                return dropped

    def adopt(self, other: sqlite3.Connection) -> int:
        """Take over every row of a damaged database that can still be read; the number of rows."""
        taken = 0
        for table, columns in (
            ("memory", "key, value"),
            ("people", "id, name, mobile"),
            ("cursors", "consumer, event_id"),
            ("responses", "command_id, kept_at, response"),
            ("events", "id, at, boot_id, type, data"),
        ):
            marks = ",".join("?" * len(columns.split(",")))
            with self._atomic():
                for row in _readable_rows(other, table, columns):
                    with suppress(sqlite3.IntegrityError, ValueError):  # a row that reads, but reads as nonsense
                        if table == "events":
                            json.loads(str(row[4]))
                        taken += self.connection.execute(
                            f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", row
                        ).rowcount
        return taken

    @contextmanager
    def _atomic(self) -> Iterator[None]:
        self.connection.execute("BEGIN").close()
        try:
            yield
            self.connection.commit()
        except BaseException:
            self.connection.rollback()
            raise


def _readable_rows(connection: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    """Rows up to the first damaged page from the front, then up to it from the back."""
    first_column = columns.split(",", 1)[0]
    for order in ("ASC", "DESC"):
        try:
            yield from connection.execute(f"SELECT {columns} FROM {table} ORDER BY {first_column} {order}")
        except sqlite3.Error:
            continue
        return


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "replace")
