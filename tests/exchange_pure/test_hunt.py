"""Each strategy's pattern, second by second."""

from __future__ import annotations

import random

import pytest

from appliance.domain.calls import LegResult
from appliance.exchange.hunt import BUSY_PAUSE_S, Decision, HuntPlan, answered, begin, decide, dialled, ended, resumed
from appliance.roster.values import Strategy

CHANCE = random.Random(1)
NOBODY: frozenset[str] = frozenset()


def plan(strategy: Strategy, members: str = "abc", ring_s: float = 25.0, step_s: float = 10.0) -> HuntPlan:
    return HuntPlan(strategy, tuple(members), ring_s, step_s)


def look(decision: Decision, now: float, busy: str = "") -> Decision:
    return decide(decision.hunt, frozenset(busy), now, CHANCE)


def start(of: HuntPlan, busy: str = "", now: float = 0.0) -> Decision:
    return decide(begin(of, now), frozenset(busy), now, CHANCE)


def test_ringall_rings_everybody_until_time_is_up() -> None:
    first = start(plan(Strategy.RINGALL))
    assert (first.ring, first.look_again_at, first.over) == (("a", "b", "c"), 25.0, False)
    assert look(first, 24.9).ring == ("a", "b", "c")
    last = look(first, 25.0)
    assert (last.ring, last.over) == ((), True)


def test_memoryhunt_adds_one_at_each_step_and_earlier_ones_ring_on() -> None:
    first = start(plan(Strategy.MEMORYHUNT, ring_s=40.0))
    assert (first.ring, first.look_again_at) == (("a",), 10.0)
    second = look(first, 10.0)
    assert (second.ring, second.look_again_at) == (("a", "b"), 20.0)
    third = look(second, 20.0)
    assert (third.ring, third.look_again_at) == (("a", "b", "c"), 40.0)
    assert third.hunt.ringing == {"a": 0.0, "b": 10.0, "c": 20.0}  # nobody is rung anew
    assert look(third, 40.0).over


def test_memoryhunt_does_not_leave_the_caller_alone_when_the_first_rejects() -> None:
    first = start(plan(Strategy.MEMORYHUNT))
    rejected = ended(first.hunt, "a", LegResult.REJECTED, 3.0)
    assert decide(rejected, NOBODY, 3.0, CHANCE).ring == ("b",)


def test_firstavailable_takes_the_first_free_one_in_order_each_for_its_time() -> None:
    first = start(plan(Strategy.FIRSTAVAILABLE), busy="a")
    assert (first.ring, first.look_again_at) == (("b",), 25.0)
    second = look(first, 25.0)  # a is free by now, and comes before c
    assert second.ring == ("a",)
    third = look(second, 50.0)
    assert third.ring == ("c",)
    assert look(third, 75.0).over


def test_random_tries_everybody_once_by_chance() -> None:
    orders = set()
    for seed in range(200):
        chance, now, order = random.Random(seed), 0.0, ""
        decision = decide(begin(plan(Strategy.RANDOM), now), NOBODY, now, chance)
        while not decision.over:
            order += "".join(decision.ring)
            assert decision.look_again_at is not None
            now = decision.look_again_at
            decision = decide(decision.hunt, NOBODY, now, chance)
        orders.add(order)
        assert now == 75.0
    assert orders == {"abc", "acb", "bac", "bca", "cab", "cba"}


@pytest.mark.parametrize("how", [*Strategy])
def test_a_group_that_is_busy_is_waited_for_but_not_for_ever(how: Strategy) -> None:
    first = start(plan(how), busy="abc")
    assert (first.ring, first.over) == ((), False)
    freed = look(first, 24.0, busy="ac")
    assert freed.ring == ("b",)
    assert look(first, 25.0, busy="abc").over


@pytest.mark.parametrize("how", [*Strategy])
def test_it_is_over_at_once_when_nobody_is_left(how: Strategy) -> None:
    hunt = start(plan(how, members="a")).hunt
    assert decide(ended(hunt, "a", LegResult.MACHINE, 2.0), NOBODY, 2.0, CHANCE).over
    assert start(plan(how, members="")).over


@pytest.mark.parametrize("how", [*Strategy])
def test_who_answers_busy_is_tried_again_after_a_pause_and_only_when_nobody_else_can_be(how: Strategy) -> None:
    hunt = start(plan(how, members="ab", step_s=60.0), busy="b").hunt
    paused = decide(ended(hunt, "a", LegResult.BUSY, 1.0), frozenset("b"), 1.0, CHANCE)
    assert (paused.ring, paused.look_again_at) == ((), 1.0 + BUSY_PAUSE_S)
    assert look(paused, 1.0 + BUSY_PAUSE_S).ring == ("b",)  # somebody else can be rung by now
    again = look(paused, 1.0 + BUSY_PAUSE_S, busy="b")
    assert again.ring == ("a",)


def test_a_member_who_is_busy_again_and_again_does_not_keep_a_hunt_alive() -> None:
    decision, now, rings = start(plan(Strategy.FIRSTAVAILABLE, members="a", ring_s=60.0)), 0.0, 0
    while not decision.over:
        if decision.ring:
            rings += 1
            decision = decide(ended(decision.hunt, "a", LegResult.BUSY, now), NOBODY, now, CHANCE)
        if decision.over:
            break
        assert decision.look_again_at is not None
        now = decision.look_again_at
        decision = look(decision, now)
    assert (now, rings) == (60.0, 4)


