"""Migrations, from real files that older states of the schema wrote (``databases/``)."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.journal import schema
from tests.journal.conftest import Opener, until

ROOT = Path(__file__).parents[2]
OLD_FILES = sorted((Path(__file__).parent / "databases").glob("*.db"))
STEPS = ["0001_events", "0002_responses", "0003_people"]


def applied(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_every_older_state_has_a_real_file() -> None:
    assert [path.stem for path in OLD_FILES] == STEPS[:-1]
    assert [applied(path) for path in OLD_FILES] == [STEPS[:count] for count in range(1, len(STEPS))]


@pytest.mark.parametrize("old", OLD_FILES, ids=lambda path: path.stem)
async def test_an_old_file_is_brought_up_to_date_with_all_it_holds(
    tmp_path: Path, open_journal: Opener, old: Path
) -> None:
    shutil.copy(old, tmp_path / "journal.db")
    journal = await open_journal(tmp_path)
    assert journal.health.ok
    events = await journal.after(0)
    assert [(event.id, event.type, event.data) for event in events] == [
        (1772366400, "boot", {"version": "0.1.0"}),
        (1772366401, "route.decided", {"route": "primary", "reason": "všechno běží"}),
    ]
    assert await journal.cursor("local") == 1772366400
    assert await journal.recall("override") == {"route": "secondary"}
    anna = Person("anna", "Anna", PhoneNumber("+420777000111"))
    await journal.seed_people([anna])
    await journal.keep_response("a", {"ok": True})
    assert (await journal.append("boot", {})).id > events[-1].id
    await journal.close()
    assert applied(tmp_path / "journal.db") == STEPS


def test_a_migration_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    shutil.copy(OLD_FILES[0], path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE people (x)")  # makes the third step fail, after the second has succeeded
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.OperationalError):
        schema.bring_up_to_date(connection)
    assert applied(path) == STEPS[:2]
    assert "responses" in tables(path)


async def test_what_a_newer_release_added_is_left_alone(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    await journal.append("boot", {"n": 1})
    await journal.close()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection, connection:
        connection.execute("CREATE TABLE calls (id INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('journal', '0099_calls')")
    journal = await open_journal(tmp_path)
    await journal.append("boot", {"n": 2})
    assert journal.health.ok
    assert len(await journal.after(0)) == 2
    assert "calls" in tables(tmp_path / "journal.db")


async def test_a_migration_that_fails_is_told_and_the_journal_goes_on(tmp_path: Path, open_journal: Opener) -> None:
    shutil.copy(OLD_FILES[0], tmp_path / "journal.db")
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        connection.execute("CREATE TABLE people (x)")
    journal = await open_journal(tmp_path)
    assert not journal.health.ok
    await until(lambda: journal.health.ok, "healing")
    assert [event.type for event in await journal.after(0)][:2] == ["boot", "route.decided"]  # taken over
    assert await journal.recall("override") == {"route": "secondary"}


async def test_a_start_with_nothing_to_migrate_does_without_the_migration_library(
    tmp_path: Path, open_journal: Opener
) -> None:
    journal = await open_journal(tmp_path)
    await journal.append("boot", {"n": 1})
    await journal.close()
    told = await asyncio.to_thread(run_alone, tmp_path)
    assert told == "1 False"


def run_alone(state_dir: Path) -> str:
    """How many events a process of its own finds, and whether it needed sqlite-utils for that."""
    program = (
        "import asyncio, sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from appliance.journal import Journal\n"
        "async def main():\n"
        "    journal = await Journal.open(Path(sys.argv[1]), boot_id='b', now=lambda: datetime.now(UTC))\n"
        "    print(len(await journal.after(0)), 'sqlite_utils' in sys.modules)\n"
        "    await journal.close()\n"
        "asyncio.run(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(state_dir)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.strip()
