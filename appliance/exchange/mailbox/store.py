"""Messages of callers, until their time is over: ``<state_dir>/exchange/voicemail.db``."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.notify.voicemail import Left
from appliance.storage import Database, Migration

if TYPE_CHECKING:
    from sqlite_utils import Database as UtilsDatabase


class State(StrEnum):
    """How far a message is."""

    TAKING = "taking"  # Asterisk writes its takes
    KEPT = "kept"  # one file of ours, to be handed to the mail
    HANDED = "handed"  # the outbox has its letters; the file stays for whoever listens


@dataclass(frozen=True, slots=True)
class Message:
    """``takes`` were begun; ``file`` is the name of the kept one."""

    left: Left
    takes: int = 0
    state: State = State.TAKING
    file: str = ""


def _first(database: UtilsDatabase) -> None:
    database.execute(
        "CREATE TABLE message (call TEXT PRIMARY KEY, left_ TEXT NOT NULL, takes INTEGER NOT NULL,"
        " state TEXT NOT NULL, file TEXT NOT NULL)"
    )


MIGRATIONS: tuple[Migration, ...] = (("0001 messages", _first),)
_FIELDS = ("exchange", "call", "began_at", "caller", "mailbox", "line", "language", "seconds")


class VoicemailStore:
    """Every method raises ``sqlite3.Error``; each write is durable once it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, path: Path) -> VoicemailStore:
        """Open or begin the database. Raises ``sqlite3.Error``, ``OSError``."""
        return cls(await Database.open(path, MIGRATIONS))

    async def put(self, message: Message) -> None:
        """Keep it; it replaces what was kept of the call before."""
        row = (message.left.call, _text(message.left), message.takes, message.state, message.file)

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?)", row)

        await self._database.run(job)

    async def get(self, call: str) -> Message | None:
        """That of a call."""
        return next(iter(await self._found("call = ?", call)), None)

    async def of_state(self, *states: State) -> list[Message]:
        """All of these states, at one moment: messages go on from one to the next meanwhile."""
        return await self._found(f"state IN ({', '.join('?' * len(states))})", *states)

    async def forget(self, call: str) -> None:
        """It is others' now, or nothing was said."""

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM message WHERE call = ?", (call,))

        await self._database.run(job)

    async def close(self) -> None:
        """Let go of the file."""
        await self._database.close()

    async def _found(self, where: str, *values: str) -> list[Message]:
        def job(connection: sqlite3.Connection) -> list[Message]:
            rows = connection.execute(
                f"SELECT left_, takes, state, file FROM message WHERE {where} ORDER BY rowid", values
            )
            return [Message(_left(row[0]), row[1], State(row[2]), row[3]) for row in rows]

        return await self._database.run(job)


def _text(left: Left) -> str:
    return json.dumps({**{name: getattr(left, name) for name in _FIELDS}, "email": list(left.email)})


def _left(text: str) -> Left:
    found = json.loads(text)
    return Left(email=tuple(found["email"]), **{name: found[name] for name in _FIELDS})
