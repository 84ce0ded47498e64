"""How long recordings are kept, on a disk that has an end, through crashes."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.recordings import keeper, room
from appliance.recordings.book import RecordingsError
from appliance.recordings.entry import Recording, State
from tests.calls.records import answered
from tests.recordings.archive import kept

DAY = timedelta(days=1)


async def test_erased_when_their_time_is_over_with_an_event_that_names_nobody(tmp_path: Path) -> None:
    async with kept(tmp_path) as made:
        await made.add("old", 8 * DAY, days=7)
        await made.add("young", 6 * DAY, days=7)
        await made.archive.keeper.look()
        assert made.files() == ["hl-young.wav"]
        assert await made.archive.book.names() == {"hl-young.wav"}
        ((type_, data),) = made.events
        assert (type_, data["id"], data["why"], data["bytes"]) == (
            "recording.erased",
            "hl-old.wav",
            "its time was over",
            16_044,
        )
        assert "605123456" not in str(data)
        assert not [folder for folder in made.archive.keeper.folder.iterdir() if not [*folder.iterdir()]]
        await made.archive.keeper.look()
        assert len(made.events) == 1


async def test_one_that_is_being_made_is_never_erased(tmp_path: Path) -> None:
    async with kept(tmp_path) as made:
        one = await made.add("c1", 8 * DAY, days=7)
        await made.archive.book.change(one.name, State.RECORDING)
        await made.archive.keeper.look()
        assert made.files() == [one.name]


@pytest.mark.parametrize("crash", ["before the file", "before the event", "before it is forgotten"])
async def test_a_crash_in_the_middle_of_erasing_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    async with kept(tmp_path) as made:
        one = await made.add("c1", 8 * DAY, days=7)

        async def die(*_: Any) -> None:
            raise RuntimeError("power")

        with monkeypatch.context() as broken:
            if crash == "before the file":
                broken.setattr(keeper, "_unlink", lambda _: (_ for _ in ()).throw(RuntimeError("power")))
            elif crash == "before the event":
                broken.setattr(made.archive.keeper, "_append", die)
            else:
                broken.setattr(made.archive.book, "forget", die)
            with pytest.raises(RuntimeError, match="power"):
                await made.archive.keeper.look()
        assert [found.state for found in await made.archive.book.of_state(State.ERASING)] == [State.ERASING]
        await made.archive.keeper.put_right()
        assert made.files() == []
        assert await made.archive.book.names() == set()
        assert {data["id"] for _, data in made.events} == {one.name}
        assert {data["why"] for _, data in made.events} == {"its time was over"}


async def test_files_that_are_in_no_list_are_taken_in_with_what_the_log_knows(tmp_path: Path) -> None:
    async with kept(tmp_path) as made:
        one = await made.add("c1", 2 * DAY, seconds=2)
        await made.log.put(answered("c1", recording=one.name))
        path = made.archive.keeper.path(one)
        cut = path.with_name("hl-c2.wav")
        cut.write_bytes(keeper.wav.head(2, 0) + bytes(4 * 100 + 3))
        path.with_name("hl-garbage.wav").write_bytes(b"RIFF")
        path.with_name("notes.txt").write_text("somebody's")
        await made.archive.book.forget(one.name)
        await made.archive.keeper.put_right()
        found = await made.archive.book.get(one.name)
        assert found is not None
        assert (found.frames, found.state, found.record and found.record.answered_by) == (16_000, "incomplete", "eva")
        other = await made.archive.book.get("hl-c2.wav")
        assert other is not None
        assert (other.frames, other.sides, other.record) == (100, 2, None)
        assert await made.archive.book.names() == {one.name, "hl-c2.wav"}


async def test_a_damaged_list_costs_no_recording(tmp_path: Path) -> None:
    async with kept(tmp_path) as made:
        await made.add("c1")
        await made.archive.book.close()
        for file in (tmp_path / "state/exchange").glob("recordings.db*"):
            file.unlink()
        (tmp_path / "state/exchange/recordings.db").write_bytes(b"no database at all" * 1000)
        await made.archive.keeper.put_right()
        assert await made.archive.book.names() == {"hl-c1.wav"}


async def test_what_the_log_learns_is_followed_from_where_it_stood(tmp_path: Path) -> None:
    async with kept(tmp_path) as made:
        one = await made.add("c1")
        await made.archive.book.begin(Recording(one.name, "c1", one.began_at, 1, one.keep_until))  # nothing known yet
        await made.log.put(answered("c1", recording=one.name, answered_by="jan"))
        await made.log.put(answered("other"))
        task = asyncio.create_task(made.archive.follow())
        async with asyncio.timeout(60):
            while (found := await made.archive.book.get(one.name)) is None or found.record is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert found.record.answered_by == "jan"
        await made.log.put(answered("c1", recording=one.name, answered_by="eva"))  # an end that was found out later
        async with asyncio.timeout(60):
            while (found := await made.archive.book.get(one.name)) is None or (  # noqa: ASYNC110
                found.record is not None and found.record.answered_by != "eva"
            ):
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})
        assert found.frames == 0
        assert await made.archive.book.place() == made.log.last_seq


def disk(monkeypatch: pytest.MonkeyPatch, folder: Path, size: int) -> None:
    """A disk of so many bytes that holds nothing but recordings."""

    def statvfs(_: object) -> object:
        used = sum(path.stat().st_size for path in folder.rglob("*.wav"))
        return SimpleNamespace(f_bavail=max(0, size - used), f_frsize=1)

    monkeypatch.setattr("appliance.recordings.keeper.os.statvfs", statvfs)


async def test_a_full_disk_loses_the_oldest_first_the_last_days_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = 1024 * 1024
    async with kept(tmp_path, extra="[recordings]\nreserve_mb = 1\n") as made:
        stopped: list[str] = []
        made.archive.keeper.stop = stopped.append
        for age in (5, 4, 3):
            await made.add(f"c{age}", age * DAY, seconds=10)
        await made.add("c0", DAY / 2, seconds=10)
        one = 160_044
        disk(monkeypatch, made.archive.keeper.folder, reserve + 4 * one)
        await made.archive.keeper.look()
        assert len(made.files()) == 4
        disk(monkeypatch, made.archive.keeper.folder, reserve + 3 * one - 1)
        await made.archive.keeper.look()
        assert made.files() == ["hl-c0.wav", "hl-c3.wav"]
        assert [(data["id"], data["why"]) for _, data in made.events] == [
            ("hl-c5.wav", "the disk was getting full"),
            ("hl-c4.wav", "the disk was getting full"),
        ]
        assert not (await made.archive.keeper.room()).refuse
        disk(monkeypatch, made.archive.keeper.folder, reserve)  # somebody else fills it
        await made.archive.keeper.look()
        assert made.files() == ["hl-c0.wav"]
        assert (await made.archive.keeper.room()).refuse
        assert stopped == []
        disk(monkeypatch, made.archive.keeper.folder, reserve // 2)
        await made.archive.keeper.look()
        assert (made.files(), stopped) == (["hl-c0.wav"], ["the disk is full"])


@given(st.lists(st.integers(0, 10**6), max_size=20), st.integers(0, 10**7))
def test_no_more_is_erased_than_is_needed(frames: list[int], missing: int) -> None:
    oldest = [Recording(f"hl-{n}.wav", str(n), "", 1, "", State.WHOLE, "", one) for n, one in enumerate(frames)]
    chosen = room.to_erase(oldest, missing)
    assert chosen == oldest[: len(chosen)]
    assert sum(one.size for one in chosen) >= min(missing, sum(one.size for one in oldest))
    assert sum(one.size for one in chosen[:-1]) < max(missing, 1)


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_the_reserve_is_refused_then_stopped(free: int, reserve: int) -> None:
    found = room.look(free, reserve)
    assert found.refuse == (free < reserve)
    assert found.stop == (free < reserve / 2)
    assert found.missing_bytes == max(0, reserve - free)
    assert found.refuse or not found.stop


async def test_a_disk_that_refuses_is_said_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with kept(tmp_path) as made:
        await made.archive.book.close()
        real = sqlite3.connect

        def refuses(*_: Any, **__: Any) -> sqlite3.Connection:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        with monkeypatch.context() as broken:
            broken.setattr("appliance.storage.sqlite3.connect", refuses)
            with pytest.raises(RecordingsError, match="Read-only file system"):
                await made.archive.book.names()
        assert sqlite3.connect is real
        assert await made.archive.book.names() == set()
