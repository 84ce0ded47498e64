"""New tables of ``web.db``, made by a process of their own (:mod:`appliance.tables`)."""

from __future__ import annotations

import sys
from pathlib import Path

from appliance import storage, tables
from appliance.tables import Tables
from appliance.web.accounts.schema import FILE_NAME, MIGRATIONS

MADE_WITHIN_S = 60.0  # a small board takes its time; the service manager gives a start 180
TABLES = Tables(FILE_NAME, storage.MIGRATIONS_RECORD, MIGRATIONS)


async def make(folder: Path) -> None:
    """Make what is missing, at no cost where nothing is. Never raises."""
    await tables.make(TABLES, folder, __name__, str(folder / FILE_NAME), within_s=MADE_WITHIN_S)


if __name__ == "__main__":
    storage.make(Path(sys.argv[1]), MIGRATIONS)
