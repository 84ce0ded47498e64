"""No trunk gets more calls a second than its operator allows, and none waits without need."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.exchange.pacing import Go, NoTrunk, Pacer, TrunkView, Wait, take


def placed(trunks: list[TrunkView], count: int, pacer: Pacer | None = None) -> list[tuple[float, str]]:
    """When and where so many calls go out that are all wanted at once."""
    pacer, now, calls = pacer or Pacer(), 0.0, []
    while len(calls) < count:
        pacer, verdict = take(pacer, trunks, now)
        if isinstance(verdict, Go):
            calls.append((now, verdict.trunk))
        else:
            assert isinstance(verdict, Wait)
            assert verdict.until > now
            now = verdict.until
    return calls


def test_one_call_a_second_is_one_call_a_second() -> None:
    assert placed([TrunkView("a", 1.0)], 3) == [(0.0, "a"), (1.0, "a"), (2.0, "a")]


def test_two_trunks_share_the_phones() -> None:
    calls = placed([TrunkView("a", 3.0), TrunkView("b", 3.0)], 12)
    assert [sum(trunk == name for _at, trunk in calls) for name in "ab"] == [6, 6]
    assert calls[-1][0] == 1.0  # one trunk alone would need three seconds


def test_a_fast_trunk_takes_what_a_slow_one_cannot() -> None:
    calls = placed([TrunkView("slow", 0.5), TrunkView("fast", 10.0)], 11)
    assert [at for at, _trunk in calls] == [0.0] * 11
    assert sum(trunk == "slow" for _at, trunk in calls) == 1


def test_a_full_trunk_is_left_alone_until_a_channel_is_free() -> None:
    full = TrunkView("a", 3.0, channels=2, in_use=2)
    assert take(Pacer(), [full], 5.0)[1] == Wait(5.5)
    assert take(Pacer(), [full, TrunkView("b", 3.0)], 5.0)[1] == Go("b")


def test_no_trunk_says_why() -> None:
    assert take(Pacer(), [], 0.0)[1] == NoTrunk("no trunk places calls")
    assert take(Pacer(), [TrunkView("a", 1.0, usable=False)], 0.0)[1] == NoTrunk("no trunk is up")
    refused = take(Pacer(), [TrunkView("a", 1.0)], 0.0, frozenset("a"))[1]
    assert refused == NoTrunk("every trunk that is up refused the call")


def test_asking_and_waiting_costs_nothing() -> None:
    pacer, _go = take(Pacer(), [TrunkView("a", 1.0)], 0.0)
    waiting, verdict = take(pacer, [TrunkView("a", 1.0)], 0.5)
    assert (waiting, verdict) == (pacer, Wait(1.0))


@settings(max_examples=300)
@given(
    st.lists(st.floats(0.05, 50.0), min_size=1, max_size=4),
    st.integers(1, 60),
)
def test_never_more_than_the_burst_in_any_window(rates: list[float], count: int) -> None:
    trunks = [TrunkView(str(number), rate) for number, rate in enumerate(rates)]
    calls = placed(trunks, count)
    for trunk in trunks:
        times = [at for at, name in calls if name == trunk.name]
        burst = max(1, math.floor(trunk.cps))
        for first, later in zip(times, times[burst:], strict=False):
            assert later - first >= burst / trunk.cps - 1e-9
    # and none waits without need: together they are as fast as the sum of them
    assert calls[-1][0] <= count / sum(rates) + max(1 / rate for rate in rates) + 1.0
