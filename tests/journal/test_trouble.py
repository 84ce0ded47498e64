"""Disks that refuse (S14): the journal goes on in memory, says so once, and heals by itself."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.events import Event
from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.journal import JournalHealth, JournalReader
from appliance.journal.store import Store
from tests.journal.conftest import QUICK, Clock, Opener, names, until

ANNA = Person("anna", "Anna", PhoneNumber("+420777000111"))


def numbers(events: list[Event]) -> list[Any]:
    """What the test's own events said, without those the journal added."""
    return [event.data["n"] for event in events if not event.type.startswith("journal.")]


def rising(events: list[Event]) -> bool:
    ids = [event.id for event in events]
    return ids == sorted(set(ids))


def fill(place: Path) -> Path:
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (4096, 512, 1):
            while True:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    break
    return ballast


def overwrite(path: Path, offset: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xa5" * size)


@contextmanager
def read_only(place: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(place)], check=True)


@contextmanager
def immutable(file: Path) -> Iterator[None]:
    if subprocess.run(["chattr", "+i", str(file)], capture_output=True, check=False).returncode != 0:
        pytest.skip("this file system knows no immutable files")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", str(file)], check=True)


async def test_a_full_disk_heals_and_writes_what_waited_in_order(
    small_disk: Path, open_journal: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[JournalHealth] = []
    journal = await open_journal(small_disk, on_trouble=told.append)
    await journal.append("boot", {"n": 0})
    ballast = fill(small_disk)
    with caplog.at_level(logging.WARNING):
        for n in range(1, 60):
            await journal.append("boot", {"n": n})
            await journal.remember("last", n)
    assert not journal.health.ok
    assert "full" in journal.health.reason
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1
    assert [health.ok for health in told] == [False]
    # while the disk refuses, links still get everything
    assert numbers(await journal.after(0)) == list(range(60))

    ballast.unlink()
    await until(lambda: journal.health.ok and journal.health.waiting == 0, "healing")
    assert [health.ok for health in told] == [False, True]
    await journal.close()
    again = await open_journal(small_disk)
    events = await again.after(0)
    assert numbers(events) == list(range(60))
    assert rising(events)
    own = [event for event in events if event.type.startswith("journal.")]
    assert [event.type for event in own] == ["journal.failed", "journal.healed"]
    assert own[0].data["kind"] == "full"
    assert own[1].data["lost"] == 0
    assert await again.recall("last") == 59


async def test_ids_seen_on_a_full_disk_are_not_used_again(small_disk: Path, open_journal: Opener) -> None:
    journal = await open_journal(small_disk)
    await journal.append("boot", {"n": 0})
    fill(small_disk)
    for n in range(30):
        await journal.append("boot", {"n": n})
    seen = (await journal.after(0))[-1].id
    await journal.close()  # the disk is still full: the last events are gone with the process
    (small_disk / "ballast").unlink()
    again = await open_journal(small_disk)
    assert (await again.append("boot", {"n": 99})).id > seen


async def test_a_first_start_on_a_full_disk(small_disk: Path, open_journal: Opener) -> None:
    ballast = fill(small_disk)
    journal = await open_journal(small_disk)
    await journal.seed_people([ANNA])
    await journal.append("boot", {"n": 1})
    await journal.remember("key", "value")
    assert not journal.health.ok
    assert await journal.recall("key") == "value"
    assert await journal.after(0) == []  # no id is reserved yet, so none may leave the box
    ballast.unlink()
    await until(lambda: journal.health.ok, "healing")
    assert numbers(await journal.after(0)) == [1]
    assert await journal.people() == [ANNA]


async def test_a_disk_that_turns_read_only(small_disk: Path, open_journal: Opener) -> None:
    journal = await open_journal(small_disk)
    await journal.append("boot", {"n": 0})
    with pytest.MonkeyPatch.context() as patch:
        # tmpfs refuses to turn read-only while files are open for writing; ext4 does so by itself on an error
        patch.setattr("appliance.journal.store.Store.write", _refuse_read_only)
        await journal.append("boot", {"n": 1})
        assert not journal.health.ok
        assert "read-only" in journal.health.reason
        assert numbers(await journal.after(0)) == [0, 1]
    await until(lambda: journal.health.ok, "healing")
    assert numbers(await journal.after(0)) == [0, 1]


def _refuse_read_only(*_: object) -> None:
    raise OSError(30, "Read-only file system")


async def test_a_start_on_a_read_only_disk_still_knows_what_was_remembered(
    small_disk: Path, open_journal: Opener
) -> None:
    journal = await open_journal(small_disk)
    await journal.seed_people([ANNA])
    await journal.remember("override", {"route": "secondary"})
    before = await journal.append("boot", {"n": 0})
    await journal.close()
    with read_only(small_disk):
        journal = await open_journal(small_disk)
        assert not journal.health.ok
        assert "read-only" in journal.health.reason
        assert await journal.recall("override") == {"route": "secondary"}
        assert await journal.people() == [ANNA]
        assert not await journal.remember("override", None)
        await journal.append("boot", {"n": 1})
        assert numbers(await journal.after(0)) == [0]
    await until(lambda: journal.health.ok, "healing")
    events = await journal.after(before.id)
    assert numbers(events) == [1]
    assert rising(events)
    await journal.close()
    journal = await open_journal(small_disk)
    assert await journal.recall("override") is None


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("chattr") is None, reason="needs root and chattr")
async def test_files_made_immutable(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    await journal.append("boot", {"n": 0})
    await journal.close()
    file = tmp_path / "journal.db"
    with immutable(file):
        journal = await open_journal(tmp_path)
        await journal.append("boot", {"n": 1})
        assert not journal.health.ok
    await until(lambda: journal.health.ok, "healing")
    assert numbers(await journal.after(0)) == [0, 1]


@pytest.mark.parametrize("content", [b"this is no database" * 500, b"\0" * 8192], ids=["text", "zeros"])
async def test_a_file_that_is_no_database_is_moved_aside(
    tmp_path: Path, open_journal: Opener, content: bytes
) -> None:
    (tmp_path / "journal.db").write_bytes(content)
    journal = await open_journal(tmp_path)
    await journal.seed_people([ANNA])
    await journal.append("boot", {"n": 1})
    await until(lambda: journal.health.ok, "healing")
    assert numbers(await journal.after(0)) == [1]
    assert await journal.people() == [ANNA]
    aside = tmp_path / "journal.db.damaged-20260301T120000Z"
    assert aside.read_bytes() == content
    healed = (await journal.events(types=["journal.healed"]))[0]
    assert healed.data["moved_aside"] == aside.name


async def test_another_programs_database_is_moved_aside(tmp_path: Path, open_journal: Opener) -> None:
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        other.execute("CREATE TABLE events (x)")
    journal = await open_journal(tmp_path)
    await journal.append("boot", {"n": 1})
    await until(lambda: journal.health.ok, "healing")
    assert numbers(await journal.after(0)) == [1]


async def test_damage_found_while_running_loses_nothing_that_is_in_memory(
    tmp_path: Path, open_journal: Opener
) -> None:
    journal = await open_journal(tmp_path)
    await journal.seed_people([ANNA])
    await journal.remember("override", {"route": "secondary"})
    last = None
    for n in range(200):
        last = await journal.append("boot", {"n": n, "pad": "x" * 500})
    assert last is not None
    await journal.advance("local", last.id)
    await journal.close()

    journal = await open_journal(tmp_path)
    size = (tmp_path / "journal.db").stat().st_size
    overwrite(tmp_path / "journal.db", 4096, size - 8192)  # all pages but the first and the last
    await journal.events()  # whoever reads first finds it
    assert not journal.health.ok
    await until(lambda: journal.health.ok, "healing")
    after = await journal.append("boot", {"n": 1000})
    assert after.id > last.id
    assert await journal.cursor("local") == last.id
    assert numbers(await journal.after(last.id)) == [1000]
    await journal.close()
    journal = await open_journal(tmp_path)
    assert await journal.recall("override") == {"route": "secondary"}
    assert await journal.people() == [ANNA]
    assert await journal.cursor("local") == last.id


async def test_what_still_reads_of_a_damaged_file_is_taken_over(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    await journal.seed_people([ANNA])
    await journal.remember("override", {"route": "secondary"})
    for n in range(300):
        await journal.append("boot", {"n": n, "pad": "x" * 500})
    await journal.close()
    place = (tmp_path / "journal.db").read_bytes().index(b'{"n":150,')
    overwrite(tmp_path / "journal.db", place & ~4095, 4096)  # one page of events

    journal = await open_journal(tmp_path)
    await journal.events()
    await until(lambda: journal.health.ok, "healing")
    kept = numbers(await journal.after(0, limit=1000))
    assert kept[0] == 0
    assert kept[-1] == 299
    assert 280 <= len(kept) < 300
    assert await journal.recall("override") == {"route": "secondary"}
    assert await journal.people() == [ANNA]


async def test_only_a_few_damaged_files_are_kept(tmp_path: Path, open_journal: Opener, clock: Clock) -> None:
    for _ in range(6):
        (tmp_path / "journal.db").write_bytes(b"this is no database" * 500)
        journal = await open_journal(tmp_path)
        await until(lambda: journal.health.ok, "healing")  # noqa: B023
        await journal.close()
        clock.turn(seconds=1)
    assert len([name for name in names(tmp_path) if "damaged" in name]) == 3


async def test_a_file_removed_under_us_is_noticed(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    await journal.remember("key", "value")
    first = await journal.append("boot", {"n": 1})
    for name in names(tmp_path):
        (tmp_path / name).unlink()
    second = await journal.append("boot", {"n": 2})
    await until(lambda: journal.health.ok, "healing")
    assert second.id > first.id
    with JournalReader(tmp_path) as reader:
        assert numbers(reader.events()) == [2]
        assert reader.recall("key") == "value"


async def test_a_state_directory_that_comes_later(tmp_path: Path, open_journal: Opener) -> None:
    place = tmp_path / "state"
    place.write_text("not a directory yet")
    journal = await open_journal(place)
    event = await journal.append("boot", {"n": 1})
    assert not journal.health.ok
    place.unlink()
    await until(lambda: journal.health.ok, "healing")
    assert numbers(await journal.after(0)) == [1]
    assert (await journal.append("boot", {"n": 2})).id > event.id


async def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path, open_journal: Opener) -> None:
    limits = replace(QUICK, patience_s=0.1, close_s=0.2)
    journal = await open_journal(tmp_path, limits)
    await journal.append("boot", {"n": 0})
    answers = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        write = Store.write

        def hang(*arguments: Any) -> None:
            answers.wait(30)
            write(*arguments)

        patch.setattr("appliance.journal.store.Store.write", hang)
        await journal.append("boot", {"n": 1})
        assert not journal.health.ok
        assert "does not answer" in journal.health.reason
        await asyncio.gather(*(journal.append("boot", {"n": n}) for n in range(2, 20)))
        answers.set()
    await until(lambda: journal.health.ok, "healing")
    assert numbers(await journal.after(0)) == list(range(20))


async def test_memory_stays_bounded_and_what_is_given_up_is_told(small_disk: Path, open_journal: Opener) -> None:
    journal = await open_journal(small_disk, replace(QUICK, waiting_events=50))
    await journal.append("boot", {"n": 0})
    ballast = fill(small_disk)
    for n in range(1, 401):
        await journal.append("boot", {"n": n})
    assert journal.health.waiting == 50
    ballast.unlink()
    await until(lambda: journal.health.ok, "healing")
    events = await journal.after(0, limit=1000)
    kept = numbers(events)
    assert kept[-50:] == list(range(351, 401))
    (healed,) = [event for event in events if event.type == "journal.healed"]
    assert healed.data["lost"] + len(kept) == 402  # the 401 above, and journal.failed was given up too


async def test_flipped_bits_in_one_row_do_not_stop_those_behind_it(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    for n in range(3):
        await journal.append("boot", {"n": n})
    await journal.remember("override", {"route": "secondary"})
    await journal.close()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection, connection:
        connection.execute("UPDATE events SET data = CAST(x'7b226eff' AS TEXT) WHERE data = '{\"n\":1}'")
        connection.execute("UPDATE memory SET value = '{' WHERE key = 'override'")
    journal = await open_journal(tmp_path)
    events = await journal.after(0)
    assert [event.data for event in events] == [{"n": 0}, {"unreadable": '{"n\ufffd'}, {"n": 2}]
    assert await journal.recall("override") is None
    assert journal.health.ok


async def test_a_fault_of_our_own_leaves_nobody_waiting(
    tmp_path: Path, open_journal: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await open_journal(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(journal._waiting, "batch", lambda: 1 / 0)
        await journal.append("boot", {"n": 0})
        assert "ZeroDivisionError" in journal.health.reason
    await until(lambda: journal.health.ok, "healing")
    assert numbers(await journal.after(0)) == [0]
