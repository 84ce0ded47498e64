from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exchange.feature_codes import MOST_DIGITS, PAUSE_S, Keys, Kind, Wish, pause, press


def pressed(digits: str, keys: Keys | None = None) -> tuple[Keys, list[Wish]]:
    keys, wishes = keys or Keys(), []
    for place, digit in enumerate(digits):
        keys, wish = press(keys, digit, place * 0.1)
        wishes += [wish] if wish else []
    return keys, wishes


@pytest.mark.parametrize(
    ("digits", "wishes"),
    [
        ("*1201#", [Wish(Kind.BLIND, "201")]),
        ("*2201#", [Wish(Kind.ATTENDED, "201")]),
        ("**1201#", [Wish(Kind.BLIND, "201")]),  # a key that bounced
        ("*3*1201#", [Wish(Kind.BLIND, "201")]),
        ("*12*2201#", [Wish(Kind.ATTENDED, "201")]),  # begun anew
        ("*1201#*2300#", [Wish(Kind.BLIND, "201"), Wish(Kind.ATTENDED, "300")]),
        ("*1#", []),
        ("*#201#", []),
        ("1201#", []),
        ("#*", []),
        ("*9201#", []),
        ("*1201A#", []),
        ("*1123456#", [Wish(Kind.BLIND, "123456")]),
        ("*11234567#", [Wish(Kind.BLIND, "")]),
    ],
)
def test_codes(digits: str, wishes: list[Wish]) -> None:
    assert pressed(digits)[1] == wishes


def test_a_pause_stands_for_the_hash() -> None:
    keys, wishes = pressed("*1201")
    assert not wishes
    assert keys.until is not None
    assert pause(keys, keys.until - 0.01) == (keys, None)
    assert pause(keys, keys.until) == (Keys(), Wish(Kind.BLIND, "201"))


@pytest.mark.parametrize("digits", ["*", "*1", "*2", ""])
def test_a_pause_after_less_forgets_it(digits: str) -> None:
    keys, _ = pressed(digits)
    assert pause(keys, 100.0) == (Keys(), None)


def test_a_digit_after_an_unnoticed_pause_belongs_to_nothing() -> None:
    keys, _ = pressed("*1")
    assert press(keys, "5", PAUSE_S + 1) == (Keys(), None)


@given(st.lists(st.tuples(st.sampled_from("0123456789*#ABCD"), st.floats(0, 10)), max_size=3000))
def test_whatever_is_pressed_it_stays_small_and_wishes_are_extensions(presses: list[tuple[str, float]]) -> None:
    keys, now = Keys(), 0.0
    for digit, later in presses:
        now += later
        keys, due = pause(keys, now)
        keys, wish = press(keys, digit, now)
        assert len(keys.digits) <= MOST_DIGITS + 1
        assert keys.until is None or now < keys.until <= now + PAUSE_S
        for one in (due, wish):
            assert one is None or len(one.extension) <= MOST_DIGITS
            assert one is None or not one.extension.strip("0123456789")
    assert pause(keys, now + PAUSE_S)[0] == Keys()


@given(st.text("0123456789#ABCD", max_size=200))
def test_without_a_star_nothing_is_ever_wished(digits: str) -> None:
    assert pressed(digits) == (Keys(), [])


def test_thousands_of_digits_are_bounded() -> None:
    keys, _ = pressed("*1")
    for _ in range(5000):
        keys, wish = press(keys, "7", 1.0)
        assert wish is None
    assert len(keys.digits) == MOST_DIGITS + 1
    assert press(keys, "#", 1.0)[1] == Wish(Kind.BLIND, "")
