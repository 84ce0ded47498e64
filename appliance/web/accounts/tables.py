"""New tables of ``web.db``, made by a process of their own before the service opens them (:mod:`appliance.apart`).

Nothing depends on it: what this process could not do, the opening does, and tells what is wrong.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from appliance import apart, migrations, storage
from appliance.threads import in_daemon_thread
from appliance.web.accounts.schema import FILE_NAME, MIGRATIONS

MADE_WITHIN_S = 60.0  # a small board takes its time; the service manager gives a start 180


async def make(folder: Path) -> None:
    """Make what is missing, at no cost where nothing is. Never raises."""
    path = folder / FILE_NAME

    def job() -> None:
        if wanting(path):
            apart.run(__name__, str(path), within_s=MADE_WITHIN_S)

    await in_daemon_thread(job, f"make {FILE_NAME}")


def wanting(path: Path) -> bool:
    """Whether tables are missing; ``False`` for a file that is damaged or locked: the opening knows what to do."""
    if not path.exists():
        return True
    try:
        with closing(storage.read_only(path)) as connection:
            return migrations.wanting(connection, storage.MIGRATIONS_RECORD, MIGRATIONS)
    except sqlite3.Error:
        return False


if __name__ == "__main__":
    storage.make(Path(sys.argv[1]), MIGRATIONS)
