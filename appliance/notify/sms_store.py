"""Messages on disk: ``<state_dir>/sms.db``. Each row is one message; its parts are a JSON list."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.domain.phone import PhoneNumber
from appliance.domain.privacy import digits_of
from appliance.notify.message import Message, Part, PartState, State
from appliance.storage import Database, Migration

if TYPE_CHECKING:
    from sqlite_utils import Database as UtilsDatabase

FILE_NAME = "sms.db"
KEPT_S = 30 * 86_400.0
KEPT_MOST = 5_000
_COLUMNS = "id, key, number, text, reference, accepted_at, parts, reason, code, failures, given_up, done_at, digest"


def _first(database: UtilsDatabase) -> None:
    database.execute(
        "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, number TEXT NOT NULL,"
        " text TEXT NOT NULL, reference INTEGER NOT NULL, accepted_at REAL NOT NULL, parts TEXT NOT NULL,"
        " reason TEXT NOT NULL, code INTEGER, failures INTEGER NOT NULL, given_up INTEGER NOT NULL, done_at REAL,"
        " last_sent_at REAL, state TEXT NOT NULL)"
    )
    database.execute("CREATE INDEX message_state ON message (state)")
    database.execute("CREATE INDEX message_last_sent_at ON message (last_sent_at)")


def _second(database: UtilsDatabase) -> None:
    database.execute("ALTER TABLE message ADD COLUMN digest TEXT NOT NULL DEFAULT ''")


MIGRATIONS: tuple[Migration, ...] = (("0001 messages", _first), ("0002 digests of texts", _second))


class SmsStore:
    """The outbox's rows. Every method raises ``sqlite3.Error``; each write is durable once it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, path: Path) -> SmsStore:
        """Open or begin the database. Raises ``sqlite3.Error``, ``OSError``."""
        return cls(await Database.open(path, MIGRATIONS))

    async def add(self, message: Message) -> Message:
        """Keep a new message; the one there is where its key is known. Its ``id`` is given here."""

        def job(connection: sqlite3.Connection) -> Message:
            row = _by_key(connection, message.key)
            if row is not None:
                return row
            connection.execute(
                "DELETE FROM message WHERE done_at IS NOT NULL"
                " AND (done_at < ? OR id <= (SELECT max(id) FROM message) - ?)",
                (message.accepted_at - KEPT_S, KEPT_MOST),
            )
            cursor = connection.execute(
                f"INSERT INTO message ({_COLUMNS}, last_sent_at, state) VALUES (NULL, {_marks(14)})",
                _values(message),
            )
            found = _by_id(connection, cursor.lastrowid)
            assert found is not None
            return found

        return await self._database.run(job)

    async def find(self, key: str) -> Message | None:
        """The message kept under ``key``."""
        return await self._database.run(lambda connection: _by_key(connection, key))

    async def save(self, messages: Iterable[Message]) -> None:
        """Write the present state of messages, together."""
        rows = [(*_values(message), message.id) for message in messages]
        sets = ", ".join(f"{column} = ?" for column in (*_COLUMNS.split(", ")[1:], "last_sent_at", "state"))

        def job(connection: sqlite3.Connection) -> None:
            connection.executemany(f"UPDATE message SET {sets} WHERE id = ?", rows)

        await self._database.run(job)

    async def open_messages(self, reports_since: float) -> list[Message]:
        """What is on its way, and what was sent since then and may still be reported on."""
        going = [str(state) for state in State if state.on_its_way]

        def job(connection: sqlite3.Connection) -> list[Message]:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM message WHERE state IN ({_marks(len(going))})"
                " OR (state = 'sent' AND last_sent_at >= ?) ORDER BY id",
                (*going, reports_since),
            )
            return [_message(row) for row in rows]

        return await self._database.run(job)

    async def sent_since(self, since: float) -> list[tuple[float, str]]:
        """When parts were sent, in Unix seconds, and under which keys: each counts for the limit of the hour."""

        def job(connection: sqlite3.Connection) -> list[tuple[float, str]]:
            rows = connection.execute("SELECT key, parts FROM message WHERE last_sent_at >= ?", (since,))
            sent = [(part.sent_at, row["key"]) for row in rows for part in _parts(row["parts"])]
            return sorted((at, key) for at, key in sent if at is not None and at >= since)

        return await self._database.run(job)

    async def newest(self, limit: int) -> list[Message]:
        """The newest messages, newest first."""

        def job(connection: sqlite3.Connection) -> list[Message]:
            return [
                _message(row)
                for row in connection.execute(f"SELECT {_COLUMNS} FROM message ORDER BY id DESC LIMIT ?", (limit,))
            ]

        return await self._database.run(job)

    async def of_number(self, number: str) -> list[Message]:
        """Every message to a number, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM message WHERE number = ? ORDER BY id"
        return await self._database.run(lambda c: [_message(row) for row in c.execute(sql, (number,))])

    async def forget(self, number: str) -> tuple[int, int]:
        """Drop the messages to a number that are not on their way; how many, and how many are on their way, to the
        number or telling others of it: a text goes once it was sent."""
        going = [str(state) for state in State if state.on_its_way]

        def job(connection: sqlite3.Connection) -> tuple[int, int]:
            connection.execute("PRAGMA secure_delete = ON")
            gone = connection.execute(
                f"DELETE FROM message WHERE number = ? AND state NOT IN ({_marks(len(going))})", (number, *going)
            ).rowcount
            left = connection.execute(
                f"SELECT number, text FROM message WHERE state IN ({_marks(len(going))})", going
            ).fetchall()
            digits = digits_of(number)
            return gone, sum(row["number"] == number or digits in digits_of(row["text"]) for row in left)

        return await self._database.run(job)

    async def close(self) -> None:
        """Let go of the file."""
        await self._database.close()


def _by_key(connection: sqlite3.Connection, key: str) -> Message | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM message WHERE key = ?", (key,)).fetchone()
    return None if row is None else _message(row)


def _by_id(connection: sqlite3.Connection, id_: int | None) -> Message | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM message WHERE id = ?", (id_,)).fetchone()
    return None if row is None else _message(row)


def _values(message: Message) -> tuple[Any, ...]:
    """Every column behind the id."""
    sent = [part.sent_at for part in message.parts if part.sent_at is not None]
    return (
        message.key,
        message.number.e164,
        message.text,
        message.reference,
        message.accepted_at,
        json.dumps([asdict(part) for part in message.parts]),
        message.reason,
        message.code,
        message.failures,
        int(message.given_up),
        message.done_at,
        message.digest,
        max(sent, default=None),
        str(message.state),
    )


def _message(row: sqlite3.Row) -> Message:
    kept = {**{key: row[key] for key in row.keys()}, "parts": _parts(row["parts"])}  # noqa: SIM118  (a Row is no dict)
    return Message(**{**kept, "number": PhoneNumber(row["number"]), "given_up": bool(row["given_up"])})


def _parts(text: str) -> tuple[Part, ...]:
    return tuple(Part(**{**part, "state": PartState(part["state"])}) for part in json.loads(text))


def _marks(count: int) -> str:
    return ", ".join("?" * count)
