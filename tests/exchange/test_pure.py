"""The small decisions: why a leg ended, who has duty, what the dialplan noted, who is taken, which trunk is next."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from appliance.asterisk.events import AriEvent
from appliance.config.models import Trunk
from appliance.domain.calls import CallRecord, LegResult, Outcome
from appliance.exchange import unseen
from appliance.exchange.book import SETTLES_S, Book
from appliance.exchange.call import read_leg_variable, seconds_between
from appliance.exchange.causes import Ending, ending
from appliance.exchange.duty import HeardDuty, duty_now, number_of
from appliance.exchange.phones import Phone, member_of
from appliance.exchange.route import OnDuty
from appliance.exchange.switch import Switch
from appliance.exchange.trunks import Trunks
from appliance.roster.models import Person, Roster
from appliance.roster.values import Screening

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cause", "sip", "rang", "expected"),
    [
        (17, 486, False, Ending(LegResult.BUSY, cause=17)),
        (17, 486, True, Ending(LegResult.BUSY, cause=17)),
        (17, None, True, Ending(LegResult.BUSY, cause=17)),
        (21, 603, False, Ending(LegResult.REJECTED, cause=21)),
        (21, 603, True, Ending(LegResult.REJECTED, cause=21)),
        (21, 403, False, Ending(LegResult.UNREACHABLE, elsewhere=True, cause=21)),
        (34, 503, False, Ending(LegResult.UNREACHABLE, elsewhere=True, cause=34)),
        (34, 503, True, Ending(LegResult.NO_ANSWER, cause=34)),  # it rang: another trunk would ring it again
        (19, 480, False, Ending(LegResult.NO_ANSWER, cause=19)),
        (1, 404, False, Ending(LegResult.UNREACHABLE, elsewhere=True, cause=1)),
        (None, None, False, Ending(LegResult.UNREACHABLE, elsewhere=True)),
    ],
)
def test_why_a_leg_ended(cause: int | None, sip: int | None, rang: bool, expected: Ending) -> None:
    assert ending(cause, sip, rang=rang) == expected


def rota_roster() -> Roster:
    people = [{"id": one, "name": one, "mobile": f"+42077700011{number}"} for number, one in enumerate("abc")]
    shifts = [
        {"person": "a", "start": NOW - timedelta(hours=1), "end": NOW + timedelta(hours=1)},
        {"person": "b", "start": NOW + timedelta(hours=1), "end": NOW + timedelta(hours=9)},
    ]
    return Roster.model_validate(
        {"duty": {"default": "c", "rota": "r"}, "person": people, "rota": [{"id": "r", "shifts": shifts}]}
    )


def test_duty_is_the_guards_word_while_it_holds() -> None:
    roster, later = rota_roster(), NOW + timedelta(hours=2)
    assert duty_now(roster, None, NOW, "UTC") == OnDuty("a")
    by_rota = HeardDuty("a", "+420777000110", None, "a")
    assert duty_now(roster, by_rota, NOW, "UTC") == OnDuty("a", "+420777000110")
    assert duty_now(roster, by_rota, later, "UTC") == OnDuty("b")  # the broker is away, the rota goes on
    by_person = HeardDuty("c", "+420777000112", None, "a")
    assert duty_now(roster, by_person, later, "UTC") == OnDuty("c", "+420777000112")
    for_a_while = HeardDuty("c", "+420777000112", NOW + timedelta(hours=1), "a")
    assert duty_now(roster, for_a_while, NOW, "UTC").person == "c"
    assert duty_now(roster, for_a_while, later, "UTC") == OnDuty("b")
    assert number_of(roster, OnDuty("gone")) == "+420777000112"
    assert number_of(roster, OnDuty(None, "+420601000001")) == "+420601000001"


def test_what_the_dialplan_noted() -> None:
    note = unseen.read("1772452800:ANSWER:25:+420777000111:+420226000100:+420601000001:trunk-a")
    assert note is not None
    record = unseen.unseen("box", "box-1772452760.7", note)
    assert (record.arrived_at, record.ended_at) == ("2026-03-02T11:59:20.000Z", "2026-03-02T12:00:00.000Z")
    assert (record.outcome, record.waited_s, record.talked_s) == (Outcome.ANSWERED, 15.0, 25.0)
    assert record.legs[0].result is LegResult.TALKED
    for status, outcome in (
        ("CANCEL", Outcome.ABANDONED),
        ("NOANSWER", Outcome.UNANSWERED),
        ("X", Outcome.UNANSWERED),
    ):
        note = unseen.read(f"1772452800:{status}::+420777000111:::")
        assert note is not None
        record = unseen.unseen("box", "odd", note)
        assert (record.outcome, record.talked_s, record.caller) == (outcome, None, None)


@pytest.mark.parametrize("value", ["", "x", "1:2:3", "a:b:c:d:e:f:g", "99999999999999999999:::::::", "1e5::::::"])
def test_what_is_no_note_is_passed_over(value: str) -> None:
    assert unseen.read(value) is None


async def test_nobody_is_taken_twice() -> None:
    book, told = Book(), list[int]()
    stop = book.watch("two", lambda: told.append(1))
    own = list[int]()
    stop_own = book.watch("one", lambda: own.append(1))
    anna, boris = frozenset({"anna", "+1"}), frozenset({"boris", "+1"})  # they share a phone
    assert book.take("one", "anna", anna)
    assert book.take("one", "anna", anna)
    assert told
    assert not own  # who takes somebody need not be told
    stop_own()
    assert not book.take("one", "boris", boris)
    assert not book.take("two", "anna", anna)
    assert book.busy("two", {"anna": anna, "boris": boris, "cyril": frozenset({"cyril"})}) == {"anna", "boris"}
    assert book.busy("one", {"anna": anna, "boris": boris}) == {"boris"}
    book.release("two", "anna")
    assert not book.take("two", "anna", anna)
    book.release("one", "anna", 0.01)
    assert not book.take("two", "anna", anna)  # wraps up
    async with asyncio.timeout(90):
        while not book.take("two", "anna", anna):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    released = asyncio.get_running_loop().time()
    assert book.let_go_lately("anna", released)
    assert not book.let_go_lately("anna", released + SETTLES_S)
    assert not book.let_go_lately("cyril", released)
    stop()
    count = len(told)
    book.forget_calls()
    assert book.take("three", "boris", boris)
    assert len(told) == count


def test_events_find_their_calls_and_orphans_are_ended() -> None:
    orphans, owner, arrivals = list[str](), list[AriEvent](), list[AriEvent]()
    switch = Switch(orphans.append)
    switch.welcome("in", arrivals.append)
    switch.own("a", owner.append)
    for channel, args in (("a", []), ("b", ["in", "1"]), ("hl-c", []), ("d", ["odd"]), ("e", [])):
        switch.receive(AriEvent("StasisStart", channel, {"args": args}))
    switch.receive(AriEvent("ChannelDestroyed", "nobody", {}))
    assert [event.channel for event in owner] == ["a"]
    assert [event.channel for event in arrivals] == ["b"]
    assert orphans == ["hl-c", "d", "e"]
    switch.disown("a")
    switch.receive(AriEvent("ChannelDestroyed", "a", {}))
    assert len(owner) == 1


def trunk(name: str, **more: object) -> Trunk:
    return Trunk.model_validate({"name": name, "sip": "sip:192.0.2.10:5060", **more})


async def test_a_trunk_that_failed_comes_last_but_before_none() -> None:
    now = [100.0]
    trunks = Trunks([trunk("a", cps=100.0), trunk("b", cps=100.0), trunk("in-only", outbound=False)], lambda: now[0])
    trunks.suspect("a")
    assert {await trunks.seat(frozenset()) for _ in range(5)} == {"b"}
    trunks.suspect("b")
    assert await trunks.seat(frozenset()) in {"a", "b"}
    assert await trunks.seat(frozenset({"b"})) == "a"
    assert await trunks.seat(frozenset({"a", "b"})) is None
    now[0] += 60
    trunks.suspect("b")
    assert await trunks.seat(frozenset()) == "a"
    trunks.trust("b")
    trunks.carry("b")
    assert trunks.in_use == {"b": 1}
    trunks.free("b")
    trunks.free("b")
    assert trunks.in_use == {}


async def test_a_full_trunk_is_waited_for() -> None:
    loop = asyncio.get_running_loop()
    trunks = Trunks([trunk("a", cps=100.0, channels=1)], loop.time)
    trunks.carry("a")
    waiting = asyncio.create_task(trunks.seat(frozenset()))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    trunks.free("a")
    assert await asyncio.wait_for(waiting, 5) == "a"


def test_phones_of_a_person() -> None:
    person = Person(id="anna", name="Anna", mobile="+420777000113", sip="sip:anna@192.0.2.9", ring=("mobile", "sip"))
    member = member_of(person, Screening.AUTO)
    assert [phone.endpoint("trunk-a") for phone in member.phones] == [
        "PJSIP/+420777000113@trunk-a",
        "PJSIP/phones/sip:anna@192.0.2.9",
    ]
    assert Phone("desk", own=True).endpoint(None) == "PJSIP/desk"
    assert member_of(person, Screening.AUTO, "+420777000999").phones[0].number == "+420777000999"


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"member": "x"}', "3"])
def test_a_leg_that_says_nothing_of_itself_is_no_leg_of_a_call(text: str | None) -> None:
    assert read_leg_variable(text) is None


def test_a_clock_that_was_set_back_makes_no_negative_times() -> None:
    assert seconds_between("2026-03-01T12:00:05.000Z", "2026-03-01T12:00:00.000Z") == 0.0
    assert CallRecord("box", "1", "2026-03-01T12:00:05.000Z", None, "1").waited_s is None
