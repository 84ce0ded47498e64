"""New tables of the guard's databases are made by a process of their own, before the guard opens them.

What makes them brings some 30 MB along (:mod:`appliance.migrations`). A guard that made its own would hold that
memory until it is started anew, which on a box that was just set up or brought up to date may be years later.

Nothing depends on it: what this process could not do, the opening does, and tells what is wrong.
"""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from appliance import migrations, storage
from appliance.journal import schema as journal
from appliance.journal.store import FILE_NAME, Store
from appliance.migrations import Migration
from appliance.notify import sms_store
from appliance.threads import in_daemon_thread

MADE_WITHIN_S = 20.0  # the service manager gives a start 30

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Tables:
    file_name: str
    record: str
    migrations: Sequence[Migration]
    make: Callable[[Path], None]


_JOURNAL = _Tables(FILE_NAME, journal.MIGRATIONS_NAME, journal.STEPS, lambda path: Store.open(path).close())
_SMS = _Tables(
    sms_store.FILE_NAME,
    storage.MIGRATIONS_RECORD,
    sms_store.MIGRATIONS,
    lambda path: storage.make(path, sms_store.MIGRATIONS),
)


async def make_journal(state_dir: Path) -> None:
    """Make what is missing of the journal's tables, at no cost where nothing is. Never raises."""
    await _make(_JOURNAL, state_dir)


async def make_sms(state_dir: Path) -> None:
    """The same for the short messages' tables."""
    await _make(_SMS, state_dir)


async def _make(tables: _Tables, state_dir: Path) -> None:
    def job() -> None:
        if not _wanting(tables, state_dir):
            return
        arguments = (sys.executable, "-m", __name__, tables.file_name, str(state_dir))
        try:
            ended = subprocess.run(
                arguments, check=False, timeout=MADE_WITHIN_S, stdin=subprocess.DEVNULL, capture_output=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            _log.debug("the process that makes %s: %s", tables.file_name, error)
        else:
            _log.debug("made %s: %d %s", tables.file_name, ended.returncode, ended.stderr.decode(errors="replace"))

    # a caller that is cancelled leaves the process to end by itself: half of it may be done
    await in_daemon_thread(job, f"make {tables.file_name}")


def _wanting(tables: _Tables, state_dir: Path) -> bool:
    path = state_dir / tables.file_name
    if not path.exists():
        return True
    try:
        with closing(storage.read_only(path)) as connection:
            return migrations.wanting(connection, tables.record, tables.migrations)
    except sqlite3.Error:
        return False  # damaged or locked: the opening knows what to do


if __name__ == "__main__":
    wanted, folder = sys.argv[1:]
    (found,) = (tables for tables in (_JOURNAL, _SMS) if tables.file_name == wanted)
    found.make(Path(folder) / wanted)
