"""One outage laid out in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from appliance.timeline.outages import find_outages
from appliance.timeline.probes import probes_of
from appliance.timeline.replay import Figures, Kind, Replay, Span, replay
from tests.timeline.tale import NUMBERS, START, Tale

MISSES = [
    {"ago_s": 4.0, "ok": True, "rtt_ms": 12.0, "detail": "200"},
    {"ago_s": 2.0, "ok": False, "rtt_ms": None, "detail": "no answer in 1.0 s"},
    {"ago_s": 0.0, "ok": False, "rtt_ms": None, "detail": "no answer in 1.0 s"},
]


def told(tale: Tale, number: int = -1) -> Replay:
    return replay(find_outages(tale.events, "primary")[number])


def outage_over_the_second_trunk() -> Tale:
    tale = Tale()
    tale.start()
    tale.health(100, "trunk", "a", "down", MISSES)
    tale.switch(100.5, "primary", "secondary")
    tale.health(200, "trunk", "a", "up")
    tale.switch(320, "secondary", "primary")
    return tale


def test_time_zero_is_the_first_miss_and_the_probes_stand_in_their_places() -> None:
    steps = told(outage_over_the_second_trunk()).steps
    assert [(step.kind, step.offset_s, step.type) for step in steps[:6]] == [
        (Kind.PROBE, -2.0, "probe"),
        (Kind.PROBE, 0.0, "probe"),
        (Kind.PROBE, 2.0, "probe"),
        (Kind.EVENT, 2.0, "health.changed"),
        (Kind.EVENT, 2.5, "route.decided"),
        (Kind.EVENT, 2.6, "forwarding.requested"),
    ]
    assert steps[0].data["part"] == "trunk a"


def test_the_figures_count_from_the_first_miss() -> None:
    assert told(outage_over_the_second_trunk()).figures == Figures(
        down_s=2.0, decided_s=2.5, requested_s=2.6, verified_s=5.5, back_s=225.0
    )


def test_whom_callers_reached_follows_the_network_not_the_wish() -> None:
    assert told(outage_over_the_second_trunk()).reached == (
        Span(None, 5.5, NUMBERS["primary"], "primary"),
        Span(5.5, 225.0, NUMBERS["secondary"], "secondary"),
        Span(225.0, None, NUMBERS["primary"], "primary"),
    )


def test_an_outage_that_lasts_has_no_end_and_what_never_came_has_no_figure() -> None:
    tale = Tale()
    tale.start()
    tale.decide(100, "primary", "technician")
    outcome = told(tale)
    assert outcome.figures == Figures(down_s=None, decided_s=0.0, requested_s=None, verified_s=None, back_s=None)
    assert outcome.reached == (Span(None, None, NUMBERS["primary"], "primary"),)


def test_probe_times_may_be_times_of_day() -> None:
    tale = Tale()
    tale.start()
    samples = [{"at": "2026-07-14T02:01:39.500Z", "ok": False, "rtt_ms": None, "detail": "503"}]
    tale.health(100, "node", "1", "down", samples)
    outcome = told(tale)
    assert [step.offset_s for step in outcome.steps] == [0.0, 0.5]


def test_a_clock_set_back_keeps_the_order_of_the_journal() -> None:
    tale = outage_over_the_second_trunk()
    events = list(tale.events)
    back = events[-1]
    events[-1] = replace(back, at="2026-07-14T01:00:00.000Z")
    (outage,) = find_outages(events, "primary")
    assert [step.type for step in replay(outage).steps if step.kind is Kind.EVENT] == [e.type for e in outage.events]


def test_samples_that_are_no_samples_are_passed_over() -> None:
    tale = Tale()
    tale.start()
    tale.tell(100, "health.changed", part="node 1", kind="node", name="1", to="down", samples=["x", 3])
    assert [step.kind for step in told(tale).steps] == [Kind.EVENT]


def samples(*probes: tuple[float, bool]) -> list[Mapping[str, object]]:
    """A window of probes as a change tells it: when each was, and whether it was answered."""
    newest = probes[-1][0]
    return [
        {
            "ago_s": round(newest - at, 3),
            "ok": ok,
            "rtt_ms": 10 + at % 1 if ok else None,
            "detail": "200" if ok else "-",
        }
        for at, ok in probes
    ]


def offsets_of_probes(outcome: Replay) -> list[float]:
    return [round((step.at - START).total_seconds(), 3) for step in outcome.steps if step.kind is Kind.PROBE]


def test_a_probe_told_by_two_changes_is_shown_once_at_its_earlier_placing() -> None:
    first = [(98.0, True), (100.011, False), (100.52, False), (101.047, False)]
    then = [(101.553, True), (102.071, True)]
    for late_s, later_s in ((0.0, 0.0), (0.0, 3.0), (0.9, 0.0)):  # how long after its newest probe each was written
        tale = Tale()
        tale.start()
        tale.health(101.047 + late_s, "trunk", "a", "down", samples(*first))
        tale.health(102.071 + later_s, "trunk", "a", "up", samples(*first[1:], *then))
        assert offsets_of_probes(told(tale)) == [at for at, _ok in first + then]


def test_each_later_change_may_set_the_whole_run_before_it_right() -> None:
    run = [(98.0, True), (100.011, False), (100.52, False), (101.047, True), (101.553, True), (102.07, False)]
    tale = Tale()
    tale.start()
    tale.health(103.0, "trunk", "a", "down", samples(*run[:3]))
    tale.health(103.1, "trunk", "a", "up", samples(*run[:5]))
    tale.health(102.07, "trunk", "a", "down", samples(*run))
    assert [round(probe.at.timestamp() - START.timestamp(), 3) for probe in probes_of(tale.events)] == [
        at for at, _ok in run
    ]


def test_probes_of_two_changes_that_only_look_alike_are_all_shown() -> None:
    tale = Tale()
    tale.start()
    tale.health(100, "node", "1", "down", samples((98.0, True), (100.0, False)))
    tale.health(105, "node", "1", "up", samples((104.0, False), (105.0, True)))
    assert offsets_of_probes(told(tale)) == [98.0, 100.0, 104.0, 105.0]


def test_parts_that_share_the_rhythm_keep_their_own_probes() -> None:
    tale = Tale()
    tale.start()
    window = samples((98.0, True), (100.0, False))
    tale.health(100, "node", "1", "down", window)
    tale.health(100, "node", "2", "down", window)
    assert offsets_of_probes(told(tale)) == [98.0, 98.0, 100.0, 100.0]


def test_an_outage_soon_after_another_begins_with_its_own_first_miss() -> None:
    tale = Tale()
    tale.start()
    misses = [(98.003, False), (98.51, False), (99.044, False)]
    answers = [(99.561, True), (100.08, True)]
    again = [(101.007, False), (101.55, False)]
    tale.health(99.05, "node", "1", "down", samples((96.0, True), *misses))
    tale.health(100.09, "node", "1", "up", samples((96.0, True), *misses, *answers))
    tale.health(101.56, "node", "1", "down", samples((96.0, True), *misses, *answers, *again))
    second = told(tale)
    assert [step.data["ok"] for step in second.steps if step.kind is Kind.PROBE] == [False, False]
    assert second.figures.down_s == pytest.approx(0.543, abs=0.02)
    assert len(offsets_of_probes(told(tale, 0))) == 6
