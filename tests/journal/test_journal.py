"""The journal on a disk that obeys."""

from __future__ import annotations

import asyncio
import math
import threading
from datetime import timedelta
from pathlib import Path

from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.journal import Journal, JournalReader, Limits
from tests.journal.conftest import QUICK, Clock, Opener, names

ANNA = Person("anna", "Anna", PhoneNumber("+420777000111"))
BOB = Person("bob", "Bob", PhoneNumber("+420777000222"))


async def test_an_event_is_read_back_as_it_was_recorded(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    event = await journal.append("boot", {"version": "1", "list": [1, None, "ř"]})
    assert await journal.after(0) == [event]
    assert (event.at, event.boot_id, event.type) == ("2026-03-01T12:00:00.000Z", "boot-1", "boot")
    assert journal.health.ok
    assert journal.health.waiting == 0


async def test_ids_rise_over_restarts_and_nothing_is_lost(tmp_path: Path, open_journal: Opener) -> None:
    appended = []
    for _ in range(3):
        journal = await open_journal(tmp_path)
        appended += [await journal.append("boot", {"n": n}) for n in range(3)]
        await journal.close()
    journal = await open_journal(tmp_path)
    assert await journal.after(0) == appended
    ids = [event.id for event in appended]
    assert ids == sorted(set(ids))


async def test_many_appends_at_once_keep_their_order(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    await asyncio.gather(*(journal.append("boot", {"n": n}) for n in range(1200)))
    read: list[int] = []
    cursor = 0
    while page := await journal.after(cursor, limit=100):
        read += [event.data["n"] for event in page]
        cursor = page[-1].id
    assert read == list(range(1200))


async def test_wait_beyond_returns_once_the_event_can_be_read(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    first = await journal.append("boot", {})
    waiting = asyncio.create_task(journal.wait_beyond(first.id))
    await asyncio.sleep(0)
    assert not waiting.done()
    second = await journal.append("boot", {})
    await waiting
    assert await journal.after(first.id) == [second]
    await journal.wait_beyond(0)


async def test_events_are_chosen_by_time_type_and_number(tmp_path: Path, open_journal: Opener, clock: Clock) -> None:
    journal = await open_journal(tmp_path)
    start = clock()
    for minute in range(6):
        await journal.append("modem.up" if minute % 2 else "modem.down", {"minute": minute})
        clock.turn(minutes=1)

    async def minutes(**asked: object) -> list[int]:
        return [event.data["minute"] for event in await journal.events(**asked)]  # type: ignore[arg-type]

    assert await minutes() == [0, 1, 2, 3, 4, 5]
    assert await minutes(since=start + timedelta(minutes=2), until=start + timedelta(minutes=4)) == [2, 3]
    assert await minutes(types=["modem.up"]) == [1, 3, 5]
    assert await minutes(limit=2, newest_first=True) == [5, 4]
    assert await minutes(types=[]) == []


async def test_values_cursors_and_people_outlive_a_restart(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    assert await journal.recall("intent") is None
    assert await journal.remember("intent", {"route": "primary"})
    assert await journal.cursor("local") == 0
    await journal.advance("local", 7)
    await journal.advance("local", 5)  # a cursor never goes back
    await journal.seed_people([BOB, ANNA])
    await journal.close()

    journal = await open_journal(tmp_path)
    assert await journal.recall("intent") == {"route": "primary"}
    assert await journal.cursor("local") == 7
    assert await journal.people() == [ANNA, BOB]


async def test_the_roster_is_seeded_once_only(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    assert await journal.people() is None
    await journal.seed_people([ANNA])
    assert await journal.keep_people([BOB])
    await journal.close()
    journal = await open_journal(tmp_path)
    await journal.seed_people([ANNA])
    assert await journal.people() == [BOB]


async def test_an_emptied_roster_stays_empty(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    await journal.seed_people([ANNA])
    assert await journal.keep_people([])
    await journal.close()
    journal = await open_journal(tmp_path)
    await journal.seed_people([ANNA])
    assert await journal.people() == []


async def test_a_response_is_kept_for_an_hour(tmp_path: Path, open_journal: Opener, clock: Clock) -> None:
    journal = await open_journal(tmp_path)
    assert await journal.first_response("a") is None
    await journal.keep_response("a", {"ok": True})
    clock.turn(minutes=59)
    assert await journal.first_response("a") == {"ok": True}
    await journal.close()
    journal = await open_journal(tmp_path)
    assert await journal.first_response("a") == {"ok": True}
    clock.turn(minutes=2)
    assert await journal.first_response("a") is None
    await journal.keep_response("b", {"ok": False})
    with JournalReader(tmp_path) as reader:
        assert reader._ask(lambda c: c.execute("SELECT command_id FROM responses").fetchall()) == [("b",)]


async def test_what_json_cannot_say_is_spelt_out(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    loop: dict[str, object] = {}
    loop["self"] = loop
    events = [
        await journal.append("boot", {"path": tmp_path}),
        await journal.append("boot", {"ratio": math.nan}),
        await journal.append("boot", loop),
        await journal.append("boot", {"text": "\ud800"}),
        await journal.append("boot", {"text": "x" * (QUICK.event_bytes + 1)}),
    ]
    assert [event.data for event in events[:4]] == [
        {"path": str(tmp_path)},
        {"ratio": "NaN"},
        {"unreadable": "dict"},
        {"text": "\ud800"},
    ]
    assert "too_large" in events[4].data
    assert await journal.after(0) == events
    await journal.keep_response("\ud800", {"text": "\ud800"})
    assert await journal.first_response("\ud800") == {"text": "\ud800"}
    assert journal.health.ok


async def test_a_later_change_of_the_callers_data_changes_nothing(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    data = {"list": [1]}
    event = await journal.append("boot", data)
    data["list"].append(2)
    assert event.data == {"list": [1]}


async def test_at_rest_nothing_is_written(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    await journal.append("boot", {})
    await journal.remember("key", 1)

    def stamps() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}

    before = stamps()
    await journal.remember("key", 1)
    await journal.after(0)
    await asyncio.sleep(0.3)
    assert stamps() == before


async def test_old_events_go_but_not_what_a_link_has_not_had(
    tmp_path: Path, open_journal: Opener, clock: Clock
) -> None:
    limits = Limits(keep_days=1, prune_every_events=1)
    journal = await open_journal(tmp_path, limits)
    old = [await journal.append("boot", {"n": n}) for n in range(5)]
    await journal.advance("local", old[2].id)
    clock.turn(days=2)
    new = [await journal.append("boot", {"n": n}) for n in (5, 6)]
    await journal.close()
    journal = await open_journal(tmp_path, limits)
    assert [event.data["n"] for event in await journal.after(0)] == [3, 4, 5, 6]
    await journal.advance("local", new[-1].id)
    newest = await journal.append("boot", {"n": 7})
    await journal.append("boot", {"n": 8})
    assert (await journal.after(0))[-2] == newest
    assert (await journal.after(0))[0].data["n"] == 5


async def test_the_number_of_events_is_bounded_whoever_has_not_had_them(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path, Limits(keep_events=10, prune_every_events=20))
    await journal.advance("gone", 1)
    for n in range(60):
        await journal.append("boot", {"n": n})
    await journal.close()
    journal = await open_journal(tmp_path)
    kept = [event.data["n"] for event in await journal.after(0)]
    assert kept[-1] == 59
    assert 10 <= len(kept) <= 30


async def test_a_clock_that_was_years_behind_makes_no_hole(
    tmp_path: Path, open_journal: Opener, clock: Clock
) -> None:
    limits = Limits(keep_days=30, prune_every_events=1)
    journal = await open_journal(tmp_path, limits)
    await journal.append("boot", {"n": 0})
    clock.turn(days=-365)
    await journal.append("boot", {"n": 1})
    clock.turn(days=366)
    await journal.append("boot", {"n": 2})
    await journal.append("boot", {"n": 3})
    assert [event.data["n"] for event in await journal.after(0)] == [0, 1, 2, 3]


async def test_the_reader_reads_while_the_guard_writes(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    await journal.append("boot", {"n": 1})
    await journal.seed_people([ANNA])
    with JournalReader(tmp_path) as reader:
        assert [event.data for event in reader.events()] == [{"n": 1}]
        await journal.append("boot", {"n": 2})
        assert [event.data for event in reader.events(newest_first=True, limit=1)] == [{"n": 2}]
        assert reader.people() == [ANNA]
        await journal.remember("override", None)
        assert reader.recall("override") is None


async def test_the_reader_reads_when_no_guard_runs(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    event = await journal.append("boot", {"n": 1})
    await journal.advance("local", event.id)
    await journal.close()
    with JournalReader(tmp_path) as reader:
        assert [event.data for event in reader.events()] == [{"n": 1}]
        assert reader.cursors() == {"local": event.id}


async def test_close_ends_the_thread(tmp_path: Path) -> None:
    journal = await Journal.open(tmp_path, boot_id="b", now=Clock())
    assert "journal" in {thread.name for thread in threading.enumerate()}
    await journal.close()
    assert "journal" not in {thread.name for thread in threading.enumerate()}
    assert names(tmp_path) == ["journal.db"]
