"""A small SQLite database of a service, other than the journal: durable commits, one thread, numbered migrations.

Raises ``sqlite3.Error``; its owner decides what a disk that refuses means for a call. A file that is damaged is moved
aside when it is opened, and a new one is begun: an exchange without its past is better than none.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

from appliance.migrations import Migration, bring_up_to_date
from appliance.worker import Worker

__all__ = ["Database", "Migration", "error_code", "is_empty", "is_passing", "make", "read_only"]

T = TypeVar("T")
MIGRATIONS_RECORD = "hotline"
CLOSE_WITHIN_S = 1.5
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "temp_store = MEMORY",
    "foreign_keys = ON",
    "secure_delete = ON",  # what somebody has erased must not be read out of the file later
)
_PASSING = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

_log = logging.getLogger(__name__)


class Database:
    """Open it with :meth:`open`. Each :meth:`run` is one transaction, durable once it returns."""

    def __init__(self, path: Path, worker: Worker, connection: sqlite3.Connection) -> None:
        self.path = path
        self._worker = worker
        self._connection = connection

    @classmethod
    async def open(cls, path: Path, migrations: Sequence[Migration]) -> Self:
        """Open or begin the database at ``path`` and bring its tables up to date. Raises ``sqlite3.Error``,
        ``OSError``."""
        worker = Worker(path.name)
        try:
            connection = await worker.start(lambda: _open(path, migrations))
        except BaseException:
            await worker.close(CLOSE_WITHIN_S)
            raise
        return cls(path, worker, connection)

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``job`` in a transaction of its own; rolled back where it raises. A caller that is cancelled leaves the
        job to end by itself."""
        return await self._worker.start(lambda: _in_transaction(self._connection, job))

    async def close(self) -> None:
        """Finish what was asked for and close, within seconds even on a disk that hangs."""
        self._worker.start(self._connection.close)
        await self._worker.close(CLOSE_WITHIN_S)


def is_passing(error: Exception) -> bool:
    """Whether the same connection may be tried again: a full disk, a busy file. After anything else it is opened
    anew; a connection that met a read-only disk stays read-only for good."""
    return error_code(error) in _PASSING


def error_code(error: Exception) -> int:
    """SQLite's primary result code; 0 where the error has none."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def is_empty(error: Exception) -> bool:
    """Whether an error in asking means that the tables are not there yet: their owner starts for the first time."""
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith("no such table")


def read_only(path: Path) -> sqlite3.Connection:
    """The database beside its writer, for a command line. Raises ``sqlite3.Error`` where there is none."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)
    connection.row_factory = sqlite3.Row
    return connection


def make(path: Path, migrations: Sequence[Migration]) -> None:
    """Begin the database, or bring its tables up to date, and let go of it. Raises ``sqlite3.Error``, ``OSError``."""
    _open(path, migrations).close()


def _open(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    try:
        return _connect(path, migrations)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) or not path.exists():
            raise
        aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        _log.error("%s is damaged (%s); it is kept as %s, and a new one is begun", path, error, aside.name)
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.replace(f"{path}{suffix}", f"{aside}{suffix}")
        return _connect(path, migrations)


def _connect(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
        bring_up_to_date(connection, MIGRATIONS_RECORD, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _in_transaction(connection: sqlite3.Connection, job: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = job(connection)
        connection.commit()
    except BaseException:
        connection.rollback()  # a commit that a full disk refused too: it would stay open and block every later one
        raise
    return result
