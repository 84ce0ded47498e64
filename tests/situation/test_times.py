"""Times as people write and read them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.situation.times import clock, instant, parse_when, span

PRAGUE = ZoneInfo("Europe/Prague")
NOW = datetime(2026, 7, 14, 0, 30, tzinfo=UTC)  # 02:30 in Prague


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-13T22:11:00Z", "2026-07-13T22:11:00+00:00"),
        ("2026-07-13T22:11:00+02:00", "2026-07-13T20:11:00+00:00"),
        ("2026-07-13 22:11", "2026-07-13T20:11:00+00:00"),
        ("2026-07-13", "2026-07-12T22:00:00+00:00"),
        ("2h", "2026-07-13T22:30:00+00:00"),
        ("90 min", "2026-07-13T23:00:00+00:00"),
        ("1d 12h", "2026-07-12T12:30:00+00:00"),
        ("1.5h", "2026-07-13T23:00:00+00:00"),
        ("30s", "2026-07-14T00:29:30+00:00"),
        ("now", "2026-07-14T00:30:00+00:00"),
        ("today", "2026-07-13T22:00:00+00:00"),
        ("Yesterday", "2026-07-12T22:00:00+00:00"),
        ("02:10", "2026-07-14T00:10:00+00:00"),
        ("23:50", "2026-07-13T21:50:00+00:00"),  # the one that was
    ],
)
def test_a_time_is_read_in_the_zone_of_the_box(text: str, expected: str) -> None:
    assert parse_when(text, NOW, PRAGUE).astimezone(UTC).isoformat() == expected


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2x", "h", "2026-13-01", "-2h"])
def test_what_is_no_time_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="is no time; write 2026-"):
        parse_when(text, NOW, PRAGUE)


@pytest.mark.parametrize("text", ["99999999999d", "9" * 400 + "w", "740000d", "0001-01-01", "9999-12-31T23:59-14:00"])
def test_a_time_outside_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="calendar"):
        parse_when(text, NOW, PRAGUE)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (3.14, "3.1 s"),
        (12.4, "12 s"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (3599.9, "1 h"),
        (93_780, "1 d 2 h"),
        (-75, "-1 min 15 s"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_instants_are_taken_from_documents_of_either_spelling() -> None:
    assert instant("2026-07-14T00:30:00.000Z") == NOW
    assert instant(NOW.timestamp()) == NOW
    assert instant("2026-07-14T00:30:00") is None  # without an offset it says nothing
    assert [instant(odd) for odd in (1e300, float("nan"), -(10**12), "soon", [], True)] == [None] * 6
    assert (instant("x"), instant(None), instant(True)) == (None, None, None)


def test_the_date_is_shown_where_it_is_not_todays() -> None:
    assert clock(NOW, PRAGUE, NOW) == "02:30:00"
    assert clock(datetime(2026, 7, 13, 21, 0, tzinfo=UTC), PRAGUE, NOW) == "2026-07-13 23:00:00"
