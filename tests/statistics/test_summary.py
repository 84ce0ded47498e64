"""A day of calls by hand: what each figure must be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from appliance.domain.calls import CallRecord, Leg, LegResult, Outcome
from appliance.domain.times import rfc3339
from appliance.statistics import tell
from appliance.statistics.question import By, Question
from appliance.statistics.summary import Summary, summarise

PRAGUE = ZoneInfo("Europe/Prague")
DAY = datetime(2026, 7, 14, tzinfo=PRAGUE)  # a Tuesday


def leg(person: str | None, result: LegResult, dialled: datetime, answered_s: float, ended_s: float) -> Leg:
    answered = rfc3339(dialled + timedelta(seconds=answered_s)) if result is LegResult.TALKED else None
    return Leg(
        person,
        "+420777000112",
        "trunk-a",
        rfc3339(dialled),
        answered_at=answered,
        ended_at=rfc3339(dialled + timedelta(seconds=ended_s)),
        result=result,
    )


def call(at: datetime, outcome: Outcome | None, waited_s: float, talked_s: float = 0.0, **more: Any) -> CallRecord:
    """A call as the exchange leaves it; ``by`` answered it, ``rang`` were rung in vain."""
    by, rang = more.pop("by", "eva"), more.pop("rang", ())
    answered = at + timedelta(seconds=waited_s) if outcome is Outcome.ANSWERED else None
    legs = [leg(one, LegResult.NO_ANSWER, at, 0, waited_s) for one in rang]
    if answered is not None:
        legs.append(leg(by, LegResult.TALKED, at, waited_s - 0.5, waited_s + talked_s))
    fields = {
        "arrived_at": rfc3339(at),
        "line": "service",
        "answered_at": rfc3339(answered) if answered is not None else None,
        "ended_at": rfc3339(at + timedelta(seconds=waited_s + talked_s)),
        "outcome": outcome,
        "answered_by": by if answered is not None else None,
        "waited_s": waited_s,
        "talked_s": talked_s if answered is not None else None,
        "legs": tuple(legs),
    }
    return CallRecord("box", f"c-{at.timestamp()}", caller="+420605123456", called="+420777000100", **(fields | more))


def at(hour: int, minute: int = 0) -> datetime:
    return DAY.replace(hour=hour, minute=minute)


CALLS = [
    call(at(8), Outcome.ANSWERED, 6.0, 60.0),
    call(at(8, 30), Outcome.ANSWERED, 20.0, 30.0, by="jan", rang=("eva",)),  # just in time
    call(at(9), Outcome.ANSWERED, 20.001, 90.0, rang=("jan",)),  # just not
    call(at(9, 1), Outcome.ABANDONED, 4.999, rang=("jan",)),  # hardly waited
    call(at(9, 2), Outcome.ABANDONED, 5.0, rang=("jan", "eva")),
    call(at(13), Outcome.UNANSWERED, 60.0, line="sales", rang=("jan",)),
    call(at(23, 59), Outcome.CUT, 1.0),
    call(at(10), Outcome.REFUSED, 0.0, line=None),
    call(at(11), None, 0.0, ended_at=None),
    call(at(12), Outcome.ANSWERED, 3.0, 600.0, internal=True, line=None),
    call(at(14) - timedelta(days=1), Outcome.ANSWERED, 3.0, 600.0),  # not in the period
    call(at(0) + timedelta(days=1), Outcome.ANSWERED, 3.0, 600.0),
]


def asked(**more: Any) -> Summary:
    outages = more.pop("outages", None)
    question = Question(**{"since": DAY, "until": DAY + timedelta(days=1), "zone": PRAGUE} | more)
    return summarise(CALLS, question, outages)


def test_the_whole_day() -> None:
    found = asked()
    assert tell.of_calls(found.total) == {
        "offered": 7,
        "answered": 3,
        "abandoned": 1,
        "short_abandoned": 1,
        "unanswered": 1,
        "message": 0,
        "callback": 0,
        "served": 0,
        "cut": 1,
        "other": 0,
        "within": 2,
        "service_level": 0.3333,  # 2 of 7 less the one who hung up at once
        "average_wait_s": 15.334,
        "average_abandon_s": 5.0,  # 9.999 s in two
        "longest_wait_s": 60.0,
        "talk_s": 180.0,
        "average_talk_s": 60.0,
        "longest_talk_s": 90.0,
    }
    assert (found.refused, found.under_way, found.internal, found.outages) == (1, 1, 1, None)


def test_people() -> None:
    people = {one["person"]: one for one in tell.document(asked(by=By.PERSON))["people"]}
    assert people == {
        "eva": {
            "person": "eva",
            "rung": 4,
            "answered": 2,
            "missed": 2,
            "spared": 0,
            "took": 2,
            "talk_s": 150.0,
            "average_talk_s": 75.0,
            "longest_talk_s": 90.0,
        },
        "jan": {
            "person": "jan",
            "rung": 5,
            "answered": 1,
            "missed": 4,
            "spared": 0,
            "took": 1,
            "talk_s": 30.0,
            "average_talk_s": 30.0,
            "longest_talk_s": 30.0,
        },
    }


def test_one_line_and_one_person() -> None:
    assert (asked(line="sales").total.offered, asked(line="sales").total.unanswered) == (1, 1)
    jan = asked(person="jan")
    assert (jan.total.offered, jan.total.answered, [one.person for one in jan.people]) == (5, 2, ["jan"])
    assert asked(line="nobody's").total == asked(queue="none").total
    assert asked(queue="none").total.offered == 0
    assert asked(queue="none").total.service_level is None


def test_by_hour_weekday_day_and_line() -> None:
    hours = {row.key: row.figures.offered for row in asked(by=By.HOUR).rows}
    assert list(hours) == [str(hour) for hour in range(24)]
    assert {key: count for key, count in hours.items() if count} == {"8": 2, "9": 3, "13": 1, "23": 1}
    assert [(row.key, row.figures.offered) for row in asked(by=By.WEEKDAY).rows] == [
        (day, 7 if day == "tue" else 0) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    ]
    days = asked(by=By.DAY, since=DAY - timedelta(days=2), until=DAY + timedelta(days=2)).rows
    assert [(row.key, row.figures.offered) for row in days] == [
        ("2026-07-12", 0),
        ("2026-07-13", 1),
        ("2026-07-14", 7),
        ("2026-07-15", 1),
    ]
    assert [(row.key, row.figures.offered) for row in asked(by=By.LINE).rows] == [("sales", 1), ("service", 6)]


@pytest.mark.parametrize(
    ("day", "hours", "at_two"),
    [("2026-03-29", 23, 0), ("2026-10-25", 25, 2), ("2026-10-24", 24, 1)],
    ids=["forward", "back", "another day"],
)
def test_nights_in_which_the_clocks_change(day: str, hours: int, at_two: int) -> None:
    """A call each full hour of the day that really passes: none is at two where there is no two, both are where there
    are two, and none slips into another day."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=PRAGUE)
    following = (midnight + timedelta(days=1)).astimezone(UTC)
    moments = [midnight.astimezone(UTC) + timedelta(hours=n) for n in range(hours)]
    assert moments[-1] + timedelta(hours=1) == following
    records = [call(moment, Outcome.ANSWERED, 1.0, 1.0) for moment in moments]
    question = Question(midnight, following, PRAGUE, by=By.HOUR)
    by_hour = {row.key: row.figures.offered for row in summarise(records, question).rows}
    assert by_hour == {str(hour): at_two if hour == 2 else 1 for hour in range(24)}
    by_day = summarise(records, Question(midnight, following, PRAGUE, by=By.DAY)).rows
    assert [(row.key, row.figures.offered) for row in by_day] == [(day, hours)]


