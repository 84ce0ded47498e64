from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.modem.recovery import (
    LADDER,
    PORT_SYMPTOMS,
    RADIO_SYMPTOMS,
    Memory,
    Rules,
    Rung,
    Situation,
    Symptom,
    decide,
    healed,
)

ALL = frozenset(Rung)
RULES = Rules()


def play(situation: Situation, seconds: int, step: int = 5) -> list[tuple[int, Rung]]:
    """The rungs taken while the symptom stays, with their times."""
    memory, taken = Memory(), []
    for now in range(0, seconds, step):
        decision = decide(RULES, situation, memory, float(now))
        memory = decision.memory
        if decision.rung is not None:
            taken.append((now, decision.rung))
    return taken


def rungs(situation: Situation, seconds: int) -> list[Rung]:
    return [rung for _, rung in play(situation, seconds)]


def test_a_vanished_port_is_reopened_then_rebound_then_switched_then_the_host_restarts() -> None:
    situation = Situation(Symptom.PORT_GONE, 0.0, ALL)
    assert play(situation, 300) == [
        (0, Rung.REOPEN),
        (60, Rung.USB_REBIND),
        (120, Rung.POWER_RELAY),
        (210, Rung.HOST_REBOOT),
    ]


def test_a_missing_network_is_waited_for_before_anything_is_restarted() -> None:
    taken = play(Situation(Symptom.NO_NETWORK, 0.0, ALL), 900)
    assert taken[:3] == [(300, Rung.RADIO_CYCLE), (420, Rung.MODEM_RESET), (600, Rung.USB_REBIND)]
    assert Rung.HOST_REBOOT not in [rung for _, rung in taken]


@pytest.mark.parametrize("symptom", list(Symptom))
def test_nothing_disruptive_during_a_live_call(symptom: Symptom) -> None:
    assert set(rungs(Situation(symptom, 0.0, ALL, live_call=True), 7200)) <= {Rung.REOPEN}


def test_a_locked_sim_is_not_restarted() -> None:
    assert rungs(Situation(Symptom.NO_SIM, 0.0, ALL, sim_locked=True), 7200) == []


def test_only_what_the_box_has_is_taken() -> None:
    available = frozenset({Rung.REOPEN, Rung.RADIO_CYCLE, Rung.MODEM_RESET})
    assert set(rungs(Situation(Symptom.SILENT, 0.0, available), 7200)) == {Rung.REOPEN}
    assert set(rungs(Situation(Symptom.NO_NETWORK, 0.0, available), 7200)) == {Rung.RADIO_CYCLE, Rung.MODEM_RESET}


@pytest.mark.parametrize("symptom", list(Symptom))
def test_budgets_hold_over_a_day(symptom: Symptom) -> None:
    taken = play(Situation(symptom, 0.0, ALL), 86_400, step=20)
    for rung, policy in LADDER.items():
        if policy.tries is None:
            continue
        times = [at for at, other in taken if other is rung]
        for start in times:
            assert sum(1 for at in times if start <= at < start + policy.window_s) <= policy.tries
    assert sum(1 for _, rung in taken if rung is Rung.HOST_REBOOT) <= 1


def test_a_rung_is_judged_after_its_time_and_reported_failed_once() -> None:
    situation = Situation(Symptom.PORT_GONE, 0.0, frozenset({Rung.REOPEN}))
    first = decide(RULES, situation, Memory(), 0.0)
    assert (first.rung, first.failed) == (Rung.REOPEN, None)
    assert decide(RULES, situation, first.memory, 30.0).failed is None
    second = decide(RULES, situation, first.memory, 60.0)
    assert (second.rung, second.failed) == (None, Rung.REOPEN)
    assert decide(RULES, situation, second.memory, 65.0).failed is None


def test_the_rung_under_way_gets_the_credit_and_the_next_incident_starts_low() -> None:
    situation = Situation(Symptom.PORT_GONE, 0.0, ALL)
    memory = decide(RULES, situation, Memory(), 0.0).memory
    memory = decide(RULES, situation, memory, 60.0).memory
    rung, memory = healed(memory, PORT_SYMPTOMS)
    assert rung is Rung.USB_REBIND
    assert memory.budget_left(Rung.USB_REBIND, 61.0) == 1
    assert memory.budget_left(Rung.REOPEN, 61.0) is None
    assert decide(RULES, replace(situation, since=100.0), memory, 100.0).rung is Rung.REOPEN


def test_a_port_that_answers_again_does_not_heal_a_missing_network() -> None:
    memory = decide(RULES, Situation(Symptom.NO_NETWORK, 0.0, ALL), Memory(), 300.0).memory
    assert healed(memory, PORT_SYMPTOMS) == (None, memory)
    assert healed(memory, PORT_SYMPTOMS | RADIO_SYMPTOMS)[0] is Rung.RADIO_CYCLE


def test_after_the_top_of_the_ladder_it_begins_again_but_not_at_once() -> None:
    taken = play(Situation(Symptom.NO_NETWORK, 0.0, frozenset({Rung.RADIO_CYCLE})), 3600)
    assert taken == [
        (300, Rung.RADIO_CYCLE),
        (1320, Rung.RADIO_CYCLE),
        (2340, Rung.RADIO_CYCLE),
        (3360, Rung.RADIO_CYCLE),
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Symptom)),
            st.frozensets(st.sampled_from(list(Rung))),
            st.booleans(),
            st.booleans(),
            st.integers(1, 400),
            st.booleans(),
        ),
        max_size=40,
    )
)
@settings(max_examples=100)
def test_whatever_happens_no_rung_is_taken_that_must_not_be(
    story: list[tuple[Symptom, frozenset[Rung], bool, bool, int, bool]],
) -> None:
    memory, now = Memory(), 0.0
    for symptom, available, live_call, sim_locked, passed, heals in story:
        now += passed
        before = memory
        decision = decide(RULES, Situation(symptom, 0.0, available, live_call, sim_locked), memory, now)
        memory = decision.memory
        if decision.rung is not None:
            assert decision.rung in available
            assert symptom in LADDER[decision.rung].helps
            assert before.budget_left(decision.rung, now) != 0
            assert decision.rung is Rung.REOPEN or not (live_call or sim_locked)
        if heals:
            memory = healed(memory, PORT_SYMPTOMS | RADIO_SYMPTOMS)[1]
            assert memory.trial is None
