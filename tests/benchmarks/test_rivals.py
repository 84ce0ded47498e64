"""The rivals do what their documents say: known times, known rates."""

import random

import pytest

from benchmarks.rivals.checkers import FOR_SCALE, RIVALS, sip_sends_s
from benchmarks.rivals.links import DAY_S, Link
from benchmarks.rivals.switching import switches_away, time_to_switch

BY_NAME = {checker.name: checker for checker in (*RIVALS, FOR_SCALE)}


def test_sip_sends_as_rfc_3261_says() -> None:
    assert sip_sends_s(3.0) == (0.0, 0.5, 1.5)
    assert sip_sends_s(32.0) == (0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
    assert len(sip_sends_s(60.0, most=7)) == 7


@pytest.mark.parametrize(
    ("name", "fastest_s", "slowest_s"),
    [
        ("PJSIP qualify", 3.0, 63.0),
        ("Kamailio dispatcher", 30.0, 60.0),
        ("AudioCodes proxy keep-alive", 19.5, 79.5),
        ("Cisco SRST, three keepalives", 60.0, 90.0),
        ("Cisco SRST, TCP retries", 20.0, 50.0),
        ("cron-driven rota", 32.0, 332.0),
        ("HAProxy TCP check", 6.0, 8.0),
    ],
)
def test_a_death_on_a_clean_link_is_found_between_the_documented_bounds(
    name: str, fastest_s: float, slowest_s: float
) -> None:
    times = time_to_switch(BY_NAME[name], 0.0, 200, random.Random(1))
    spread_s = slowest_s - fastest_s
    assert fastest_s - 0.1 <= min(times) <= fastest_s + 0.1 * spread_s
    assert slowest_s - 0.1 * spread_s <= max(times) <= slowest_s + 0.1


@pytest.mark.parametrize("name", BY_NAME)
def test_nobody_leaves_a_link_that_loses_nothing(name: str) -> None:
    assert list(switches_away(BY_NAME[name], (Link(),), DAY_S, random.Random(1))) == []


def test_loss_takes_a_rival_away_as_often_as_chance_says() -> None:
    days = 20
    away = list(switches_away(BY_NAME["PJSIP qualify"], (Link(0.2),), days * DAY_S, random.Random(1)))
    missed = (1 - 0.8**2) ** 3
    expected = missed * (1 - missed) * DAY_S / 60.0  # only the first of several misses in a row is a switch
    assert abs(len(away) / days - expected) < 0.1 * expected


def test_three_keepalives_need_ninety_seconds_of_silence() -> None:
    rival, chance = BY_NAME["Cisco SRST, three keepalives"], random.Random(1)
    short = Link(outages=tuple((begin, begin + 58.0) for begin in range(300, 80_000, 600)))
    long = Link(outages=tuple((begin, begin + 125.0) for begin in range(300, 80_000, 600)))
    assert list(switches_away(rival, (short,), DAY_S, chance)) == []
    assert len(list(switches_away(rival, (long,), DAY_S, chance))) == len(long.outages)


def test_a_rival_comes_back_and_can_leave_again() -> None:
    link = Link(outages=((1000.0, 1100.0), (2000.0, 2100.0)))
    away = list(switches_away(BY_NAME["Kamailio dispatcher"], (link,), 3000.0, random.Random(1)))
    assert [round(at, -3) for at in away] == [1000.0, 2000.0]
