"""Numbered migrations of a database: each in one transaction with the record of itself, by sqlite-utils.

sqlite-utils is imported only where there is something to carry out. It takes numpy along where that is installed, and
a command line and a date parser: some 30 MB that a process never gets rid of again, and on a small board seconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

Migration = tuple[str, Callable[["Database"], None]]


def bring_up_to_date(connection: sqlite3.Connection, record: str, migrations: Sequence[Migration]) -> None:
    """Carry out what has not been yet, oldest first. ``record`` names the set in the table of what was done.

    What a newer release added is left alone, so that an update can be undone. Raises ``sqlite3.Error``.
    """
    if not wanting(connection, record, migrations):
        return
    from sqlite_utils import Database, Migrations

    steps = Migrations(record)
    for name, step in migrations:
        steps(name=name)(step)
    factory, connection.row_factory = connection.row_factory, None  # sqlite-utils reads rows by place
    try:
        steps.apply(Database(connection, execute_plugins=False))
    finally:
        connection.row_factory = factory


def wanting(connection: sqlite3.Connection, record: str, migrations: Sequence[Migration]) -> bool:
    """Whether something has not been carried out yet. Raises ``sqlite3.Error``."""
    kept = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()
    if kept is None:
        return True
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (record,))
    return not {name for name, _ in migrations} <= {row[0] for row in rows}
