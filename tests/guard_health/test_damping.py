"""Penalty, half-life, suppress, reuse (RFC 2439)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.guard.damping import Damping, DampingSettings, after_fall, penalty_at, suppressed_until

SETTINGS = DampingSettings(half_life_s=60.0)


def fallen(*times: float) -> Damping:
    damping = Damping()
    for at in times:
        damping = after_fall(damping, at, SETTINGS)
    return damping


def test_the_penalty_halves_in_a_half_life() -> None:
    damping = fallen(100.0)
    assert [penalty_at(damping, at, SETTINGS) for at in (100.0, 160.0, 220.0)] == [1000.0, 500.0, 250.0]


def test_a_clock_that_steps_back_adds_no_penalty() -> None:
    assert penalty_at(fallen(100.0), 50.0, SETTINGS) == 1000.0


def test_a_second_fall_within_a_half_life_suppresses_until_reuse() -> None:
    damping = fallen(0.0, 60.0)
    assert damping.penalty == 1500.0
    assert suppressed_until(damping, 60.0, SETTINGS) == 120.0, "1500 decays to 750 in one half-life"
    assert suppressed_until(damping, 119.9, SETTINGS) == 120.0
    assert suppressed_until(damping, 120.0, SETTINGS) is None


def test_falls_further_apart_do_not() -> None:
    assert suppressed_until(fallen(0.0, 61.0), 61.0, SETTINGS) is None


def test_between_reuse_and_suppress_a_suppressed_part_stays_so() -> None:
    damping = fallen(0.0, 10.0)
    assert 750 < penalty_at(damping, 60.0, SETTINGS) < 1500
    assert suppressed_until(damping, 60.0, SETTINGS) is not None
    free_again = after_fall(damping, 400.0, SETTINGS)
    assert suppressed_until(free_again, 400.0, SETTINGS) is None, "the old suppression had run out"


def test_thresholds_have_to_rise() -> None:
    with pytest.raises(ValueError, match="thresholds have to rise"):
        DampingSettings(half_life_s=60.0, reuse=1600.0)


@given(st.lists(st.floats(0.01, 3600), min_size=1, max_size=60))
def test_however_it_flaps_the_suppression_ends_within_four_half_lives(gaps: list[float]) -> None:
    now, damping = 0.0, Damping()
    for gap in gaps:
        now += gap
        damping = after_fall(damping, now, SETTINGS)
        until = suppressed_until(damping, now, SETTINGS)
        assert until is None or now < until <= now + 4 * SETTINGS.half_life_s + 1e-6
    assert suppressed_until(damping, now + 4 * SETTINGS.half_life_s + 1e-6, SETTINGS) is None
