"""Tables made by a process of their own before the guard opens its files; what the guard carries along at rest."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.guard import tables
from appliance.journal.journal import Journal

SELDOM_NEEDED = {"numpy", "sqlite_utils", "dateutil", "click", "icalendar", "holidays", "aiohttp", "rich", "gsmmodem"}


def names(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


@pytest.mark.parametrize(
    ("make", "file_name", "table"),
    [(tables.make_journal, "journal.db", "events"), (tables.make_sms, "sms.db", "message")],
)
async def test_a_missing_file_is_made_and_nothing_is_done_twice(
    tmp_path: Path, make: Callable[[Path], Awaitable[None]], file_name: str, table: str
) -> None:
    await make(tmp_path)
    assert {table, "_sqlite_migrations"} <= names(tmp_path / file_name)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process for nothing"))
        await make(tmp_path)


async def test_what_the_process_cannot_do_is_left_to_the_opening(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "executable", str(tmp_path / "gone"))
        await tables.make_journal(tmp_path)
    assert not (tmp_path / "journal.db").exists()
    (tmp_path / "journal.db").write_bytes(b"no database " * 1000)
    await tables.make_journal(tmp_path)
    assert (tmp_path / "journal.db").read_bytes().startswith(b"no database"), "who opens it moves it aside, and tells"
    journal = await Journal.open(tmp_path, boot_id="b", now=lambda: datetime.now(UTC))
    try:
        assert any("damaged" in name for name in os.listdir(tmp_path))
    finally:
        await journal.close()


def test_the_guard_imports_nothing_that_it_seldom_needs() -> None:
    code = "import sys, appliance.cli.guard, appliance.guard.app; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "appliance.guard.app" in found
    assert not SELDOM_NEEDED & {name.partition(".")[0] for name in found}
