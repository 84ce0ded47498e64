"""Callbacks on disk: kills, full and hanging disks, damaged files, two writers of one callback."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from appliance.domain.calls import LegResult
from appliance.queueing import callback_life as life
from appliance.queueing import callback_store
from appliance.queueing.callback_life import Callback, Result, State
from appliance.queueing.callback_store import CallbackStore, CallbackStoreError, TooManyError
from tests.queueing_callback.wishes import NUMBER, T0, wish

ROOT = Path(__file__).parents[2]


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[CallbackStore]:
    one = CallbackStore(tmp_path / "callbacks.db", answers_within_s=60.0)
    yield one
    await one.close()


async def dial(store: CallbackStore, asked: Callback) -> Callback:
    dialled = life.dial(asked, "anna", "hl-cb-1-0001")
    await store.put(dialled)
    return dialled


async def test_a_wish_is_kept_and_moves_and_is_found_again(store: CallbackStore, tmp_path: Path) -> None:
    asked, ended = await store.ask(wish(last_result=LegResult.BUSY))
    assert (asked, ended) == (life.asked(wish(last_result=LegResult.BUSY)), [])
    dialled = await dial(store, asked)
    await store.close()
    again = CallbackStore(tmp_path / "callbacks.db")
    (found,) = await again.standing()
    assert found == dialled
    await again.close()


async def test_who_asks_twice_is_called_once_on_the_earlier_place(store: CallbackStore) -> None:
    await store.ask(wish(queued_at=T0 - 900))
    await store.ask(wish("cb-other", number="+420601000002"))
    await store.ask(wish("cb-sales", queue="sales"))
    second, ended = await store.ask(wish("cb-2", queued_at=T0))
    assert [(one.id, one.result, one.why) for one in ended] == [("cb-1", Result.CANCELLED, "asked for again")]
    assert second.queued_at == T0 - 900
    assert [one.id for one in await store.standing()] == ["cb-2", "cb-other", "cb-sales"]


async def test_a_later_wish_with_another_number_replaces_the_one_that_rests_for_this_call(
    store: CallbackStore,
) -> None:
    asked, _ = await store.ask(wish(queued_at=T0 - 900))
    await store.put(life.called_again(asked, "call-2"))
    second, ended = await store.ask(wish("cb-2", number="+420777000111", call="call-2"))
    assert [one.id for one in ended] == ["cb-1"]
    assert second.queued_at == T0 - 900


async def test_one_that_talks_is_not_ended_by_another_wish(store: CallbackStore) -> None:
    asked, _ = await store.ask(wish())
    await store.put(life.connected(await dial(store, asked), "anna", "leg"))
    _, ended = await store.ask(wish("cb-2"))
    assert ended == []
    assert len(await store.standing()) == 2


async def test_there_is_a_bound(store: CallbackStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_store, "STANDING_MOST", 2)
    for number in (1, 2):
        await store.ask(wish(f"cb-{number}", number=f"+42060100000{number}"))
    with pytest.raises(TooManyError):
        await store.ask(wish("cb-3", number="+420601000003"))
    await store.ask(wish("cb-4", number="+420601000002"))  # instead of cb-2
    assert [one.id for one in await store.standing()] == ["cb-1", "cb-4"]


async def test_what_is_over_is_forgotten_with_time_or_on_demand(store: CallbackStore) -> None:
    for number, ended_at in (("1", T0), ("2", T0 + 100), ("3", T0 + 200)):
        id_ = f"cb-{number}"
        asked, _ = await store.ask(wish(id_, number=NUMBER if number == "3" else f"+42060100001{number}"))
        await store.put(life.cancelled(asked, "test", ended_at))
    await store.ask(wish("cb-4"))
    assert [one.id for one in await store.recent(2)] == ["cb-3", "cb-2"]
    assert await store.prune(T0 + 50) == 1
    assert [one.id for one in await store.of_number(NUMBER)] == ["cb-3", "cb-4"]
    assert await store.erase(NUMBER) == 1
    assert [one.id for one in await store.of_number(NUMBER)] == ["cb-4"]
    assert (await store.get("cb-3"), (await store.get("cb-2") or wish()).ended_at) == (None, T0 + 100)


async def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.queueing_callback.killed",
        str(tmp_path / "callbacks.db"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    told: dict[str, str] = {}
    while len(told) < 25:
        id_, state = (await process.stdout.readline()).decode().split()
        told[id_] = state
    process.kill()
    for line in (await process.stdout.read()).decode().splitlines():
        if len(parts := line.split()) == 2:
            told[parts[0]] = parts[1]
    await process.wait()
    store = CallbackStore(tmp_path / "callbacks.db", answers_within_s=60.0)
    kept = {one.id: one.state for one in await store.standing()}
    for id_, state in told.items():  # what was on its way may have come, what was told must have
        assert kept[id_] in {State(state), State.DIALLING}
    await store.close()


async def test_a_full_disk_takes_no_wish_and_loses_none(store: CallbackStore) -> None:
    await store.ask(wish())
    database = store._database
    assert database is not None

    async def at_most(pages: int) -> None:  # SQLite's own way to meet a disk with no room: SQLITE_FULL, for real
        await database.run(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    await at_most(1)
    asked = await asyncio.gather(
        *(store.ask(wish(f"cb-x{number}", number=f"+4206020{number:05d}")) for number in range(60)),
        return_exceptions=True,
    )
    refused = [one for one in asked if isinstance(one, BaseException)]
    assert refused
    assert all(isinstance(one, CallbackStoreError) and "full" in str(one) for one in refused)
    assert (await store.get("cb-1")) is not None
    kept = len(await store.standing())
    assert kept == 1 + len(asked) - len(refused)
    await at_most(1_000_000)
    await store.ask(wish("cb-2", number="+420601000009"))
    assert len(await store.standing()) == kept + 1


async def test_a_wish_that_a_hanging_disk_was_too_slow_for_does_not_stand_behind_its_refusal(tmp_path: Path) -> None:
    path = tmp_path / "callbacks.db"
    store = CallbackStore(path, answers_within_s=60.0)
    await store.ask(wish())
    store._answers_within_s = 0.2
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # the store now waits for this lock, as for a disk
    with pytest.raises(CallbackStoreError, match="does not answer"):
        await store.ask(wish("cb-2", number="+420601000002"))
    other.execute("COMMIT")
    other.close()
    while store._beside:  # noqa: ASYNC110 - a test may look again and again
        await asyncio.sleep(0.01)
    assert [one.id for one in await store.standing()] == ["cb-1"]
    await store.close()


async def test_a_file_that_cannot_be_opened_is_opened_as_soon_as_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "exchange"
    folder.write_text("in the way")
    store = CallbackStore(folder / "callbacks.db", answers_within_s=60.0)
    with pytest.raises(CallbackStoreError):
        await store.ask(wish())
    folder.unlink()
    await store.ask(wish())
    assert len(await store.standing()) == 1
    await store.close()


async def test_one_bad_row_does_not_hide_the_others(store: CallbackStore, caplog: pytest.LogCaptureFixture) -> None:
    await store.ask(wish())
    database = store._database
    assert database is not None

    def spoil(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO callbacks VALUES ('cb-0', '+1', 'desk', 0, NULL, '{}')")

    await database.run(spoil)
    assert [one.id for one in await store.standing()] == ["cb-1"]
    assert "cannot be read" in caplog.text


async def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "callbacks.db"
    path.write_bytes(b"no database at all" * 1000)
    store = CallbackStore(path, answers_within_s=60.0)
    await store.ask(wish())
    assert len(await store.standing()) == 1
    assert any("damaged" in name for name in os.listdir(tmp_path))
    await store.close()
