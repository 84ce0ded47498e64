"""New tables of the guard's databases, made by a process of their own (:mod:`appliance.tables`)."""

from __future__ import annotations

import sys
from pathlib import Path

from appliance import storage, tables
from appliance.journal import schema as journal
from appliance.journal.store import FILE_NAME, Store
from appliance.notify import sms_store
from appliance.tables import Tables

MADE_WITHIN_S = 20.0  # the service manager gives a start 30

_JOURNAL = Tables(FILE_NAME, journal.MIGRATIONS_NAME, journal.STEPS)
_SMS = Tables(sms_store.FILE_NAME, storage.MIGRATIONS_RECORD, sms_store.MIGRATIONS)


async def make_journal(state_dir: Path) -> None:
    """Make what is missing of the journal's tables, at no cost where nothing is. Never raises."""
    await _make(_JOURNAL, state_dir)


async def make_sms(state_dir: Path) -> None:
    """The same for the short messages' tables."""
    await _make(_SMS, state_dir)


async def _make(wanted: Tables, state_dir: Path) -> None:
    await tables.make(wanted, state_dir, __name__, str(state_dir / wanted.file_name), within_s=MADE_WITHIN_S)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    if file.name == FILE_NAME:
        Store.open(file).close()
    else:
        storage.make(file, sms_store.MIGRATIONS)
