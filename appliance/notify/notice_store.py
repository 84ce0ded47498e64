"""Notices on disk: ``<state_dir>/exchange/notices.db``, with how far the call log was read, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.notify.notice import Channel
from appliance.storage import Database, Migration

if TYPE_CHECKING:
    from sqlite_utils import Database as UtilsDatabase

KEPT_S = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice in words. ``created_at`` is Unix seconds; ``at`` RFC 3339."""

    key: str
    channel: Channel
    to: str
    language: str
    subject: str | None
    text: str
    at: str
    created_at: float
    id: int = 0
    sound: str | None = None  # the path of a WAV file that comes with it; it is its mailbox's


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a letter is: ``state`` is ``waiting``, ``done`` (the mail server has it) or ``failed``."""

    to: str
    state: str
    reason: str = ""


def _first(database: UtilsDatabase) -> None:
    database.execute(
        "CREATE TABLE letter (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,"
        " recipient TEXT NOT NULL, language TEXT NOT NULL, subject TEXT, text TEXT NOT NULL, at TEXT NOT NULL,"
        " created_at REAL NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', reason TEXT NOT NULL DEFAULT '',"
        " done_at REAL)"
    )
    database.execute("CREATE INDEX letter_state ON letter (state, channel, id)")
    database.execute("CREATE TABLE place (name TEXT PRIMARY KEY, seq INTEGER NOT NULL)")


def _sounds(database: UtilsDatabase) -> None:
    database.execute("ALTER TABLE letter ADD COLUMN sound TEXT")


MIGRATIONS: tuple[Migration, ...] = (("0001 letters", _first), ("0002 sounds", _sounds))


class NoticeStore:
    """Every method raises ``sqlite3.Error``; each write is durable once it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, path: Path) -> NoticeStore:
        """Open or begin the database. Raises ``sqlite3.Error``, ``OSError``."""
        return cls(await Database.open(path, MIGRATIONS))

    async def cursor(self) -> int:
        """The ``seq`` of the last record that was read."""

        def job(connection: sqlite3.Connection) -> int:
            row = connection.execute("SELECT seq FROM place WHERE name = 'calls'").fetchone()
            return 0 if row is None else int(row["seq"])

        return await self._database.run(job)

    async def add(self, letters: Iterable[Letter], cursor: int | None, now: float) -> int:
        """Keep what is new among the letters, and with them how far the call log was read; how many were new."""
        rows = [
            (one.key, one.channel, one.to, one.language, one.subject, one.text, one.at, one.created_at, one.sound)
            for one in letters
        ]

        def job(connection: sqlite3.Connection) -> int:
            before = connection.total_changes
            connection.executemany(
                "INSERT OR IGNORE INTO letter"
                " (key, channel, recipient, language, subject, text, at, created_at, sound)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            new = connection.total_changes - before
            if cursor is not None:
                connection.execute("INSERT OR REPLACE INTO place VALUES ('calls', ?)", (cursor,))
            connection.execute("DELETE FROM letter WHERE state <> 'waiting' AND done_at < ?", (now - KEPT_S,))
            return new

        return await self._database.run(job)

    async def waiting(self, channel: Channel, limit: int = 1_000) -> list[Letter]:
        """What is still to be sent, oldest first."""

        def job(connection: sqlite3.Connection) -> list[Letter]:
            rows = connection.execute(
                "SELECT key, channel, recipient, language, subject, text, at, created_at, id, sound FROM letter"
                " WHERE state = 'waiting' AND channel = ? ORDER BY id LIMIT ?",
                (str(channel), limit),
            )
            return [Letter(row[0], Channel(row[1]), *row[2:]) for row in rows]

        return await self._database.run(job)

    async def settle(self, letter: Letter, state: str, reason: str, now: float) -> None:
        """It was handed over, or given up. Its text is not needed any more."""

        def job(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE letter SET state = ?, reason = ?, done_at = ?, text = '', subject = NULL WHERE id = ?",
                (state, reason[:500], now, letter.id),
            )

        await self._database.run(job)

    async def deliveries(self) -> dict[str, list[Delivery]]:
        """What became of every letter that comes with a sound, by the path of the sound."""

        def job(connection: sqlite3.Connection) -> dict[str, list[Delivery]]:
            found: dict[str, list[Delivery]] = {}
            rows = connection.execute("SELECT sound, recipient, state, reason FROM letter WHERE sound IS NOT NULL")
            for row in rows:
                found.setdefault(row[0], []).append(Delivery(*row[1:]))
            return found

        return await self._database.run(job)

    async def counts(self) -> dict[str, int]:
        """How many there are in each state."""

        def job(connection: sqlite3.Connection) -> dict[str, int]:
            return {row[0]: row[1] for row in connection.execute("SELECT state, count(*) FROM letter GROUP BY state")}

        return await self._database.run(job)

    async def close(self) -> None:
        """Let go of the file."""
        await self._database.close()
