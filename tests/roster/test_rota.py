"""Who has duty, over nights whose hours are missing or come twice, and under shifts and swaps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.roster.models import Rota
from appliance.roster.rota import changes, gaps, holder, next_change, on_duty
from appliance.roster.values import DAYS
from appliance.roster.zones import moment, zone_of
from tests.roster.made import PRAGUE, at, roster

ZONE = ZoneInfo(PRAGUE)
WEEKDAYS, WEEKEND = list(DAYS[:5]), list(DAYS[5:])


def rota(**keys: Any) -> Rota:
    return Rota.model_validate({"id": "weeks", **keys})


def weekly(person: str, days: list[str], start: str, end: str) -> dict[str, Any]:
    return {"person": person, "days": days, "start": start, "end": end}


NIGHTS = rota(week=[weekly("ann", list(DAYS), "08:00", "20:00"), weekly("bob", list(DAYS), "20:00", "08:00")])


@pytest.mark.parametrize(
    ("when", "who"),
    [
        ("2026-03-02T07:59+01:00", "bob"),
        ("2026-03-02T08:00+01:00", "ann"),
        ("2026-03-02T19:59+01:00", "ann"),
        ("2026-03-02T20:00+01:00", "bob"),
        ("2026-03-03T00:00+01:00", "bob"),
        ("2026-07-03T05:59Z", "bob"),  # 07:59 in summer
        ("2026-07-03T06:00Z", "ann"),
    ],
)
def test_a_shift_that_ends_before_its_start_ends_the_day_after(when: str, who: str) -> None:
    assert holder(NIGHTS, at(when), PRAGUE) == who


def test_swaps_stand_above_shifts_and_those_above_the_week() -> None:
    day = {"start": "2026-03-02T00:00+01:00", "end": "2026-03-03T00:00+01:00"}
    week = [weekly("ann", ["mon"], "00:00", "24:00")]
    noon = at("2026-03-02T12:00+01:00")
    assert holder(rota(week=week), noon, PRAGUE) == "ann"
    assert holder(rota(week=week, shifts=[{"person": "bob", **day}]), noon, PRAGUE) == "bob"
    swapped = rota(week=week, shifts=[{"person": "bob", **day}], swaps=[{"person": "eva", **day}])
    assert holder(swapped, noon, PRAGUE) == "eva"
    later = rota(week=week, shifts=[{"person": "bob", **day}, {"person": "eva", **day}])
    assert holder(later, noon, PRAGUE) == "eva"
    assert holder(swapped, at("2026-03-03T00:00+01:00"), PRAGUE) is None  # the end is not in it


@pytest.mark.parametrize(
    ("clock", "utc"),
    [
        ("01:59", "2026-03-29T00:59Z"),
        ("02:00", "2026-03-29T01:00Z"),  # from here to 02:59 the clocks show nothing
        ("02:30", "2026-03-29T01:00Z"),
        ("02:59", "2026-03-29T01:00Z"),
        ("03:00", "2026-03-29T01:00Z"),
        ("03:01", "2026-03-29T01:01Z"),
        ("24:00", "2026-03-29T22:00Z"),
    ],
)
def test_a_time_that_is_left_out_is_the_moment_of_the_jump(clock: str, utc: str) -> None:
    assert moment(date(2026, 3, 29), clock, ZONE) == at(utc)


@pytest.mark.parametrize(
    ("clock", "utc"), [("01:59", "2026-10-24T23:59Z"), ("02:30", "2026-10-25T00:30Z"), ("03:00", "2026-10-25T02:00Z")]
)
def test_a_time_that_comes_twice_is_its_first_one(clock: str, utc: str) -> None:
    assert moment(date(2026, 10, 25), clock, ZONE) == at(utc)


def test_a_night_shift_over_the_change_lasts_from_clock_to_clock() -> None:
    for begin, hours in (("2026-03-28T19:00Z", 11), ("2026-10-24T18:00Z", 13)):
        start = at(begin)
        held = [holder(NIGHTS, start + timedelta(minutes=n), PRAGUE) for n in range(-1, hours * 60 + 1)]
        assert held == ["ann", *["bob"] * (hours * 60), "ann"]


CLOCKS = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)]
MOMENTS = st.sampled_from([at("2026-03-27T00:00Z"), at("2026-10-23T00:00Z"), at("2026-06-01T00:00Z")]).flatmap(
    lambda begin: st.integers(0, 6 * 24 * 60).map(lambda minutes: begin + timedelta(minutes=minutes))
)


@given(st.lists(st.sampled_from(CLOCKS), min_size=1, max_size=5, unique=True), MOMENTS)
def test_shifts_that_touch_leave_neither_a_gap_nor_an_overlap(cuts: list[str], now: datetime) -> None:
    cuts = sorted(cuts)
    people = [f"p{place}" for place in range(len(cuts))]
    ends = [*cuts[1:], cuts[0]]
    week = [weekly(who, list(DAYS), *span) for who, span in zip(people, zip(cuts, ends, strict=True), strict=True)]
    plan = rota(week=week)
    held = holder(plan, now, PRAGUE)
    assert held is not None
    # whoever is written first or last: nobody else claims the time
    assert holder(rota(week=week[::-1]), now, PRAGUE) == held
    clock = now.astimezone(ZONE).strftime("%H:%M")
    if now.astimezone(ZONE).fold == 0:  # in the hour's second coming the first shift of it is over
        assert held == people[max((place for place, cut in enumerate(cuts) if cut <= clock), default=-1)]


SPANS = st.tuples(st.sampled_from(["ann", "bob", "eva"]), MOMENTS, st.integers(1, 72)).map(
    lambda one: {"person": one[0], "start": one[1].isoformat(), "end": (one[1] + timedelta(hours=one[2])).isoformat()}
)
WEEKLY = st.builds(
    weekly,
    st.sampled_from(["ann", "bob", "eva"]),
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True),
    st.sampled_from(CLOCKS),
    st.sampled_from([*CLOCKS, "24:00"]),
)
PLANS = st.builds(
    lambda week, shifts, swaps: rota(week=week, shifts=shifts, swaps=swaps),
    st.lists(WEEKLY, max_size=3),
    st.lists(SPANS, max_size=3),
    st.lists(SPANS, max_size=2),
)


@given(PLANS, MOMENTS)
def test_between_two_changes_one_person_has_duty(plan: Rota, now: datetime) -> None:
    coming = changes(plan, now, PRAGUE)
    assert all(one > now for one in coming)
    end = coming[0] if coming else now + timedelta(days=5)
    held = holder(plan, now, PRAGUE)
    for share in range(1, 8):
        assert holder(plan, now + (end - now) * share / 8, PRAGUE) == held


@given(PLANS, MOMENTS)
def test_the_next_change_is_the_first_moment_with_somebody_else(plan: Rota, now: datetime) -> None:
    whole = roster(duty={"default": "ann", "rota": "weeks"}, rota=[plan.model_dump(mode="json")])
    first, until = on_duty(whole, now, PRAGUE), next_change(whole, now, PRAGUE)
    last = until or now + timedelta(days=5)
    assert until is None or on_duty(whole, until, PRAGUE) != first
    step = timedelta(minutes=30)
    looked, seen = now, []
    while looked < last:
        seen.append(on_duty(whole, looked, PRAGUE))
        looked += step
    assert set(seen) <= {first}


@given(PLANS, MOMENTS)
def test_gaps_are_exactly_the_times_without_anybody(plan: Rota, begin: datetime) -> None:
    end = begin + timedelta(days=3)
    found = list(gaps(plan, begin, end, PRAGUE))
    looked = begin
    while looked < end:
        inside = any(first <= looked < last for first, last in found)
        assert inside == (holder(plan, looked, PRAGUE) is None)
        looked += timedelta(minutes=30)


def test_without_a_rota_or_in_its_gap_the_default_has_duty() -> None:
    assert on_duty(roster(), at("2026-03-02T12:00Z"), PRAGUE) == "ann"
    assert next_change(roster(), at("2026-03-02T12:00Z"), PRAGUE) is None
    week = [weekly("bob", ["mon"], "10:00", "14:00"), weekly("gone", ["tue"], "00:00", "24:00")]
    planned = roster(duty={"default": "ann", "rota": "weeks"}, rota=[{"id": "weeks", "week": week}])
    assert on_duty(planned, at("2026-03-02T12:00Z"), PRAGUE) == "bob"
    assert next_change(planned, at("2026-03-02T12:00Z"), PRAGUE) == at("2026-03-02T13:00Z")
    assert on_duty(planned, at("2026-03-02T13:00Z"), PRAGUE) == "ann"
    assert on_duty(planned, at("2026-03-03T12:00Z"), PRAGUE) == "ann"  # "gone" is nobody


def test_a_zone_that_is_none_does_not_stop_anybody() -> None:
    assert zone_of("Mars/Olympus", PRAGUE) == ZONE
    assert zone_of("../../etc/passwd", "nor/this").key == "UTC"
    assert (
        holder(
            rota(timezone="nowhere", week=[weekly("ann", ["mon"], "09:00", "10:00")]),
            datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
            PRAGUE,
        )
        == "ann"
    )
