"""Short press, hold, worn contacts, and a button that is stuck."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.panel.button import BOUNCE_S, HOLD_S, Button, Gesture, pressed, released, waited


def play(*edges: tuple[float, str]) -> list[tuple[float, Gesture]]:
    """What edges mean: ``down``, ``up`` and ``look`` at their times."""
    button, found = Button(), []
    for at, what in edges:
        gesture = None
        if what == "down":
            button = pressed(button, at)
        elif what == "up":
            button, gesture = released(button, at)
        else:
            button, gesture = waited(button, at)
        if gesture is not None:
            found.append((at, gesture))
    return found


def test_a_short_press_is_meant_when_it_ends() -> None:
    assert play((0.0, "down"), (0.2, "look"), (0.3, "up")) == [(0.3, Gesture.SHORT)]


def test_a_hold_counts_once_while_the_finger_is_on_it_and_its_end_means_nothing() -> None:
    assert play((0.0, "down"), (4.9, "look"), (5.0, "look"), (9.0, "look"), (12.0, "up")) == [(5.0, Gesture.HOLD)]


def test_a_hold_of_which_only_the_ends_were_heard_is_a_hold() -> None:
    assert play((0.0, "down"), (6.0, "up"), (6.01, "look")) == [(6.0, Gesture.HOLD)]


def test_the_next_hold_counts_again() -> None:
    holds = play((0.0, "down"), (5.0, "look"), (6.0, "up"), (7.0, "down"), (12.0, "look"), (13.0, "up"))
    assert holds == [(5.0, Gesture.HOLD), (12.0, Gesture.HOLD)]


@pytest.mark.parametrize("edges", [[(0.0, "up")], [(0.0, "look"), (9.0, "look")], [(0.0, "down"), (0.01, "up")]])
def test_a_spark_or_a_release_of_what_was_never_pressed_means_nothing(edges: list[tuple[float, str]]) -> None:
    assert play(*edges) == []


def test_contacts_that_bounce_are_one_press() -> None:
    bouncing = [(0.0, "down"), (0.002, "up"), (0.004, "down"), (0.3, "up"), (0.301, "down"), (0.303, "up")]
    assert play(*bouncing) == [(0.3, Gesture.SHORT)]


@given(st.lists(st.floats(0.001, BOUNCE_S * 0.9), min_size=2, max_size=400).filter(lambda gaps: len(gaps) % 2 == 0))
def test_a_contact_that_chatters_while_it_is_held_acts_at_most_once(gaps: list[float]) -> None:
    at, edges = HOLD_S, [(0.0, "down"), (HOLD_S, "look")]
    for index, gap in enumerate(gaps):
        at += gap
        edges += [(at, "up" if index % 2 == 0 else "down"), (at, "look")]
    assert play(*edges, (at + 2 * HOLD_S, "look")) == [(HOLD_S, Gesture.HOLD)]
