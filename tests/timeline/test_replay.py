"""One outage laid out in time."""

from __future__ import annotations

from dataclasses import replace

from appliance.timeline.outages import find_outages
from appliance.timeline.replay import Figures, Kind, Replay, Span, replay
from tests.timeline.tale import NUMBERS, Tale

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