def test_outages_are_clipped_to_the_period() -> None:
    spans = [
        (at(13) - timedelta(hours=1), at(13, 1)),  # the unanswered call came in it
        (at(0) - timedelta(hours=1), at(1)),
        (at(23), None),  # lasts: the cut call
        (at(0) - timedelta(days=3), at(0) - timedelta(days=2)),  # long over
    ]
    found = asked(outages=spans).outages
    assert found is not None
    assert (found.count, found.lasted_s, found.offered) == (3, 3660.0 + 3600.0 + 3600.0, 2)
    assert asked(outages=[]).outages == type(found)(0, 0.0, 0)


def test_transfers_give_talk_to_each_who_talked() -> None:
    """Jan took the call and handed it to Eva: both answered it, Jan took it."""
    record = call(at(8), Outcome.ANSWERED, 10.0, 100.0, by="jan", rang=("eva",))
    handed = leg("eva", LegResult.TALKED, at(8) + timedelta(seconds=40), 5, 70)
    found = summarise([replace(record, legs=(*record.legs, handed))], asked().question).people
    assert [(one.person, one.rung, one.answered, one.took, one.talk_ms) for one in found] == [
        ("eva", 1, 1, 0, 65_000),
        ("jan", 1, 1, 1, 100_000),
    ]


