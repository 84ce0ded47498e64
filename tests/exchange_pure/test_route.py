"""A plan becomes steps, and the last one always leads to a human."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from appliance.exchange.route import OnDuty, Route, Situation, route
from appliance.exchange.way_steps import HangUp, Play, RingGroup, RingPerson, RingTechnician
from appliance.roster.models import Line, Roster
from tests.exchange_pure.rosters import NUMBERS, group, people, roster

TECH = OnDuty("tech", NUMBERS["tech"])


def line(**parts: Any) -> Line:
    return Line.model_validate({"id": "service", "name": "Service", **parts})


def of(the_line: Line, by: Roster, situation: Situation = "open", duty: OnDuty = TECH) -> Route:
    members = {one.id: people(by, *one.members) for one in by.group}
    return route(the_line, situation, by, members, duty)


def labels(found: Route) -> list[str]:
    return [step.label for step in found.steps]


def test_what_cannot_be_done_yet_is_passed_over_and_said() -> None:
    queue = {"id": "desk", "name": "Desk", "agents": ["eva"]}
    by = roster(group=[group("ops")], queue=[queue])
    found = of(line(open=["queue:x", "queue:desk", "menu:welcome", "mailbox:desk", "group:ops"]), by)
    assert [text.partition(":")[0] for text in found.left_out] == ["queue", "menu", "mailbox", "group"]
    assert labels(found) == ["queue:desk", "duty"]


def test_greeting_notice_plan_backup_and_last_of_all_the_technician() -> None:
    by = roster(group=[group("ops", "eva", "jan", backup="second", ring_s=20), group("second", "ota")])
    service = line(greeting="hello", record=True, record_notice="recorded", open=["group:ops", "play:sorry"])
    found = of(service, by)
    assert labels(found) == ["play:hello", "play:recorded", "group:ops", "group:second", "play:sorry", "duty"]
    assert [step.why for step in found.steps] == [
        "greeting of line service",
        "line service records its calls",
        "plan of line service, open",
        "backup of group ops",
        "plan of line service, open",
        "nobody before answered",
    ]
    ops = found.steps[2]
    assert isinstance(ops, RingGroup)
    assert (ops.plan.members, ops.plan.ring_s, [person.id for person in ops.people]) == (
        ("eva", "jan"),
        20.0,
        ["eva", "jan"],
    )


def test_each_situation_has_its_plan_and_a_holiday_is_as_closed_without_one() -> None:
    by = roster()
    service = line(open=["person:eva"], closed=["person:jan"])
    assert labels(of(service, by, "open"))[0] == "person:eva"
    assert labels(of(service, by, "closed"))[0] == "person:jan"
    assert labels(of(service, by, "holiday"))[0] == "person:jan"
    assert labels(of(line(closed=["person:jan"], holiday=[]), by, "holiday")) == ["duty"]


def test_loops_of_backups_are_cut_and_told() -> None:
    by = roster(group=[group("a", "eva", backup="b"), group("b", "jan", backup="a"), group("c", "ota", backup="c")])
    found = of(line(open=["group:a", "group:c"]), by)
    assert labels(found) == ["group:a", "group:b", "group:c", "duty"]
    assert found.left_out == (
        "group:a: is its own backup, by way of others or at once",
        "group:c: is its own backup, by way of others or at once",
    )


def test_empty_groups_are_skipped_but_their_backup_is_not() -> None:
    by = roster(group=[group("a", "duty", backup="b"), group("b", "jan")])
    found = of(line(open=["group:a"]), by)
    assert labels(found) == ["group:b", "duty"]
    assert found.left_out == ("group:a: has nobody in it now",)


def test_a_backup_that_the_plan_names_too_is_not_rung_twice_running() -> None:
    by = roster(group=[group("a", "eva", backup="b"), group("b", "jan")])
    found = of(line(open=["group:a", "group:b"]), by)
    assert labels(found) == ["group:a", "group:b", "duty"]
    assert found.left_out == ("group:b: was rung already, as a backup",)


def test_a_group_may_be_tried_again_later() -> None:
    by = roster(group=[group("a", "eva")])
    assert labels(of(line(open=["group:a", "person:ota", "group:a"]), by)) == [
        "group:a",
        "person:ota",
        "group:a",
        "duty",
    ]


def test_the_technician_is_rung_again_alone_though_the_group_had_him() -> None:
    by = roster(group=[group("a", "tech", "eva")])
    last = of(line(open=["group:a"]), by).steps[-1]
    assert isinstance(last, RingTechnician)
    assert (last.number, last.person and last.person.id) == (NUMBERS["tech"], "tech")


def test_who_has_duty_may_be_nobody_of_the_roster() -> None:
    last = of(line(), roster(), duty=OnDuty(None, "+420600000000")).steps[-1]
    assert last == RingTechnician("+420600000000", None, "nobody before answered")
    known = of(line(), roster(), duty=OnDuty(None, NUMBERS["eva"])).steps[-1]
    assert isinstance(known, RingTechnician)
    assert known.person is not None
    assert known.person.id == "eva"


def test_without_word_of_duty_the_default_is_rung() -> None:
    for duty in (OnDuty(), OnDuty("gone")):
        last = of(line(), roster(), duty=duty).steps[-1]
        assert isinstance(last, RingTechnician)
        assert last.number == NUMBERS["tech"]


def test_what_nobody_can_be_rung_for_ends_the_call_and_says_so() -> None:
    by = roster(duty={"default": "nobody"})
    found = of(line(open=["duty"]), by, duty=OnDuty())
    assert found.steps == (HangUp("nobody is on duty whose number is known"),)
    assert found.left_out == ("duty: nobody is on duty whose number is known",)


def test_duty_as_the_last_step_is_not_doubled_and_hangup_ends_it() -> None:
    by = roster()
    assert labels(of(line(open=["person:eva", "duty"]), by)) == ["person:eva", "duty"]
    assert labels(of(line(open=["play:closed", "hangup", "person:eva"]), by)) == ["play:closed", "hangup"]


def test_what_does_not_exist_is_left_out() -> None:
    found = of(line(open=["group:gone", "person:gone"]), roster())
    assert labels(found) == ["duty"]
    assert found.left_out == ("group:gone: there is no such group", "person:gone: there is no such person")


names = st.sampled_from(["a", "b", "c", "d"])


@given(
    st.dictionaries(names, st.tuples(st.lists(st.sampled_from(["eva", "jan", "gone"])), st.none() | names)),
    st.lists(
        names.map("group:{}".format) | st.sampled_from(["duty", "play:x", "person:eva", "person:gone", "hangup"])
    ),
)
def test_every_route_ends_and_ends_with_a_technician_unless_it_says_otherwise(
    groups: dict[str, tuple[list[str], str | None]], plan: list[str]
) -> None:
    by = roster(group=[group(id_, *members, backup=backup) for id_, (members, backup) in groups.items()])
    found = of(line(open=plan), by)
    last = found.steps[-1]
    assert isinstance(last, HangUp) == ("hangup" in plan)
    assert isinstance(last, HangUp | RingTechnician)
    assert all(step.why for step in found.steps)
    assert len(found.steps) <= len(plan) * (len(groups) + 1) + 1
    assert not any(isinstance(step, RingGroup) and not step.people for step in found.steps)
    assert all(isinstance(step, Play | RingGroup | RingPerson | RingTechnician) for step in found.steps[:-1])
