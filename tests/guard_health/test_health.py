"""Up and down, exactly: HAProxy's rules as this guard applies them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.health import Health, Sample, Target, TargetKind
from appliance.guard.health import (
    TargetState,
    WatchSettings,
    initial,
    misses_needed,
    next_probe_in_s,
    observe,
    suppressed_until,
    usable,
)
from tests.guard_health.simulation import SETTINGS, TRUNK, fed, sample, up

NEW = initial(TRUNK, 0.0)


def test_a_part_nobody_asked_is_unknown() -> None:
    assert NEW.health is Health.UNKNOWN
    assert NEW.reason == "not probed yet"
    assert next_probe_in_s(NEW, SETTINGS) == 0.5


def test_one_answer_ends_ignorance() -> None:
    state = fed(NEW, "xx.")
    assert (state.health, state.since, state.reason) == (Health.UP, 3.0, "answered: 200")
    assert state.rtt_ms == 12.0


def test_fall_misses_end_ignorance_too() -> None:
    assert fed(NEW, "xx").health is Health.UNKNOWN
    state = fed(NEW, "xxx")
    assert (state.health, state.since) == (Health.DOWN, 3.0)
    assert state.damping.penalty == 0.0, "what was never up has not flapped"


def test_a_clean_link_goes_down_after_fall_misses_in_a_row() -> None:
    assert fed(up(), "xx").health is Health.UP
    state = fed(up(), "xxx")
    assert state.health is Health.DOWN
    assert state.reason == "3 misses in a row; link loss 0 %; last: no answer in 1.0 s"
    assert state.rtt_ms is None


def test_the_reason_keeps_to_what_was_true_at_the_change() -> None:
    state = fed(up(), "xxx")
    assert fed(state, "xxx.xx").reason == state.reason
    assert fed(state, "xxx.xx").since == state.since


def test_one_miss_is_one_miss() -> None:
    state = fed(up(replace(SETTINGS, fall=1)), "x", replace(SETTINGS, fall=1))
    assert state.reason.startswith("1 miss in a row; link loss 0 %")


def test_rise_answers_in_a_row_bring_it_up_and_a_miss_between_starts_anew() -> None:
    down = fed(up(), "xxx")
    assert fed(down, "....x....").health is Health.DOWN
    state = fed(down, "....x.....")
    assert (state.health, state.reason) == (Health.UP, "5 answers in a row; last: 200")


@pytest.mark.parametrize(
    ("outcomes", "seconds"),
    [(".", 2.0), (".x", 0.5), (".x.", 2.0), (".xxx", 5.0), (".xxx.", 0.5), (".xxx.x", 5.0), (".xxx.....", 2.0)],
)
def test_the_pace_follows_doubt(outcomes: str, seconds: float) -> None:
    assert next_probe_in_s(fed(NEW, outcomes), SETTINGS) == seconds


def test_the_story_is_the_last_ten_samples() -> None:
    state = fed(up(), ".........xxx")
    assert "".join("." if kept.ok else "x" for kept in state.samples) == ".......xxx"
    assert state.samples[-1].at == 13.0


def test_a_sample_of_another_part_is_refused() -> None:
    other = Target(TargetKind.NODE, "trunk-a")
    with pytest.raises(ValueError, match="node trunk-a says nothing of trunk trunk-a"):
        observe(NEW, Sample(other, 1.0, True, 1.0, "200"), SETTINGS)


@pytest.mark.parametrize(
    "wrong", [{"fall": 0}, {"rise": 0}, {"inter_s": 0.0}, {"penalty": 1500.0}, {"half_life_s": 0.0}]
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"at least 1|positive|alone must not suppress"):
        replace(SETTINGS, **wrong)


def test_one_outage_never_suppresses() -> None:
    state = fed(up(), "xxx" + "x" * 500 + ".....")
    assert usable(state, state.since, SETTINGS) is Health.UP


def test_a_flapping_part_is_seen_up_but_left_alone_until_it_has_been_quiet() -> None:
    state = fed(up(), "xxx.....xxx.....")
    now = state.since
    assert state.health is Health.UP
    assert usable(state, now, SETTINGS) is Health.DOWN
    until = suppressed_until(state, now, SETTINGS)
    assert until is not None
    assert 0 < until - now <= 4 * SETTINGS.half_life_s
    assert usable(state, until, SETTINGS) is Health.UP


def test_damping_makes_nothing_up_that_is_down_or_unknown() -> None:
    flapping_and_down = fed(up(), "xxx.....xxx")
    assert usable(flapping_and_down, flapping_and_down.since, SETTINGS) is Health.DOWN
    assert usable(NEW, 0.0, SETTINGS) is Health.UNKNOWN


def test_a_part_that_flaps_every_20_s_is_suppressed_from_its_second_fall_to_the_end() -> None:
    """Ten minutes of 20 s dead, 20 s alive, probed at the pace the states ask for."""
    state, now, verdicts = up(), 0.0, []
    while now < 600.0:
        ok = now % 40.0 < 20.0
        now += 0.0 if ok else SETTINGS.timeout_s
        state = observe(state, sample(ok, now), SETTINGS)
        verdict = usable(state, now, SETTINGS)
        if not verdicts or verdicts[-1] is not verdict:
            verdicts.append(verdict)
        now += next_probe_in_s(state, SETTINGS)
    assert verdicts == [Health.UP, Health.DOWN, Health.UP, Health.DOWN]


settings = st.builds(
    WatchSettings,
    inter_s=st.floats(0.1, 60),
    fastinter_s=st.floats(0.1, 60),
    downinter_s=st.floats(0.1, 60),
    timeout_s=st.floats(0.1, 10),
    fall=st.integers(1, 10),
    rise=st.integers(1, 10),
    half_life_s=st.floats(1, 600),
)


@given(settings=settings, outcomes=st.text(".x", max_size=120))
def test_whatever_comes_the_rules_hold(settings: WatchSettings, outcomes: str) -> None:
    state: TargetState = NEW
    for outcome in outcomes:
        before = state
        state = fed(state, outcome, settings)
        assert min(state.misses, state.answers) == 0
        assert 0.0 <= state.loss.share <= state.loss.cautious_share <= 1.0
        assert settings.fall <= misses_needed(state, settings) <= max(40, settings.fall)
        assert state.health is not Health.UNKNOWN or state.misses < settings.fall
        if before.health is Health.UP and state.health is Health.DOWN:
            assert state.misses >= settings.fall
        if before.health is Health.DOWN and state.health is Health.UP:
            assert state.answers >= settings.rise
        if before.health is state.health:
            assert (before.since, before.reason) == (state.since, state.reason)


@given(outcomes=st.text(".x", max_size=80))
def test_whatever_was_before_a_dead_part_is_found_and_a_living_one_too(outcomes: str) -> None:
    state = fed(NEW, outcomes)
    assert fed(state, "x" * 40).health is Health.DOWN
    assert fed(state, "." * 5).health is Health.UP