def test_who_is_called_back_is_nobody_who_works_here() -> None:
    found = call(at(8), Outcome.ANSWERED, 60.0, 30.0, callback="cb-1")
    rung = replace(leg(None, LegResult.TALKED, at(8), 50.0, 90.0), number=found.caller or "")
    erased = replace(found, caller=None, legs=(*found.legs, replace(rung, number="")))
    for one in (replace(found, legs=(*found.legs, rung)), erased):
        assert [person.person for person in summarise([one], asked().question).people] == ["eva"]


def test_messages_and_what_a_menu_tells_are_no_lost_callers() -> None:
    records = [
        call(at(8), Outcome.MESSAGE, 40.0),
        call(at(8), Outcome.SERVED, 30.0),
        call(at(8), Outcome.CALLBACK, 60.0),
        call(at(8), Outcome.CANCELLED, 60.0),
        call(at(8), Outcome.ANSWERED, 5.0, 5.0),
    ]
    found = summarise(records, asked().question)
    total = found.total
    assert (total.offered, total.message, total.callback, total.served, total.lost) == (4, 1, 1, 1, 0)
    assert found.cancelled == 1
    assert total.service_level == 1 / 3  # whoever was served by a menu asked for nobody


def test_the_wait_in_a_queue_begins_when_the_call_came_there() -> None:
    queued = {"queue": "hot", "queued_at": rfc3339(at(8) + timedelta(seconds=30))}
    records = [
        call(at(8), Outcome.ANSWERED, 45.0, 5.0, **queued),
        call(at(8), Outcome.ABANDONED, 50.0, **queued),
        call(at(8), Outcome.ANSWERED, 45.0, 5.0, queue="hot"),  # of a version that did not note it
        call(at(8), Outcome.ANSWERED, 45.0, 5.0, queue="cold"),
    ]
    asked_for = Question(DAY, DAY + timedelta(days=1), PRAGUE, queue="hot")
    total = summarise(records, asked_for).total
    assert (total.offered, total.answer_wait_ms, total.abandon_wait_ms) == (3, 60_000, 20_000)
    assert total.within == 1
    assert summarise(records, asked().question).total.answer_wait_ms == 135_000


def test_records_that_make_no_sense_spoil_nothing() -> None:
    odd = [
        call(at(8), Outcome.ANSWERED, 5.0, 5.0, arrived_at="yesterday"),
        call(at(8), Outcome.ANSWERED, 5.0, 5.0, arrived_at="2026-07-14T08:00:00"),
        replace(NOBODY_OF_US, waited_s=-5.0, talked_s=-7.0),
        call(at(8), None, 5.0),  # ended, with an outcome that this version does not know
    ]
    found = summarise(odd, asked().question)
    assert (found.total.offered, found.total.answered, found.total.other, found.total.longest_wait_ms) == (
        2,
        1,
        1,
        5000,
    )
    assert [one.person for one in found.people] == ["+420777000119"]


NOBODY_OF_US = call(at(8), Outcome.ANSWERED, 5.0, 5.0, legs=(), answered_by=None, answered_number="+420777000119")
