"""What is kept of messages that were left, and for how long."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.exchange.mailbox import archive as module
from appliance.exchange.mailbox.files import FOLDER, UNWANTED_AFTER_S
from appliance.exchange.mailbox.keeping import Mailed, is_over, mailed
from appliance.exchange.mailbox.store import Message, State, VoicemailStore
from appliance.notify.notice_store import Delivery
from tests.mailbox.left import DAY, NOW, Place, place

DONE, WAITING, FAILED = Delivery("a@x", "done"), Delivery("b@x", "waiting"), Delivery("c@x", "failed", "550 nobody")


@pytest.fixture
async def messages(tmp_path: Path) -> AsyncIterator[Place]:
    async with place(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("letters", "told"),
    [
        ([], (Mailed.UNKNOWN, "")),
        ([DONE], (Mailed.TAKEN, "")),
        ([DONE, WAITING], (Mailed.WAITING, "")),
        ([DONE, FAILED], (Mailed.REFUSED, "c@x: 550 nobody")),
        ([FAILED, WAITING], (Mailed.WAITING, "")),
    ],
)
def test_how_far_a_message_is(letters: list[Delivery], told: tuple[Mailed, str]) -> None:
    assert mailed(letters) == told


def test_kept_as_long_as_recordings_but_never_less_than_the_mail_needs() -> None:
    def days(letters: list[Delivery], recordings: int) -> int:
        return next((n for n in range(1, 400) if is_over((NOW - n * DAY).isoformat(), letters, NOW, recordings)), 400)

    assert [days([DONE], n) for n in (1, 10, 90)] == [2, 11, 31]
    assert [days([], n) for n in (1, 10, 90)] == [2, 11, 31]
    assert [days([DONE, FAILED], n) for n in (1, 90)] == [31, 31]
    assert days([DONE, WAITING], 1) == 400


async def test_what_is_over_goes_and_what_somebody_waits_for_stays(messages: Place) -> None:
    await messages.leave("new")
    await messages.leave("old", 11 * DAY)
    await messages.leave("waits", 200 * DAY, mailed="done waiting")
    await messages.leave("refused", 20 * DAY, mailed="failed")
    await messages.leave("late", 40 * DAY, State.KEPT)
    await messages.leave("spoken", 40 * DAY, State.TAKING)
    await messages.archive.look(NOW)
    assert await messages.calls() == ["new", "refused", "late", "waits"]
    assert await messages.archive.get("old") is None
    assert await messages.archive.get("spoken") is None  # not yet
    assert messages.files() == 5
    told = {one.message.left.call: (one.mailed, one.why) for one in await messages.archive.entries()}
    assert told == {
        "new": (Mailed.TAKEN, ""),
        "refused": (Mailed.REFUSED, "0@example.com: 550 nobody"),
        "late": (Mailed.WAITING, ""),
        "waits": (Mailed.WAITING, ""),
    }


async def test_a_message_that_is_handed_on_while_they_are_listed_is_there_once(
    messages: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await messages.leave("moves", state=State.KEPT)
    read = VoicemailStore._found

    async def read_then_moved(store: VoicemailStore, *asked: str) -> list[Message]:
        found = await read(store, *asked)
        for one in found:
            await store.put(replace(one, state=State.HANDED))
        return found

    monkeypatch.setattr(VoicemailStore, "_found", read_then_moved)
    assert [one.message.left.call for one in await messages.archive.entries()] == ["moves"]


async def test_nothing_goes_while_nobody_knows_what_became_of_the_mail(messages: Place) -> None:
    await messages.leave("old", 300 * DAY)
    messages.asked = False
    await messages.archive.look(NOW)
    assert (await messages.calls(), messages.files()) == (["old"], 1)


async def test_the_power_fails_between_file_and_row(messages: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    path = await messages.leave("old", 11 * DAY)

    async def die(_store: VoicemailStore, _call: str) -> None:
        raise RuntimeError("power")

    with monkeypatch.context() as crash:
        crash.setattr(VoicemailStore, "forget", die)
        with pytest.raises(RuntimeError):
            await messages.archive.look(NOW)
    assert not path.exists()
    await messages.archive.look(NOW)
    assert await messages.calls() == []


async def test_a_full_disk_takes_the_oldest_of_which_there_is_a_copy(messages: Place) -> None:
    await messages.leave("first", 9 * DAY, mailed="waiting")
    await messages.leave("second", 8 * DAY)
    await messages.leave("third", 7 * DAY, mailed="failed")
    await messages.leave("fourth", 6 * DAY)
    await messages.leave("fifth", 5 * DAY)
    messages.room = 4
    await messages.archive.look(NOW)
    assert await messages.calls() == ["fifth", "fourth", "third", "first"]
    messages.room = 0
    await messages.archive.look(NOW)
    assert await messages.calls() == ["third", "first"]


async def test_files_in_no_list_go_after_a_month_unless_a_letter_still_needs_them(messages: Place) -> None:
    old = (NOW - timedelta(days=400)).timestamp()
    known = await messages.leave("known", timedelta(0))
    needed = await messages.leave("needed", timedelta(0), mailed="waiting")
    await messages.store.forget("needed")  # by an exchange of before, which kept no rows
    lost = messages.folder / FOLDER / "lost.wav"
    fresh = messages.folder / FOLDER / "fresh.wav"
    for one in (lost, fresh):
        one.write_bytes(b"RIFF")
    for one in (known, needed, lost):
        os.utime(one, (old, old))
    await messages.archive.look(NOW)
    assert [one.exists() for one in (known, needed, lost, fresh)] == [True, True, False, True]
    assert UNWANTED_AFTER_S > 30 * 86_400


async def test_a_list_that_cannot_be_read_does_not_end_the_keeping(
    messages: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await messages.leave("old", 300 * DAY)
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.05)
    await messages.lose_the_list()
    with pytest.raises(sqlite3.OperationalError):
        await messages.archive.look(NOW)
    keeping = asyncio.create_task(messages.archive.run())
    await asyncio.sleep(0.2)
    assert not keeping.done()
    keeping.cancel()
