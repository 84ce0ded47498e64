"""Ringing many phones: what is read from the far side's log, and what the tables make of it."""

import itertools
import os

import pytest

from benchmarks.figures import Table, markdown
from benchmarks.oncall import others
from benchmarks.oncall.farside import Seen, read_log
from benchmarks.oncall.numbers import audio_id, caller, number_of, phone
from benchmarks.oncall.others import Look, busy_s, calm
from benchmarks.oncall.site import Wanted, site
from benchmarks.oncall.undertest import custom_files
from benchmarks.origination.pacing import Pace, PacedRound, most_in
from benchmarks.origination.rounds import RingBy, Round, dialled, play, rings
from benchmarks.origination.section import Record, as_section

STAT = "cpu  100 20 30 4000 50 6 7 8 9 10\ncpu0 50 10 15 2000 25 3 3 4 4 5\n"
LOG = """\
[2026-01-02 03:04:05.900] WARNING[12][C-00000001]: Ext. wait:1 @ customers: BENCH called dial-2
  == Spawn extension (phones, +420777100001, 1) exited non-zero
[2026-01-02 03:04:05.911] WARNING[13][C-00000002]: Ext. +420777100002:1 @ phones: BENCH rang +420777100002
[2026-01-02 03:04:06.025] WARNING[14][C-00000003]: Ext. +420777100001:1 @ phones: BENCH rang +420777100001
[2026-01-02 03:04:06.026] WARNING[15][C-00000004]: Ext. +420777100003:1 @ phones: BENCH ra"""


def test_the_log_tells_who_rang_and_when() -> None:
    seen = read_log(LOG)
    assert [(one.what, one.who) for one in seen] == [("called", "dial-2"), ("rang", phone(2)), ("rang", phone(1))]
    assert seen[2].at - seen[0].at == pytest.approx(0.125)
    rang_s, again = rings(seen)
    assert rang_s == pytest.approx((0.011, 0.125), abs=1e-6)
    assert again == 0


def test_a_second_ringing_is_told_and_does_not_count_as_the_last() -> None:
    seen = [Seen(10.0, "called", "x"), Seen(10.5, "rang", "a"), Seen(11.0, "rang", "b"), Seen(19.0, "rang", "a")]
    assert rings(seen) == ((0.5, 1.0), 1)
    assert rings(seen[1:]) == ((), 0)


def test_what_others_use_is_what_is_busy_and_not_ours() -> None:
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    assert busy_s(STAT) == pytest.approx((100 + 20 + 30 + 6 + 7 + 8) * tick_s)
    assert Look(10.0, 1.0).share_until(Look(12.0, 2.0)) == pytest.approx(0.5 / (os.cpu_count() or 1))
    assert Look(10.0, 1.0).share_until(Look(12.0, 0.9)) == 0.0


async def test_a_round_waits_until_others_are_still(monkeypatch) -> None:
    monkeypatch.setattr(others, "LOOK_S", 0.01)
    looks = iter([Look(0, 0), Look(1, 1), Look(2, 1), Look(3, 1)])
    assert await calm(lambda: next(looks))
    assert next(looks, None) is None
    monkeypatch.setattr(others, "CALM_WITHIN_S", 0.03)
    busy = itertools.count()
    assert not await calm(lambda: Look(step := next(busy), step))


def test_a_number_survives_its_uuid() -> None:
    uuid = audio_id(caller(7))
    assert number_of(bytes.fromhex(uuid.replace("-", ""))) == caller(7)
    with pytest.raises(ValueError, match="twelve digits"):
        audio_id("+42077710000")


def test_each_way_rings_the_same_phones(tmp_path) -> None:
    files = custom_files((3,), 0, tmp_path, "secret")
    for text in (files["custom/extensions.conf"], files["queues.conf"]):
        assert [phone(index) in text for index in (1, 2, 3, 4)] == [True, True, True, False]
    for way in (RingBy.DIAL, RingBy.QUEUE):
        assert f"exten = {dialled(way, 3)}," in files["custom/extensions.conf"]


@pytest.mark.parametrize(
    ("pace", "soonest_s"),
    [(Pace(1.0, 10), 9.0), (Pace(3.0, 10), 3.0), (Pace(3.0, 3), 0.0), (Pace(3.0, 4), 1.0), (Pace(0.5, 3), 4.0)],
)
def test_what_a_pace_allows(pace: Pace, soonest_s: float) -> None:
    assert pace.soonest_s == pytest.approx(soonest_s)


def test_the_most_in_any_second() -> None:
    assert most_in([0.0, 0.1, 0.9, 1.0, 1.05, 2.5], 1.0) == 4
    assert most_in([0.0, 1.0, 2.0], 1.0) == 1
    assert most_in([], 1.0) == 0


def _measured(last_s: float) -> Round:
    return Round((0.01, last_s / 2, last_s), 0.02, 0.005)


def test_the_section_tells_what_was_measured_and_what_was_not_kept() -> None:
    record = Record(
        {(3, RingBy.DIAL): [_measured(0.3)], (3, RingBy.EXCHANGE): [_measured(0.1), _measured(0.2), _measured(0.6)]},
        {Pace(1.0, 10): [PacedRound(9.01, 9.2, 1)]},
    )
    section = as_section(record)
    table = next(part for part in section.parts if isinstance(part, Table))
    assert table.rows == [
        ("3", RingBy.EXCHANGE.value, "10", "200 / 600", "15", "20", "5"),
        ("3", RingBy.DIAL.value, "10", "300 / 300", "10", "20", "-"),
    ]
    page = markdown(section)
    assert "In every round every phone rang, once." in page
    assert "That was kept in every round." in page
    assert "| 1 | 10 | 1 | 9.00 | 9.01 / 9.01 | 1 | 9.20 / 9.20 | 190 |" in page
    record.paced[Pace(3.0, 10)] = [PacedRound(1.5, 1.5, 6)]
    record.lost.append("30 phones, Dial: 29 of 30 phones rang\nand a long log")
    page = markdown(as_section(record))
    assert "**That was not kept in every round.**" in page
    assert "29 of 30 phones rang." in page
    assert "long log" not in page


async def test_three_phones_ring_by_each_way() -> None:
    async with site(Wanted(counts=(3,))) as made:
        await made.start_exchange()
        for way in RingBy:
            played = await play(made, way, 3)
            assert len(played.rang_s) == 3
            assert played.strange == 0
