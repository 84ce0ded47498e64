from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.roster import holidays
from appliance.roster.hours import situation_of
from appliance.roster.members import members_of
from appliance.roster.models import Holidays, Roster
from tests.roster.made import PRAGUE, at, roster

OFFICE = {
    "id": "office",
    "week": {"mon": ["08:00-12:00", "12:30-16:30"], "fri": ["22:00-24:00"], "sat": ["00:00-02:30"]},
    "dates": {"2026-12-24": ["08:00-12:00"], "2026-12-25": []},
}


def never(_: Holidays, __: date) -> bool:
    return False


def kept(hours: dict[str, Any] | None = None, **line: Any) -> Roster:
    entry = {"id": "service", "name": "Service", "hours": "office", **line}
    return roster(line=[entry], hours=[hours or OFFICE])


def situation(when: str, whole: Roster, is_holiday: Any = never) -> str:
    return situation_of(whole.line[0], whole, at(when), PRAGUE, is_holiday)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-03-02T07:59+01:00", "closed"),
        ("2026-03-02T08:00+01:00", "open"),
        ("2026-03-02T12:00+01:00", "closed"),
        ("2026-03-02T12:30+01:00", "open"),
        ("2026-03-02T16:30+01:00", "closed"),
        ("2026-03-03T10:00+01:00", "closed"),
        ("2026-03-06T23:59+01:00", "open"),  # over midnight into Saturday
        ("2026-03-07T00:00+01:00", "open"),
        ("2026-03-07T02:30+01:00", "closed"),
        ("2026-12-24T09:00+01:00", "open"),  # a Thursday, with hours of its own
        ("2026-12-24T13:00+01:00", "closed"),
        ("2026-12-25T09:00+01:00", "holiday"),
        ("2026-07-06T06:00Z", "open"),  # 08:00 in summer
    ],
)
def test_by_the_clock(when: str, expected: str) -> None:
    assert situation(when, kept()) == expected


def test_the_hour_that_comes_twice_is_open_twice() -> None:
    whole = kept({"id": "office", "week": {"sun": ["02:00-03:00"]}})
    begin = at("2026-10-24T23:59Z")
    found = [situation((begin + timedelta(minutes=n)).isoformat(), whole) for n in range(122)]
    assert found == ["closed", *["open"] * 120, "closed"]


def test_the_hour_that_is_left_out_opens_nothing() -> None:
    whole = kept({"id": "office", "week": {"sun": ["02:00-03:00"]}})
    begin = at("2026-03-29T00:00Z")
    assert {situation((begin + timedelta(minutes=n)).isoformat(), whole) for n in range(180)} == {"closed"}


def test_a_day_of_its_own_stands_above_a_holiday_and_that_above_the_week() -> None:
    whole = kept({**OFFICE, "holidays": {"country": "CZ"}})

    def always(_: Holidays, __: date) -> bool:
        return True

    assert situation("2026-03-02T09:00+01:00", whole, always) == "holiday"
    assert situation("2026-12-24T09:00+01:00", whole, always) == "open"


def test_the_manual_switch_stands_above_all_until_its_time() -> None:
    whole = kept(mode={"situation": "closed", "until": "2026-03-02T09:00+01:00"})
    assert situation("2026-03-02T08:59+01:00", whole) == "closed"
    assert situation("2026-03-02T09:00+01:00", whole) == "open"
    assert situation("2030-03-02T09:00+01:00", kept(mode={"situation": "holiday"})) == "holiday"


def test_without_hours_always_open() -> None:
    assert situation("2026-03-01T03:00Z", kept()) == "closed"
    assert situation("2026-03-01T03:00Z", roster()) == "open"
    assert situation("2026-03-01T03:00Z", roster(line=[{"id": "l", "name": "L", "hours": "gone"}])) == "open"


@given(st.datetimes(datetime(2026, 3, 28), datetime(2026, 10, 26), timezones=st.just(ZoneInfo("UTC"))))  # noqa: DTZ001
def test_hours_agree_with_the_clock_on_the_wall(now: datetime) -> None:
    whole = kept({"id": "office", "week": {"sun": ["01:30-02:30"], "mon": ["09:00-17:00"]}})
    local = now.astimezone(ZoneInfo(PRAGUE))
    spans = {6: (90, 150), 0: (540, 1020)}.get(local.weekday())
    minute = local.hour * 60 + local.minute
    expected = "open" if spans and spans[0] <= minute < spans[1] else "closed"
    assert situation_of(whole.line[0], whole, now, PRAGUE, never) == expected


@pytest.mark.parametrize(
    ("where", "day", "expected"),
    [
        ({"country": "CZ"}, date(2026, 10, 28), True),
        ({"country": "CZ"}, date(2026, 10, 29), False),
        ({"country": "CZ"}, date(2026, 4, 3), True),  # Good Friday moves
        ({"country": "DE", "subdivision": "BY"}, date(2026, 1, 6), True),
        ({"country": "DE"}, date(2026, 1, 6), False),
        ({"country": "XX"}, date(2026, 1, 1), False),
    ],
)
def test_public_holidays(where: dict[str, str], day: date, expected: bool) -> None:
    assert holidays.is_holiday(Holidays.model_validate(where), day) is expected


def test_what_the_library_does_not_know_is_said() -> None:
    assert holidays.unknown(Holidays(country="DE", subdivision="BY")) is None
    assert holidays.unknown(Holidays(country="XX")) == (
        "country",
        "no holidays of 'XX' are known; write an ISO 3166 code such as \"CZ\"",
    )
    wrong = holidays.unknown(Holidays(country="DE", subdivision="ZZ"))
    assert wrong is not None
    assert wrong[0] == "subdivision"
    assert "BY" in wrong[1]


def test_members_are_found_each_once_and_in_order() -> None:
    week = [{"person": "eva", "days": ["mon"], "start": "00:00", "end": "24:00"}]
    members = ["bob", "rota:r", "duty", "gone", "rota:gone", "eva"]
    whole = roster(group=[{"id": "g", "name": "G", "members": members}], rota=[{"id": "r", "week": week}])
    monday, tuesday = at("2026-03-02T12:00Z"), at("2026-03-03T12:00Z")

    def ids(now: datetime, duty: str | None) -> list[str]:
        return [person.id for person in members_of(whole.group[0], whole, now, PRAGUE, duty)]

    assert ids(monday, None) == ["bob", "eva", "ann"]  # nobody told who has duty: the default
    assert ids(monday, "bob") == ["bob", "eva"]
    assert ids(tuesday, "a number of nobody's") == ["bob", "ann", "eva"]
