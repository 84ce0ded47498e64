"""Guessing PINs: how often, over crashes, and what is keyed in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exchange import pin_gate
from appliance.exchange.keypad import FIRST_S, PAUSE_S, Keypad
from appliance.exchange.pin_gate import Answer, PinGate
from appliance.exchange.pin_lock import LONGEST_PAUSE_S, Lock, kept, read_lock
from appliance.roster.models import Person
from appliance.roster.pins import hash_pin

YEAR_S = 365 * 86_400.0


class Mind:
    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    async def remember(self, key: str, value: Any) -> bool:
        self.kept[key] = value
        return True

    async def recall(self, key: str) -> Any:
        return self.kept.get(key)


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


EVA = Person(id="eva", name="Eva", mobile="+420777000111", pin_hash=hash_pin("2468"))
NOBODY = Person(id="jan", name="Jan", mobile="+420777000112")


def test_a_guesser_gets_a_thousand_guesses_a_year() -> None:
    lock, now, guesses = Lock(), 0.0, 0
    while now < YEAR_S:
        if lock.holds(now):
            now = lock.until
        else:
            lock, guesses, now = lock.tried(now), guesses + 1, now + 1
    assert 1000 < guesses < 1200  # of ten thousand


@given(st.lists(st.floats(0, 100_000), max_size=40), st.floats(-1e9, 1e9))
def test_nobody_is_locked_out_for_more_than_a_day_whatever_the_clock_does(steps: list[float], jump: float) -> None:
    lock, now = Lock(), 1e9
    for step in steps:
        now += step
        if not lock.holds(now):
            lock = lock.tried(now)
    assert not lock.holds(now + LONGEST_PAUSE_S)
    assert read_lock(kept(lock)) == lock
    moved = now + jump
    assert not lock.holds(moved) or lock.until - moved <= LONGEST_PAUSE_S


@pytest.mark.parametrize(
    "garbage", [None, [], "x", {"wrong": "3"}, {"wrong": -1, "until": 0}, {"wrong": 1, "until": "x"}]
)
def test_what_cannot_be_read_is_no_lock(garbage: object) -> None:
    assert read_lock(garbage) == Lock()


async def test_three_wrong_ones_lock_over_a_restart_and_the_right_one_forgives() -> None:
    mind, clock = Mind(), Clock()
    gate = PinGate(mind, clock)
    assert await gate.opens(EVA, "2468") is Answer.RIGHT
    assert [await gate.opens(EVA, pin) for pin in ("1111", "2222")] == [Answer.WRONG] * 2
    assert await gate.opens(EVA, "2468") is Answer.RIGHT  # two wrong ones are forgiven
    assert [await gate.opens(EVA, pin) for pin in ("", "24680", "3333")] == [
        Answer.WRONG,
        Answer.WRONG,
        Answer.LOCKED,
    ]
    again = PinGate(mind, clock)  # the exchange was restarted
    assert await again.opens(EVA, "2468") is Answer.LOCKED
    clock.now += 901
    assert await again.opens(EVA, "4444") is Answer.WRONG
    assert await again.opens(EVA, "2468") is Answer.RIGHT
    assert await again.opens(EVA, "5555") is Answer.WRONG


async def test_a_crash_while_it_is_judged_gives_no_guess_away(monkeypatch: pytest.MonkeyPatch) -> None:
    mind = Mind()

    def crash(*_: object) -> bool:
        raise RuntimeError("power")

    with monkeypatch.context() as broken:
        broken.setattr(pin_gate, "is_pin", crash)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                await PinGate(mind, Clock()).opens(EVA, "1111")
    assert await PinGate(mind, Clock()).opens(EVA, "2468") is Answer.LOCKED


async def test_many_calls_at_once_get_no_more_guesses_than_one() -> None:
    gate = PinGate(Mind(), Clock())
    answers = await asyncio.gather(*(gate.opens(EVA, f"{guess:04}") for guess in range(12)))
    assert sorted(answer.value for answer in answers) == ["locked"] * 10 + ["wrong"] * 2


async def test_who_is_nobody_or_has_no_pin_is_judged_as_long_and_never_right(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []
    real = pin_gate.is_pin
    monkeypatch.setattr(pin_gate, "is_pin", lambda pin, kept: judged.append(pin) or real(pin, kept))
    gate = PinGate(Mind(), Clock())
    assert await gate.opens(None, "nobody's") is Answer.WRONG
    assert await gate.opens(NOBODY, "nobody's") is Answer.WRONG
    assert judged == ["nobody's", "nobody's"]


def test_keys() -> None:
    pad = Keypad(4)
    assert pad.wakes_at is None
    pad.asked(10.0)
    assert pad.wakes_at == 10.0 + FIRST_S
    assert [pad.key(key, 12.0) for key in "12"] == [False, False]
    assert (pad.entered, pad.wakes_at) == ("12", 12.0 + PAUSE_S)
    pad.asked(99.0)  # keys came while it was asked
    assert pad.wakes_at == 12.0 + PAUSE_S
    assert pad.key("*", 13.0) is False
    assert pad.entered == ""
    assert pad.key("7", 13.0) is False
    assert pad.key("#", 14.0) is True
    assert pad.entered == "7"


@given(st.text(alphabet="0123456789*#ABCD?", max_size=3000))
def test_thousands_of_keys_are_no_entry(keys: str) -> None:
    pad = Keypad(12)
    for key in keys:
        if pad.key(key, 0.0):
            break
    before = keys.partition("#")[0].rpartition("*")[2]
    right = len(before) <= 12 and all(one in "0123456789" for one in before)
    assert pad.entered == (before if right else "")
