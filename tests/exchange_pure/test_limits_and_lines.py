"""What may go out, and what a number that comes in means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exchange.limits import HOUR_S, Limits
from appliance.exchange.lines import line_of
from tests.exchange_pure.rosters import DID, SERVICE, roster


def test_a_number_is_called_so_often_an_hour_and_no_more() -> None:
    limits = Limits(per_hour=10, per_number=2)
    assert [limits.take("+1", at) for at in (0.0, 10.0)] == [None, None]
    why = limits.take("+1", 20.0)
    assert why is not None
    assert "2 calls went out to +1" in why
    assert limits.take("+2", 20.0) is None
    assert limits.take("+1", HOUR_S) is None  # the first one is an hour ago


def test_all_of_them_have_a_limit_too_and_the_last_attempt_a_wider_one() -> None:
    limits = Limits(per_hour=3, per_number=3)
    assert [limits.take(f"+{n}", float(n)) for n in range(3)] == [None] * 3
    why = limits.take("+9", 5.0)
    assert why is not None
    assert "exchange.calls_per_hour = 3" in why
    assert limits.free_at(5.0) == HOUR_S
    assert [limits.take("+9", 6.0, last=True) for _time in range(3)] == [None] * 3
    assert limits.take("+9", 7.0, last=True) is not None
    assert Limits(3, 3).free_at(0.0) is None


def test_a_restart_does_not_forget_the_hour() -> None:
    limits = Limits(per_hour=10, per_number=1)
    limits.recall("+1", 100.0)
    assert limits.take("+1", 200.0) is not None
    assert limits.take("+1", 100.0 + HOUR_S) is None


@given(
    st.lists(st.tuples(st.floats(0, 600), st.sampled_from(["+1", "+2", "+3"])), max_size=80),
    st.integers(1, 12),
    st.integers(1, 6),
)
def test_no_hour_has_more_than_allowed(story: list[tuple[float, str]], per_hour: int, per_number: int) -> None:
    limits, now = Limits(per_hour, per_number), 0.0
    allowed: list[tuple[float, str]] = []
    for after_s, number in story:
        now += after_s
        hour = [one for one in allowed if one[0] + HOUR_S > now]
        room = len(hour) < per_hour and sum(to == number for _at, to in hour) < per_number
        assert (limits.take(number, now) is None) == room
        if room:
            allowed.append((now, number))


LINES = roster(
    line=[
        {"id": "all", "name": "All"},
        {"id": "did", "name": "Did", "numbers": [DID]},
        {"id": "service", "name": "Service", "numbers": [SERVICE]},
    ]
)


@pytest.mark.parametrize(
    ("called", "diverted_by", "expected"),
    [
        (DID, (), "did"),
        ("226000100", (), "did"),
        ("420226000100", (), "did"),
        ("00420226000100", (), "did"),
        (DID, (SERVICE,), "did"),  # what was dialled last counts for more
        ("+420910000200", (SERVICE,), "service"),
        ("+420910000200", ("anonymous", SERVICE), "service"),
        ("+420910000200", (), "all"),
        ("s", (), "all"),
        ("", (), "all"),
    ],
)
def test_a_called_number_has_its_line(called: str, diverted_by: tuple[str, ...], expected: str) -> None:
    line = line_of(LINES, called, "CZ", diverted_by)
    assert line is not None
    assert line.id == expected


def test_a_number_without_a_line_has_none() -> None:
    only = roster(line=[{"id": "did", "name": "Did", "numbers": [DID]}])
    assert line_of(only, "+420910000200", "CZ") is None
