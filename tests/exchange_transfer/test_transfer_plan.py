from __future__ import annotations

import pytest

from appliance.exchange.route import OnDuty
from appliance.exchange.transfer.plan import caller_of, steps_after, steps_to, target_of, user_of
from appliance.exchange.way_steps import RingGroup, RingPerson, RingTechnician
from appliance.roster.models import Roster
from tests.exchange_pure.rosters import NUMBERS, group, people, roster


def with_extensions() -> Roster:
    document = roster(
        group=[
            group("ops", "eva", "jan", extension="200", backup="spare", strategy="memoryhunt"),
            group("spare", "ota"),
        ]
    )
    extensions = {"eva": "201", "jan": "202"}
    persons = tuple(
        person.model_copy(update={"extension": extensions.get(person.id), "sip": f"{person.id}-phone"})
        for person in document.person
    )
    return document.model_copy(update={"person": persons})


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("200", "group:ops"),
        ("201", "person:eva"),
        (NUMBERS["jan"], "person:jan"),
        ("jan-phone", "person:jan"),
        ("999", None),
        ("", None),
        ("+420900123456", None),
        ("None", None),
    ],
)
def test_only_people_and_groups_of_the_roster(text: str, label: str | None) -> None:
    target = target_of(text, with_extensions())
    assert (target.label if target else None) == label


@pytest.mark.parametrize(
    "uri",
    ["201", "sip:201@192.0.2.1", "<sip:201@192.0.2.1:5060>", "SIPS:201@x;transport=tls", "tel:201", "sip:201"],
)
def test_the_user_of_a_uri(uri: str) -> None:
    assert user_of(uri) == "201"


def test_a_group_rings_by_its_own_strategy_then_its_backup_and_never_whoever_transfers() -> None:
    document = with_extensions()
    target = target_of("200", document)
    assert target is not None
    members = {"ops": people(document, "eva", "jan"), "spare": people(document, "ota")}
    steps = steps_to(target, "eva", document, members, OnDuty())
    first, second = steps
    assert isinstance(first, RingGroup)
    assert isinstance(second, RingGroup)
    assert (first.plan.strategy, first.plan.members) == ("memoryhunt", ("jan",))
    assert [person.id for person in first.people] == ["jan"]
    assert second.group == "spare"
    assert not first.plan.waits


def test_nobody_is_handed_their_own_call() -> None:
    document = with_extensions()
    target = target_of("201", document)
    assert target is not None
    assert steps_to(target, "eva", document, {}, OnDuty()) == ()
    (step,) = steps_to(target, "jan", document, {}, OnDuty())
    assert isinstance(step, RingPerson)


@pytest.mark.parametrize("by", ["eva", None, "gone", NUMBERS["eva"]])
def test_after_the_target_the_member_and_then_always_the_technician(by: str | None) -> None:
    *back, last = steps_after(by, with_extensions(), OnDuty())
    assert isinstance(last, RingTechnician)
    assert last.number == NUMBERS["tech"]
    assert [isinstance(step, RingPerson) for step in back] == ([True] if by == "eva" else [])


def test_whose_phone_calls() -> None:
    found = caller_of("eva-phone", with_extensions())
    assert found is not None
    assert found.id == "eva"
    assert caller_of("nobody", with_extensions()) is None
    assert caller_of("", with_extensions()) is None
