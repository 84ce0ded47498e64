"""A callback's moves: each from where it is legal, nothing for ever, one attempt at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.calls import LegResult
from appliance.queueing import callback_life as life
from appliance.queueing.callback_life import (
    BROKEN_MOST,
    HELD_AT_MOST_S,
    LETS_GO_S,
    LONGEST_PAUSE_S,
    Callback,
    IllegalMove,
    Result,
    State,
)
from tests.queueing_callback.wishes import RULE, T0, wish

BUSY = LegResult.BUSY


def dialled(callback: Callback | None = None) -> Callback:
    return life.dial(callback or life.asked(wish()), "anna", "hl-cb-1-0001")


def test_a_new_wish_rests_until_the_caller_has_hung_up() -> None:
    new = life.asked(wish())
    assert not life.is_ready(new, T0)
    assert life.is_ready(new, T0 + LETS_GO_S)
    assert new.queued_at == T0 - 60  # its place is from when the caller began to wait


def test_reached_at_once() -> None:
    talking = life.connected(dialled(), "anna", "hl-cb-1-0001")
    done = life.talked(talking, T0 + 100)
    assert (done.result, done.attempt, done.tries, done.ended_at) == (Result.TALKED, 1, 0, T0 + 100)


def test_a_caller_who_is_busy_is_tried_again_after_growing_pauses_and_then_given_up() -> None:
    now, one, pauses = T0, life.asked(wish()), []
    while life.stands(one):
        one = life.not_reached(dialled(one), BUSY, now, RULE)
        if life.stands(one):
            assert one.state is State.WAITING
            assert one.queued_at == T0 - 60
            pauses.append(one.not_before - now)
            assert not life.is_ready(one, one.not_before - 1)
            now = one.not_before
    assert pauses == [300.0, 600.0]
    assert (one.result, one.tries, one.attempt) == (Result.GIVEN_UP, 3, 3)
    assert one.why == "not reached by 3 calls, the last: busy"


def test_pauses_have_an_end() -> None:
    assert life.pause_s(400, RULE) == LONGEST_PAUSE_S


def test_what_a_fault_breaks_off_counts_apart_but_not_for_ever() -> None:
    one = life.broken_off(dialled(), "the exchange was restarted", T0)
    assert (one.state, one.tries, one.attempt, one.agent) == (State.WAITING, 0, 1, None)
    pauses = [one.not_before - T0]
    for _ in range(BROKEN_MOST - 1):
        one = life.broken_off(dialled(one), "again", T0)
        pauses.append(one.not_before - T0)
    assert pauses[:3] == [15.0, 30.0, 60.0]
    assert 3600 < sum(pauses) < 2 * 3600  # an outage of an hour is borne
    assert life.stands(one)
    one = life.broken_off(dialled(one), "again", T0)
    assert one.result is Result.GIVEN_UP


def test_a_caller_who_is_left_alone_is_not_called_again_while_on_the_line() -> None:
    alone = life.left_alone(dialled())
    assert not life.is_ready(alone, T0 + 9_999)
    with pytest.raises(IllegalMove):
        dialled(alone)
    again = life.connected(alone, "boris", "hl-cb-1-0003")
    assert (again.state, again.agent, again.attempt) == (State.TALKING, "boris", 1)
    gone = life.not_reached(alone, LegResult.CALLER_GONE, T0, RULE)
    assert (gone.state, gone.tries) == (State.WAITING, 1)


def test_a_caller_who_calls_again_has_the_place_and_is_not_called_meanwhile() -> None:
    aside = life.called_again(life.asked(wish()), "call-2")
    assert not life.is_ready(aside, T0 + 9_999)
    with pytest.raises(IllegalMove):
        dialled(aside)
    with pytest.raises(IllegalMove):
        life.again_over(aside, "call-3", T0, had_a_human=True)
    assert life.again_over(aside, "call-2", T0, had_a_human=True).result is Result.CALLED_AGAIN
    back = life.again_over(aside, "call-2", T0 + 50, had_a_human=False)
    assert (back.state, back.queued_at) == (State.WAITING, T0 - 60)
    assert life.is_ready(back, T0 + 50 + LETS_GO_S)
    assert life.called_again(dialled(), "call-2").agent is None  # also while being called


def test_it_is_held_while_the_line_is_closed_and_that_costs_no_patience() -> None:
    one = life.looked_at(life.asked(wish()), T0 + 3600, RULE, is_open=False)
    assert one.held
    assert not life.is_ready(one, T0 + 3600)
    weekend = T0 + 3 * 86_400
    assert life.looked_at(one, weekend, RULE, is_open=False) is one
    opened = life.looked_at(one, weekend, RULE, is_open=True)
    assert life.is_ready(opened, weekend)
    late = life.looked_at(opened, weekend + RULE.give_up_after_s, RULE, is_open=True)
    assert (late.result, late.why) == (Result.GIVEN_UP, "no agent came in time")
    assert life.looked_at(one, T0 + HELD_AT_MOST_S, RULE, is_open=False).result is Result.GIVEN_UP


def test_looking_at_it_leaves_what_is_being_done_alone() -> None:
    one = dialled()
    assert life.looked_at(one, T0 + 9e9, RULE, is_open=False) is one


def test_a_clock_that_is_set_back_makes_nobody_wait_for_ever() -> None:
    one = life.not_reached(dialled(), BUSY, T0 + 5e8, RULE)  # the clock was years ahead
    assert life.ready_at(one, T0) <= T0 + LONGEST_PAUSE_S
    looked = life.looked_at(life.asked(wish(asked_at=T0 + 5e8)), T0, RULE, is_open=True)
    assert life.looked_at(looked, T0 + RULE.give_up_after_s, RULE, is_open=True).result is Result.GIVEN_UP


def test_cancelled() -> None:
    assert life.cancelled(dialled(), "by an operator", T0).why == "by an operator"
    talking = life.connected(dialled(), "anna", "x")
    with pytest.raises(IllegalMove):
        life.cancelled(talking, "by an operator", T0)


MOVES: dict[str, Callable[[Callback, float], Callback]] = {
    "dial": lambda one, now: life.dial(one, "anna", "leg"),
    "connected": lambda one, now: life.connected(one, "anna", "leg"),
    "left_alone": lambda one, now: life.left_alone(one),
    "busy": lambda one, now: life.not_reached(one, BUSY, now, RULE),
    "broken_off": lambda one, now: life.broken_off(one, "crash", now),
    "postponed": lambda one, now: life.postponed(one, now, 60.0),
    "talked": life.talked,
    "called_again": lambda one, now: life.called_again(one, "call-2"),
    "abandoned": lambda one, now: life.again_over(one, "call-2", now, had_a_human=False),
    "answered": lambda one, now: life.again_over(one, "call-2", now, had_a_human=True),
    "cancelled": lambda one, now: life.cancelled(one, "somebody", now),
    "open": lambda one, now: life.looked_at(one, now, RULE, is_open=True),
    "closed": lambda one, now: life.looked_at(one, now, RULE, is_open=False),
}


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from([*MOVES]), st.sampled_from([0.0, 10.0, 400.0, 4000.0])), max_size=120))
def test_whatever_happens(moves: list[tuple[str, float]]) -> None:
    one, now, calls = life.asked(wish()), T0, 0
    for name, later_s in moves:
        now += later_s
        before = one
        try:
            one = MOVES[name](one, now)
        except IllegalMove:
            assert one is before
            continue
        if name == "dial":
            assert before.state is State.WAITING  # never beside another attempt
            calls += 1
            assert one.attempt == calls
        assert before.state is not State.DONE or one == before
        assert one.queued_at == before.queued_at  # the place is kept whatever happens
        assert (one.state is State.DONE) == (one.result is not None) == (one.ended_at is not None)
        assert (one.state in (State.DIALLING, State.TALKING)) == (one.agent is not None)
        assert (one.again is not None) <= (one.state is State.ASIDE)
    assert calls <= RULE.tries + BROKEN_MOST + 1 + sum(name == "called_again" for name, _ in moves)
