"""Misses weighed against the link's own loss.

Measured with these simulations (inter 2 s, fastinter 0.5 s, timeout 1 s, fall 3; 30,000 probes a line). A probe is
one packet each way, sent once, twice, or five times as the SIP and DNS probers do; "sudden" is the share of clean
links taken for dead in the 300 probes after the loss began.

====== ========== =========== ============ ================ =========== =======
sends  loss each  probes lost false alarms misses to fall,  dead found  sudden
       way                    a year       mean (exact)     after, s
====== ========== =========== ============ ================ =========== =======
1      0 %        0 %         0            3 (3)            5           0
1      5 %        9.8 %       0.17         8.4 (8)          10.4        0.9 %
1      10 %       19 %        0.20         11.5 (10)        13.5        3.5 %
1      20 %       36 %        0.34         18.1 (17)        20.1        13 %
1      30 %       51 %        0.38         27.5 (25)        29.5        26 %
2      30 %       26 %        0.26         14.0 (13)        16.0        6.8 %
5      20 %       0.6 %       0.05         4.2 (4)          6.2         < 0.1 %
5      30 %       3.5 %       0.13         6.1 (5)          8.1         0.1 %
====== ========== =========== ============ ================ =========== =======

What is sudden cannot be helped by weighing: a link that was clean until its first miss goes down after ``fall`` of
them, and the share of runs that get so far is that loss to the power of two. Sending a probe again within its timeout
is what helps.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.health import Health
from appliance.guard.accrual import CLEAN, MOST_MISSES, LossEstimate, after_answer, misses_needed
from appliance.guard.health import ONE_YEAR_S
from tests.guard_health.simulation import detection_s, falls_after_onset, fed, probe_miss, settled, up


def needed(loss: LossEstimate) -> int:
    return misses_needed(loss, fall=3, interval_s=2.0, false_alarm_interval_s=ONE_YEAR_S)


@pytest.mark.parametrize(
    ("share", "misses"), [(0.0, 3), (0.002, 3), (0.01, 4), (0.1, 8), (0.3, 14), (0.51, 25), (0.66, 40), (1.0, 40)]
)
def test_the_limit_is_the_run_that_chance_makes_less_than_once_a_year(share: float, misses: int) -> None:
    assert needed(LossEstimate(recent=share)) == misses
    if 3 < misses < MOST_MISSES:
        runs_a_year = ONE_YEAR_S / 2.0
        assert runs_a_year * share**misses < 1.0 <= runs_a_year * share ** (misses - 1)


def test_fall_may_be_set_above_the_most() -> None:
    assert misses_needed(LossEstimate(0.9, 0.9), 60, 2.0, ONE_YEAR_S) == 60


def test_no_margin_is_asked_where_none_is_wanted() -> None:
    assert misses_needed(LossEstimate(0.5, 0.5), 3, interval_s=2.0, false_alarm_interval_s=1.0) == 3


def test_a_dead_link_teaches_nothing() -> None:
    assert fed(up(), "x" * 600).loss == CLEAN
    assert fed(up(), "x" * 600 + "." * 5).loss == CLEAN
    assert fed(up(), "x" * 600 + "." * 5 + "xxx").reason.startswith("3 misses in a row; link loss 0 %")


def test_an_answered_miss_teaches_at_once() -> None:
    state = fed(up(), "x.")
    assert needed(state.loss) > 3
    assert fed(state, "xxx").health is Health.UP


def test_the_reason_tells_the_loss_it_was_weighed_against() -> None:
    state = fed(up(), "x.." * 300)
    assert fed(state, "x" * needed(state.loss)).reason == (
        "15 misses in a row where 31 % loss makes 14 chance; last: no answer in 1.0 s"
    )


def test_loss_while_down_is_learnt_so_that_a_wrong_verdict_is_not_repeated() -> None:
    state = fed(up(), "xxx" + "x.x..x" * 30 + ".....")
    assert state.health is Health.UP
    assert needed(state.loss) > 10


def test_loss_that_has_passed_is_forgotten() -> None:
    lossy = fed(up(), "x." * 200)
    assert needed(lossy.loss) > 20
    assert needed(fed(lossy, "." * 1500).loss) <= 5


@given(st.lists(st.integers(0, 60), max_size=50))
def test_more_misses_never_make_a_link_look_cleaner(runs: list[int]) -> None:
    loss = worse = CLEAN
    for lost in runs:
        loss, worse = after_answer(loss, lost), after_answer(worse, lost + 1)
        assert 0.0 <= loss.recent <= worse.recent <= 1.0
        assert 0.0 <= loss.lasting <= worse.lasting <= 1.0
        assert needed(loss) <= needed(worse)


@pytest.mark.parametrize("sends", [1, 2, 5])
@pytest.mark.parametrize("each_way", [0.0, 0.05, 0.1, 0.2, 0.3])
def test_a_false_alarm_is_rarer_than_one_a_year_and_the_dead_are_found(each_way: float, sends: int) -> None:
    link = settled(probe_miss(each_way, sends), probes=4000)
    assert link.false_alarms_a_year < 1.0
    assert detection_s(link.mean_misses_to_fall) < 35.0


def test_a_link_that_begins_to_lose_30_percent_each_way_stays_up() -> None:
    assert falls_after_onset(probe_miss(0.3, sends=5), trials=100, probes=300) <= 0.02


def test_a_link_that_loses_nearly_all_is_found_down() -> None:
    """At 90 % misses within minutes: 40 misses are 1 run in 68, and a run begins every ten probes."""
    assert falls_after_onset(0.9, trials=40, probes=1000) == 1.0
    assert settled(0.9, probes=4000).mean_misses_to_fall == MOST_MISSES
