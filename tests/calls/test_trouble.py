"""Kills, full disks, damaged files: no call waits for the log, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from pathlib import Path

import pytest

from appliance.calls import writer as writer_module
from appliance.calls.health import CallLogHealth, set_aside_if_damaged
from appliance.calls.log import CallLog
from appliance.calls.queries import CallQuery
from appliance.calls.reader import CallReader
from appliance.calls.schema import calls_file
from appliance.storage import is_passing
from tests.calls.records import answered, arrived

ROOT = Path(__file__).parents[2]
PATIENT_S = 60.0  # a busy machine's disk is slow, which is none of these tests' troubles


async def healthy(log: CallLog) -> None:
    while not log.health.ok or log.health.waiting:  # noqa: ASYNC110 - a test may look again and again
        await asyncio.sleep(0.01)


async def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.calls.killed", str(tmp_path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    told: dict[int, int] = {}
    try:
        while len(told) < 25:
            number, seq = (await process.stdout.readline()).split()
            told[int(number)] = int(seq)
    finally:
        process.kill()
    for line in (await process.stdout.read()).splitlines():
        if len(parts := line.split()) == 2:
            told[int(parts[0])] = int(parts[1])
    await process.wait()
    log = await CallLog.open(calls_file(tmp_path), "box", patience_s=PATIENT_S)
    kept = {row.record.id: row.seq for row in await log.after(0, limit=100_000)}
    assert {f"c{number}": seq for number, seq in told.items()}.items() <= kept.items()
    assert len(await log.open_calls()) == len(kept)
    assert await log.put(arrived("next")) == max(kept.values()) + 1
    await log.close()


async def test_a_full_disk_costs_no_call_and_no_record(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    turns: list[CallLogHealth] = []
    log = await CallLog.open(calls_file(tmp_path), "box", on_trouble=turns.append, patience_s=PATIENT_S)
    await log.put(arrived("before"))
    database = log._writer._database
    assert database is not None

    async def at_most(pages: int) -> None:  # SQLite's own way to meet a disk with no room: SQLITE_FULL, for real
        await database.run(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    await at_most(1)
    big = answered("big", transfers=("x" * 100,) * 2_000)
    assert await log.put(big) is None
    assert await log.put(arrived("during")) is None
    assert await log.put(answered("before")) is None
    assert (log.health.ok, log.health.waiting) == (False, 3)
    assert "full" in log.health.reason
    assert {record.id for record in await log.open_calls()} == {"during"}  # memory counts
    await at_most(1_000_000)
    await healthy(log)
    found = {record.id: record for record in await log.find(CallQuery())}
    assert found == {"big": big, "during": arrived("during"), "before": answered("before")}
    assert [turn.ok for turn in turns] == [False, True]
    assert await log.put(arrived("after")) is not None
    await log.close()
    assert "kept on disk again" in caplog.text


async def test_a_log_that_cannot_be_opened_is_begun_as_soon_as_it_can(tmp_path: Path) -> None:
    (tmp_path / "exchange").write_text("in the way")
    log = await CallLog.open(calls_file(tmp_path), "box", patience_s=PATIENT_S)
    assert not log.health.ok
    assert await log.put(arrived()) is None
    (tmp_path / "exchange").unlink()
    await healthy(log)
    await log.close()
    with CallReader(tmp_path) as reader:
        assert reader.find(CallQuery()) == [arrived()]


async def test_a_disk_that_hangs_holds_a_call_up_once_and_only_for_a_moment(tmp_path: Path) -> None:
    log = await CallLog.open(calls_file(tmp_path), "box", patience_s=0.05)
    other = sqlite3.connect(calls_file(tmp_path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # the writer now waits for this lock, as for a disk
    assert await log.put(arrived("c1")) is None
    assert log.health.reason == "the disk does not answer"
    assert await log.put(arrived("c2")) is None
    assert await log.put(answered("c1")) is None  # while its older self is on its way to the disk
    other.execute("COMMIT")
    other.close()
    await healthy(log)
    assert {record.id: record for record in await log.find(CallQuery())} == {
        "c1": answered("c1"),
        "c2": arrived("c2"),
    }
    await log.close()


async def test_closing_writes_what_waits(tmp_path: Path) -> None:
    log = await CallLog.open(calls_file(tmp_path), "box", patience_s=PATIENT_S)
    waiting = asyncio.create_task(log.put(arrived()))
    await asyncio.sleep(0)
    await log.close()
    assert waiting.done() or await waiting is not None
    with CallReader(tmp_path) as reader:
        assert reader.find(CallQuery()) == [arrived()]


async def test_too_many_in_memory_give_up_the_oldest_and_count_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "WAITING_MOST", 3)
    (tmp_path / "exchange").write_text("in the way")
    log = await CallLog.open(calls_file(tmp_path), "box", patience_s=PATIENT_S)
    for number in range(5):
        await log.put(arrived(f"c{number}"))
    assert (log.health.waiting, log.health.lost) == (3, 2)
    (tmp_path / "exchange").unlink()
    await healthy(log)
    assert [record.id for record in await log.open_calls()] == ["c2", "c3", "c4"]
    await log.close()


async def test_a_file_that_is_no_database_is_kept_aside(tmp_path: Path) -> None:
    path = calls_file(tmp_path)
    path.parent.mkdir()
    path.write_bytes(os.urandom(8192))
    log = await CallLog.open(path, "box", patience_s=PATIENT_S)
    assert await log.put(arrived()) is not None
    await log.close()
    assert len([*path.parent.glob("calls.db.damaged-*")]) == 1


async def test_damage_found_while_writing_sets_the_file_aside_and_goes_on(tmp_path: Path) -> None:
    path = calls_file(tmp_path)
    log = await CallLog.open(path, "box", patience_s=PATIENT_S)
    await asyncio.gather(*(log.put(answered(f"c{number}")) for number in range(300)))
    await log.close()
    content = bytearray(path.read_bytes())
    page = int.from_bytes(content[16:18], "big")
    content[4 * page :] = os.urandom(len(content) - 4 * page)  # the schema still reads, the tables do not
    path.write_bytes(content)
    log = await CallLog.open(path, "box", patience_s=PATIENT_S)
    for number in range(300):
        await log.put(arrived(f"c{number}"))
    await healthy(log)
    assert await log.put(arrived("last")) is not None
    assert "last" in {record.id for record in await log.open_calls()}
    assert [*path.parent.glob("calls.db.damaged-*")]
    await log.close()


def test_only_damage_sets_a_file_aside(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    path.write_text("kept")
    full, damaged = sqlite3.OperationalError("full"), sqlite3.DatabaseError("malformed")
    full.sqlite_errorcode, damaged.sqlite_errorcode = sqlite3.SQLITE_FULL, sqlite3.SQLITE_CORRUPT
    set_aside_if_damaged(path, full)
    assert path.exists()
    assert (is_passing(full), is_passing(damaged)) == (True, False)
    set_aside_if_damaged(path, damaged)
    assert not path.exists()
