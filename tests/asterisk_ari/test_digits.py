"""Keys that Asterisk tells twice, as it told them; and keys that were pressed twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.asterisk.digits import Digits, read_digit
from appliance.asterisk.events import AriEvent

Told = tuple[float, str, int]  # seconds, digit, its milliseconds


def keys(told: list[Told]) -> str:
    digits = Digits()
    return "".join(digit for at, digit, ms in told if digits.pressed(digit, ms / 1000, at))


# what an Asterisk 22 told of keys whose packets were held up on their way and then came together, or were short
HEARD: list[tuple[str, str]] = [
    ("46", "22.754 4 120, 22.755 6 120, 22.800 6 120"),
    ("3131", "36.677 3 100, 36.872 1 100, 37.309 3 100, 37.309 1 100, 37.354 1 100"),
    ("1229", "45.870 1 100, 45.952 2 100, 46.332 2 100, 46.353 9 100, 46.481 9 100"),
    ("0421", "9.887 0 40, 9.991 4 40, 10.074 2 40, 10.116 2 40, 10.262 1 40"),
    ("2921", "5.120 2 40, 5.224 9 40, 5.225 9 40, 5.336 2 40, 5.350 2 40, 5.414 1 40, 5.476 1 40"),
    ("222102", "53.996 2 60, 54.103 2 60, 54.211 2 60, 54.228 2 60, 54.399 1 60, 54.461 0 60, 54.524 0 60, "
               "54.588 2 60, 54.649 2 60"),
    ("242672", "21.706 2 120, 21.899 4 120, 22.092 2 120, 23.043 6 120, 23.044 7 120, 23.168 7 120, 23.169 2 120, "
               "23.334 2 120"),
    ("222314", "55.016 2 200, 55.667 2 200, 55.668 2 200, 55.712 2 200, 55.924 3 200, 55.958 3 200, 56.388 1 200, "
               "56.518 4 200, 56.633 4 200"),
    ("011292162", "31.658 0 120, 32.723 1 120, 32.723 1 120, 32.768 1 120, 32.769 2 120, 32.933 2 120, 32.935 9 120, "
                  "33.099 9 120, 33.100 2 120, 33.265 2 120, 33.265 1 120, 33.430 1 120, 33.432 6 120, 33.597 6 120, "
                  "33.598 2 120, 33.762 2 120"),
]  # fmt: skip
PACES = st.sampled_from([(70, 70), (100, 100), (120, 80), (200, 60), (1000, 300)])


@pytest.mark.parametrize(("pressed", "told"), HEARD)
def test_what_asterisk_told_twice_counts_once(pressed: str, told: str) -> None:
    events = [one.split() for one in told.split(", ")]
    assert keys([(float(at), digit, int(ms)) for at, digit, ms in events]) == pressed


@given(st.text("12", max_size=12), PACES)
def test_no_key_at_a_dialler_s_pace_is_lost(pressed: str, pace: tuple[int, int]) -> None:
    on, off = pace
    assert keys([(number * (on + off) / 1000, digit, on) for number, digit in enumerate(pressed)]) == pressed


@given(st.lists(st.tuples(st.floats(0.05, 2.0), st.integers(40, 400)), max_size=20))
def test_no_key_of_a_hand_is_lost(pressed: list[tuple[float, int]]) -> None:
    at, told = 0.0, list[Told]()
    for pause_s, ms in pressed:
        at += pause_s + ms / 1000
        told.append((at, "7", ms))
    assert len(keys(told)) == len(told)


def test_a_clock_that_is_set_loses_no_key() -> None:
    digits = Digits()
    times = [1000.0, 1000.2, 400.0, 400.2, 400.4, 9000.0, 9000.2]
    assert all(digits.pressed("1", 0.1, at) for at in times)


def test_reading() -> None:
    def event(**data: object) -> AriEvent:
        return AriEvent("ChannelDtmfReceived", "a", data)

    told = event(digit="5", duration_ms=120, timestamp="2026-03-01T12:00:00.250+0000")
    assert read_digit(told) == (
        "5",
        0.12,
        (datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(milliseconds=250)).timestamp(),
    )
    assert read_digit(event(digit="5", duration_ms=120)) is None
    assert read_digit(event(digit="5", timestamp="yesterday")) is None
    assert read_digit(AriEvent("StasisStart", "a", {"timestamp": "2026-03-01T12:00:00.250+0000"})) is None
