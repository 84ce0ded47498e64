"""A plan is walked from its first step to its last, and back to it from wherever a step led."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from appliance.domain.calls import CallRecord
from appliance.exchange.route import OnDuty, detour, route
from appliance.exchange.walk import LED_AT_MOST, Walk, walk_on
from appliance.exchange.way_steps import Step
from appliance.roster.models import Line
from tests.exchange_pure.rosters import NUMBERS, group, people, roster

BY = roster(group=[group("ops", "eva", backup="second"), group("second", "ota")])
MEMBERS = {one.id: people(BY, *one.members) for one in BY.group}
TECH = OnDuty("tech", NUMBERS["tech"])
PLAN = route(Line(id="l", name="L", greeting="hello", open=("person:jan",)), "open", BY, MEMBERS, TECH).steps
RECORD = CallRecord("box", "1", "2026-01-01T00:00:00.000Z", None, "+420226000100")


def steps(text: str) -> Sequence[Step]:
    return detour(text, "test", BY, MEMBERS, TECH).steps


def rest(walk: Walk) -> list[str]:
    found = []
    while (step := walk.next()) is not None:
        found.append(step.label)
    return found


def test_a_plan_is_walked_in_order() -> None:
    assert rest(Walk(PLAN)) == ["play:hello", "person:jan", "duty"]


def test_what_a_step_leads_to_comes_first_and_then_the_plan() -> None:
    walk = Walk(PLAN)
    walk.next()
    assert walk.lead(steps("group:ops"))
    assert (walk.next() or PLAN[0]).label == "group:ops"
    assert (walk.at, walk.aside) == (0, True)
    assert walk.lead(steps("play:bye"))
    assert rest(walk) == ["play:bye", "group:second", "person:jan", "duty"]
    assert (walk.at, walk.aside) == (2, False)


def test_who_is_led_in_a_circle_comes_out_of_it() -> None:
    walk = Walk(PLAN)
    walk.next()
    led = 0
    while walk.lead(steps("play:again")):
        walk.next()
        led += 1
    assert led == LED_AT_MOST
    assert rest(walk) == ["person:jan", "duty"]


def test_a_call_that_is_taken_up_goes_on_where_it_was_led_to() -> None:
    record = replace(RECORD, steps=("play:hello", "group:second"), led_from=0)
    walk = walk_on(PLAN, record, (), steps)
    assert (walk.next() or PLAN[0]).label == "group:second"
    assert (walk.at, walk.aside) == (0, True)
    assert rest(walk) == ["person:jan", "duty"]


def test_where_it_was_led_to_is_no_more() -> None:
    record = replace(RECORD, steps=("play:hello", "group:gone"), led_from=0)
    assert rest(walk_on(PLAN, record, (), steps)) == ["person:jan", "duty"]


def test_a_plan_that_became_shorter_still_leads_to_a_human() -> None:
    record = replace(RECORD, steps=("play:x",) * 9, led_from=8)
    assert rest(walk_on(PLAN, record, (), lambda _: ())) == ["duty"]


def test_where_nobody_was_led_the_plan_goes_on_as_before() -> None:
    record = replace(RECORD, steps=("play:hello", "person:jan"))
    assert rest(walk_on(PLAN, record, ("jan",), steps)) == ["person:jan", "duty"]


def test_hangup_and_nowhere() -> None:
    assert [step.label for step in steps("hangup")] == ["hangup"]
    assert steps("group:nothing") == ()
