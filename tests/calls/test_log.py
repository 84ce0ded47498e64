"""The log as its writer and its followers see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.calls.health import CallLogError
from appliance.calls.log import CallLog
from appliance.calls.queries import CallQuery, Row
from appliance.calls.reader import CallReader, CallsUnreadableError
from appliance.calls.schema import calls_file
from appliance.domain.calls import Outcome
from tests.calls.records import answered, arrived


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[CallLog]:
    log = await CallLog.open(calls_file(tmp_path), "box", patience_s=60)
    yield log
    await log.close()


async def seq_of(log: CallLog, record: object) -> int:
    seq = await log.put(record)  # type: ignore[arg-type]
    assert seq is not None
    return seq


async def test_each_change_of_a_call_replaces_it_under_a_new_seq(log: CallLog) -> None:
    first = await seq_of(log, arrived("c1"))
    second = await seq_of(log, arrived("c2"))
    third = await seq_of(log, answered("c1"))
    assert first < second < third
    assert await log.after(0) == [Row(second, arrived("c2")), Row(third, answered("c1"))]
    assert await log.after(second) == [Row(third, answered("c1"))]
    assert await log.after(third) == []
    assert (log.last_seq, log.health.ok) == (third, True)


async def test_puts_of_one_moment_are_all_durable_and_the_latest_wins(log: CallLog) -> None:
    seqs = await asyncio.gather(
        log.put(arrived("c1")), log.put(answered("c1")), *(log.put(arrived(f"x{n}")) for n in range(600))
    )
    assert None not in seqs
    found = await log.find(CallQuery(limit=1_000))
    assert len(found) == 601
    assert answered("c1") in found


async def test_a_follower_is_woken_by_what_is_new(log: CallLog) -> None:
    waiting = asyncio.create_task(log.wait_beyond(log.last_seq))
    await asyncio.sleep(0)
    assert not waiting.done()
    await log.put(arrived())
    await waiting


async def test_a_follower_of_a_log_without_calls_waits(log: CallLog) -> None:
    assert await log.after(0) == []
    waiting = asyncio.create_task(log.wait_beyond(0))
    await asyncio.sleep(0)
    assert not waiting.done(), "it would ask again and again, and get nothing"
    await log.put(arrived())
    await waiting


async def test_a_restart_finds_the_calls_that_have_not_ended_and_never_gives_a_seq_again(tmp_path: Path) -> None:
    path = calls_file(tmp_path)
    log = await CallLog.open(path, "box", patience_s=60)
    await log.put(arrived("c1"))
    await log.put(answered("c2"))
    await log.put(arrived("c3", "node-1"))
    last = log.last_seq
    assert await log.prune(datetime(2027, 1, 1, tzinfo=UTC)) == 3
    await log.put(arrived("c4"))
    await log.close()
    log = await CallLog.open(path, "box", patience_s=60)
    assert log.last_seq > last
    assert [record.id for record in await log.open_calls()] == ["c4"]
    before = log.last_seq
    await log.close()
    for file in path.parent.iterdir():
        file.unlink()
    log = await CallLog.open(
        path, "box", patience_s=60
    )  # another file: a follower with the old seq must still see what comes
    assert await seq_of(log, arrived("c5")) > before
    await log.close()


async def test_old_calls_are_pruned_with_all_that_pointed_at_them(log: CallLog) -> None:
    await asyncio.gather(
        *(log.put(answered(f"old{n}", arrived_at="2025-07-14T02:00:00.000Z")) for n in range(1_100)),
        log.put(answered("new")),
    )
    assert await log.prune(datetime(2026, 1, 1, tzinfo=UTC)) == 1_100
    assert [record.id for record in await log.find(CallQuery(person="eva"))] == ["new"]


async def test_another_exchanges_calls_are_collected_once(log: CallLog) -> None:
    assert await log.collected("node-1") == 0
    rows = [Row(7, arrived("n1", "node-1")), Row(9, answered("n2", "node-1"))]
    await log.collect("node-1", rows)
    assert await log.collected("node-1") == 9
    last = log.last_seq
    await log.collect("node-1", [Row(8, arrived("n2", "node-1"))])  # late and older: what is known stays
    assert (log.last_seq, await log.collected("node-1")) == (last, 9)
    assert await log.find(CallQuery(person="eva")) == [answered("n2", "node-1")]
    await log.collect("node-1", [Row(10, arrived("mine", "box")), Row(11, arrived("n3", "node-1"))])
    assert {record.id for record in await log.find(CallQuery())} == {"n1", "n2", "n3"}
    assert await log.open_calls() == []  # none of ours
    with pytest.raises(ValueError, match="its own"):
        await log.collect("box", [])


async def test_the_same_id_at_two_exchanges_is_two_calls(log: CallLog, tmp_path: Path) -> None:
    await log.put(arrived("c1"))
    await log.collect("node-1", [Row(1, answered("c1", "node-1"))])
    assert len(await log.find(CallQuery())) == 2
    with CallReader(tmp_path) as reader:
        assert [record.exchange for record in reader.by_id("c1")] == ["box", "node-1"]


async def test_what_a_network_sends_can_be_kept(log: CallLog) -> None:
    odd = arrived("c\ud800", caller="\ud83d\x00'; DROP TABLE calls", line="ž")
    assert await log.put(odd) is not None
    assert await log.find(CallQuery()) == [odd]


async def test_a_reader_beside_the_writer(log: CallLog, tmp_path: Path) -> None:
    await log.put(answered())
    with CallReader(tmp_path) as reader:
        assert reader.find(CallQuery(outcome=Outcome.ANSWERED)) == [answered()]
        await log.put(arrived("c2"))
        assert len(reader.find(CallQuery())) == 2
        assert reader.by_id("none") == []


def test_where_no_exchange_has_run_there_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(CallsUnreadableError, match="no exchange has run here yet"):
        CallReader(tmp_path)


async def test_a_log_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = await CallLog.open(tmp_path / "file" / "calls.db", "box")
    with pytest.raises(CallLogError, match="cannot be written"):
        await log.find(CallQuery())
    await log.close()
