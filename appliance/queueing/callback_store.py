"""Where callbacks are kept: what :meth:`CallbackStore.put` and :meth:`CallbackStore.ask` return from is durable.

One file of each exchange, beside its call log and apart from it, written by one process. Raises
:class:`CallbackStoreError` where the disk does not take it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from appliance.queueing import callback_life as life
from appliance.queueing.callback_life import Callback
from appliance.storage import Database, Migration, is_passing

if TYPE_CHECKING:
    from sqlite_utils import Database as UtilsDatabase

ANSWERS_WITHIN_S = 3.0  # a caller hears silence meanwhile
STANDING_MOST = 1000  # whoever invents callers must not fill the disk with wishes
_CALLBACKS = TypeAdapter(Callback)
_TABLES = """
CREATE TABLE callbacks (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    queue TEXT NOT NULL,
    queued_at REAL NOT NULL,
    ended_at REAL,
    callback TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX callbacks_standing ON callbacks (queue, queued_at) WHERE ended_at IS NULL;
CREATE INDEX callbacks_by_number ON callbacks (number);
CREATE INDEX callbacks_by_end ON callbacks (ended_at);
"""
_STANDING = "SELECT callback FROM callbacks WHERE ended_at IS NULL ORDER BY queued_at, id"
_log = logging.getLogger(__name__)
T = TypeVar("T")


class DatabaseLike(Protocol):
    """As :class:`appliance.storage.Database`."""

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``job`` in a transaction of its own."""

    async def close(self) -> None:
        """Let go."""


class CallbackStoreError(Exception):
    """The disk does not take it, or does not answer; the message says why."""


class TooManyError(CallbackStoreError):
    """So many callbacks stand that no other is taken."""


def _begin(database: UtilsDatabase) -> None:
    for statement in _TABLES.split(";"):
        if statement.strip():
            database.conn.execute(statement).close()


MIGRATIONS: tuple[Migration, ...] = (("m001_callbacks", _begin),)


def callbacks_file(state_dir: Path) -> Path:
    """Where the exchange of this state directory keeps its callbacks."""
    return state_dir / "exchange" / "callbacks.db"


class CallbackStore:
    """One process writes it. It opens its file when it is first needed, and again after a fault that is no passing
    one. Make it, then :meth:`close` it."""

    def __init__(
        self,
        path: Path,
        *,
        answers_within_s: float = ANSWERS_WITHIN_S,
        open_: Callable[[Path, Sequence[Migration]], Awaitable[DatabaseLike]] = Database.open,
    ) -> None:
        self._path, self._answers_within_s, self._open = path, answers_within_s, open_
        self._database: DatabaseLike | None = None
        self._opening = asyncio.Lock()
        self._beside: set[asyncio.Task[None]] = set()

    async def ask(self, callback: Callback) -> tuple[Callback, list[Callback]]:
        """Keep a new wish; the callback as it stands from now on, and those it put an end to. Raises also
        :class:`TooManyError`.

        One of the same caller that stands in this queue is ended by it, and so is one that rests for the same call:
        nobody is called twice. The earliest place of them counts. One that talks goes on.
        """
        wish = life.asked(callback)

        def undo(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM callbacks WHERE id = ?", (wish.id,))

        return await self._run(lambda connection: _ask(connection, wish), undo)

    async def put(self, callback: Callback) -> None:
        """Keep the callback as it is now."""
        await self._run(lambda connection: _put(connection, callback), _nothing)

    async def get(self, id_: str) -> Callback | None:
        """The callback, standing or over."""
        found = await self._find("SELECT callback FROM callbacks WHERE id = ?", id_)
        return found[0] if found else None

    async def standing(self) -> list[Callback]:
        """All that are not over, the one that waits longest first."""
        return await self._find(_STANDING)

    async def recent(self, limit: int) -> list[Callback]:
        """Those that ended last, the newest first."""
        return await self._find(
            "SELECT callback FROM callbacks WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?", limit
        )

    async def of_number(self, number: str) -> list[Callback]:
        """All that there are of a number (E.164), for whom it belongs to."""
        return await self._find("SELECT callback FROM callbacks WHERE number = ? ORDER BY queued_at", number)

    async def erase(self, number: str) -> int:
        """Forget every callback of a number that is over; how many. Those that stand are cancelled first."""
        return await self._delete("DELETE FROM callbacks WHERE number = ? AND ended_at IS NOT NULL", number)

    async def prune(self, ended_before: float) -> int:
        """Forget what ended before; how many."""
        return await self._delete("DELETE FROM callbacks WHERE ended_at < ?", ended_before)

    async def close(self) -> None:
        """Let go, within seconds even on a disk that hangs."""
        async with self._opening:
            database, self._database = self._database, None
        if database is not None:
            await database.close()
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)

    async def _find(self, sql: str, *values: str | int) -> list[Callback]:
        return await self._run(lambda connection: _read(connection.execute(sql, values)), _nothing)

    async def _delete(self, sql: str, value: str | float) -> int:
        return await self._run(lambda connection: connection.execute(sql, (value,)).rowcount, _nothing)

    async def _run(self, job: Callable[[sqlite3.Connection], T], undo: Callable[[sqlite3.Connection], None]) -> T:
        try:
            async with asyncio.timeout(self._answers_within_s):
                return await (await self._opened()).run(job)
        except TimeoutError:
            if self._database is not None:
                # the job is done some time all the same; this one comes behind it
                self._do_beside(self._database.run(undo))
            raise CallbackStoreError("the disk does not answer") from None
        except (sqlite3.Error, OSError) as error:
            if self._database is not None and not is_passing(error):
                database, self._database = self._database, None
                self._do_beside(database.close())
            raise CallbackStoreError(f"callbacks cannot be kept ({error})") from error

    async def _opened(self) -> DatabaseLike:
        async with self._opening:
            if self._database is None:
                self._database = await self._open(self._path, MIGRATIONS)
            return self._database

    def _do_beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_tolerant(work), name="callbacks' disk")
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)


async def _tolerant(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except (sqlite3.Error, OSError) as error:
        _log.warning("callbacks: %s", error)


def _nothing(_: sqlite3.Connection) -> None:
    """What was asked for may happen late."""


def _ask(connection: sqlite3.Connection, wish: Callback) -> tuple[Callback, list[Callback]]:
    standing = _read(connection.execute(_STANDING))
    before = [one for one in standing if life.is_renewed(one, wish)]
    if len(standing) - len(before) >= STANDING_MOST:
        raise TooManyError(f"{len(standing)} callbacks stand already")
    ended = [life.cancelled(one, "asked for again", wish.asked_at) for one in before]
    for one in ended:
        _put(connection, one)
    places = [one.queued_at for one in before if one.queue == wish.queue]
    wish = replace(wish, queued_at=min([wish.queued_at, *places]))
    _put(connection, wish)
    return wish, ended


def _put(connection: sqlite3.Connection, callback: Callback) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO callbacks (id, number, queue, queued_at, ended_at, callback)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            callback.id,
            callback.number,
            callback.queue,
            callback.queued_at,
            callback.ended_at,
            json.dumps(asdict(callback)),
        ),
    )


def _read(rows: Iterable[Sequence[Any]]) -> list[Callback]:
    found: list[Callback] = []
    for (text,) in rows:
        try:
            found.append(_CALLBACKS.validate_json(text))
        except ValidationError as error:  # one bad row must not hide the others
            _log.error("a callback cannot be read: %s: %.200s", error, text)
    return found
