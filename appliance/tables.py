"""New tables of a database are made by a process of their own, before the service that keeps it opens it.

What makes them brings some 30 MB along (:mod:`appliance.migrations`, :mod:`appliance.apart`). Nothing depends on it:
what that process could not do, the opening does, and tells what is wrong.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from appliance import apart, migrations, storage
from appliance.migrations import Migration
from appliance.threads import in_daemon_thread


@dataclass(frozen=True, slots=True)
class Tables:
    """Those of one file; ``record`` names their migrations in the table of what was done."""

    file_name: str
    record: str
    migrations: Sequence[Migration]


async def make(tables: Tables, folder: Path, module: str, *arguments: str, within_s: float) -> None:
    """Make what is missing in ``folder`` by ``python -m module``, at no cost where nothing is. Never raises."""

    def job() -> None:
        if wanting(tables, folder):
            apart.run(module, *arguments, within_s=within_s)

    # a caller that is cancelled leaves the process to end by itself: half of it may be done
    await in_daemon_thread(job, f"make {tables.file_name}")


def wanting(tables: Tables, folder: Path) -> bool:
    """Whether tables are missing; ``False`` for a file that is damaged or locked: the opening knows what to do."""
    path = folder / tables.file_name
    if not path.exists():
        return True
    try:
        with closing(storage.read_only(path)) as connection:
            return migrations.wanting(connection, tables.record, tables.migrations)
    except sqlite3.Error:
        return False