def test_time_is_not_up_while_somebody_who_picked_up_is_being_screened() -> None:
    for how in Strategy:
        first = start(plan(how, members="a"))
        screened = decide(answered(first.hunt, "a"), NOBODY, 30.0, CHANCE)
        assert (screened.ring, screened.over) == (("a",), False)
        assert decide(ended(screened.hunt, "a", LegResult.MACHINE, 31.0), NOBODY, 31.0, CHANCE).over


def test_the_others_stop_at_the_end_while_one_is_being_screened() -> None:
    first = start(plan(Strategy.RINGALL))
    assert decide(answered(first.hunt, "b"), NOBODY, 24.0, CHANCE).ring == ("a", "b", "c")
    assert decide(answered(first.hunt, "b"), NOBODY, 25.0, CHANCE).ring == ("b",)


def test_a_slow_trunk_does_not_leave_out_the_last_ones() -> None:
    hunt = dialled(start(plan(Strategy.RINGALL)).hunt, "c", 24.0)
    assert decide(hunt, NOBODY, 30.0, CHANCE).ring == ("a", "b", "c")
    assert decide(hunt, NOBODY, 49.0, CHANCE).over
    serial = dialled(start(plan(Strategy.FIRSTAVAILABLE)).hunt, "a", 5.0)
    assert decide(serial, NOBODY, 29.0, CHANCE).ring == ("a",)


def test_a_phone_is_silenced_when_its_owner_begins_to_talk_elsewhere() -> None:
    first = start(plan(Strategy.RINGALL))
    without = look(first, 5.0, busy="a")
    assert without.ring == ("b", "c")
    assert look(without, 6.0).ring == ("a", "b", "c")
    silent = decide(answered(first.hunt, "a"), frozenset("a"), 5.0, CHANCE)
    assert "a" in silent.ring  # who talks to us, through the screening, is not taken away from us


def test_a_crash_goes_on_where_it_was() -> None:
    hunt = begin(plan(Strategy.MEMORYHUNT, ring_s=40.0), 12.0, {"a": 0.0, "b": 10.0, "stranger": 1.0})
    decision = decide(hunt, NOBODY, 12.0, CHANCE)
    assert (decision.ring, decision.look_again_at) == (("a", "b"), 20.0)
    serial = decide(begin(plan(Strategy.RANDOM), 12.0, {"b": 3.0}), NOBODY, 12.0, CHANCE)
    assert (serial.ring, serial.look_again_at) == (("b",), 28.0)
    told = ended(begin(plan(Strategy.FIRSTAVAILABLE), 12.0), "a", LegResult.NO_ANSWER, 9.0)
    assert decide(told, NOBODY, 12.0, CHANCE).ring == ("b",)


def test_a_crash_does_not_shorten_the_ringing_of_phones_that_a_slow_trunk_dialled_late() -> None:
    hunt = begin(plan(Strategy.RINGALL), 24.0, {"a": 0.0, "b": 10.0, "c": 20.0})
    assert decide(hunt, NOBODY, 44.0, CHANCE).ring == ("a", "b", "c")
    assert decide(hunt, NOBODY, 45.0, CHANCE).over


def test_an_attempt_that_was_taken_back_does_not_count_against_anybody() -> None:
    hunt = look(start(plan(Strategy.RINGALL)), 5.0, busy="a").hunt
    hunt = ended(hunt, "a", LegResult.ELSEWHERE, 5.1)  # the cancelled INVITE's own end
    assert decide(hunt, NOBODY, 6.0, CHANCE).ring == ("a", "b", "c")


def test_a_member_who_is_named_twice_is_rung_once() -> None:
    assert start(plan(Strategy.RINGALL, members="aba")).ring == ("a", "b")


@pytest.mark.parametrize("how", [*Strategy])
def test_after_a_talk_with_a_machine_the_hunt_goes_on_as_if_that_had_been_clear_at_once(how: Strategy) -> None:
    first = start(plan(how, ring_s=30.0))
    at_once = ended(first.hunt, first.ring[0], LegResult.MACHINE, 5.0)
    talked = resumed(answered(first.hunt, first.ring[0]), 12.0)
    later = ended(talked, first.ring[0], LegResult.MACHINE, 17.0)
    for now in (5.0, 12.0, 20.0, 29.9, 30.0, 40.0, 70.0):
        a = decide(at_once, NOBODY, now, random.Random(2))
        b = decide(later, NOBODY, now + 12.0, random.Random(2))
        assert (a.ring, a.over) == (b.ring, b.over)
        assert first.ring[0] not in b.ring
        if a.look_again_at is None or b.look_again_at is None:
            assert a.look_again_at is b.look_again_at
        else:
            assert a.look_again_at + 12.0 == pytest.approx(b.look_again_at)


def test_who_was_being_screened_beside_the_machine_is_rung_anew() -> None:
    first = start(plan(Strategy.RINGALL))
    hunt = ended(resumed(answered(answered(first.hunt, "a"), "b"), 12.0), "a", LegResult.MACHINE, 17.0)
    assert decide(hunt, NOBODY, 17.0, CHANCE).ring == ("b", "c")
    assert decide(hunt, NOBODY, 25.0 + 12.0, CHANCE).over  # nothing holds it open any more
