"""Callers who wait for one agent: when sound begins, who was overtaken, what the tables make of it; both queues."""

import asyncio
import random
from array import array

import pytest

from benchmarks.fifty.ears import Ears
from benchmarks.fifty.sound import Frame, code_of
from benchmarks.figures import Table, markdown
from benchmarks.oncall.farside import Seen
from benchmarks.oncall.site import Wanted, site
from benchmarks.queue.rounds import Load, QueueBy, Served, Shift, calls_in, first_loud, load, overtaken, shift
from benchmarks.queue.section import Record, as_section, p95
from benchmarks.queue.setting import app_queue_files, roster

SILENCE, TONE = array("h", [8, -8] * 80).tobytes(), array("h", [4000, -4000] * 80).tobytes()


def test_sound_begins_with_the_first_loud_frame() -> None:
    assert first_loud([Frame(1.0, SILENCE), Frame(1.02, TONE), Frame(1.04, TONE)]) == 1.02
    assert first_loud([Frame(1.0, SILENCE), Frame(1.02, b"")]) is None


def test_who_is_brought_before_an_earlier_one_overtakes() -> None:
    assert overtaken(["+420602100001", "+420602100002", "+420602100004"]) == 0
    assert overtaken(["+420602100001", "+420602100003", "+420602100002"]) == 1


def test_of_several_calls_to_a_busy_agent_the_last_is_the_one_that_was_heard() -> None:
    seen = [Seen(at, "brought", "agent") for at in (1.0, 5.0, 6.0, 9.0)]
    assert calls_in(seen, [(104.5, 106.5), (107.0, 108.0), (108.5, 109.5)], 100.0) == [106.0, None, 109.0]


@pytest.mark.parametrize(("values", "found"), [([5.0], 5.0), ([*range(1, 21)], 19), ([*range(1, 101)], 95)])
def test_95_of_100(values: list[float], found: float) -> None:
    assert p95(values) == found


def test_the_section_tells_what_was_measured_and_what_broke_off() -> None:
    served = (Served(0.02, 0.04), Served(0.03, 0.05), Served(0.04, 0.06))
    record = Record(
        20.0,
        {(10, QueueBy.APP_QUEUE): Shift(served[:1], 1, 0.02), (10, QueueBy.EXCHANGE): Shift(served, 0, 0.01)},
        {QueueBy.EXCHANGE: [Load(0.2, 0.01, 0.0), Load(0.3, 0.02, 0.0)]},
    )
    section = as_section(record)
    waiting, music = (part for part in section.parts if isinstance(part, Table))
    assert waiting.rows == [
        ("10", QueueBy.EXCHANGE.value, "3", "30 / 40", "50 / 60", "60", "0"),
        ("10", QueueBy.APP_QUEUE.value, "1", "20 / 20", "40 / 40", "40", "1"),
    ]
    assert music.rows == [(QueueBy.EXCHANGE.value, "25.0 / 30.0", "1.5 / 2.0")]
    assert "Every caller who waited got the agent." in markdown(section)
    record.lost.append("100 waiting, `app_queue`: the agent heard nobody for 30 s")
    assert "**Rounds that broke off" in markdown(as_section(record))


async def test_two_callers_are_served_in_turn_by_each_queue() -> None:
    ears = Ears(lambda _: code_of(1))
    address = await ears.start("127.0.0.1")
    try:
        async with site(Wanted(ears=address, roster=roster(), more=app_queue_files())) as made:
            await made.start_exchange()
            for way in QueueBy:
                async with asyncio.timeout(100):
                    worked = await shift(made, ears, way, 2, 2, random.Random(1))
                assert worked.overtaken == 0
                assert all(0 < one.called_s <= one.heard_s for one in worked.served)
            used = await load(made, ears, QueueBy.EXCHANGE, 3, 1.0)
            assert used.asterisk > 0
    finally:
        await ears.close()
