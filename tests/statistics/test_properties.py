"""Whatever the calls are, sums agree."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.calls import CallRecord, Leg, LegResult, Outcome
from appliance.domain.times import rfc3339
from appliance.statistics import tell
from appliance.statistics.figures import Figures
from appliance.statistics.question import By, Question
from appliance.statistics.summary import summarise

SINCE = datetime(2026, 10, 20, tzinfo=UTC)
UNTIL = datetime(2026, 10, 30, tzinfo=UTC)  # the clocks go back in between
ZONES = ("Europe/Prague", "America/Los_Angeles", "Asia/Kathmandu", "UTC")
LONGEST = ("longest_wait_ms", "longest_talk_ms")


@st.composite
def records(draw: st.DrawFn) -> CallRecord:
    arrived = SINCE + timedelta(seconds=draw(st.integers(-86_400, 11 * 86_400)))
    outcome = draw(st.sampled_from([*Outcome, None]))
    waited = draw(st.floats(0, 4000, allow_nan=False))
    people = draw(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=4))
    legs = tuple(
        Leg(
            one, f"+42077700011{place}", "trunk-a", rfc3339(arrived), result=draw(st.sampled_from([*LegResult, None]))
        )
        for place, one in enumerate(people)
    )
    answered = outcome is Outcome.ANSWERED
    ended = draw(st.booleans()) or outcome is not None
    return CallRecord(
        "box",
        "c",
        rfc3339(arrived),
        None,
        "+420777000100",
        line=draw(st.sampled_from(["l1", "l2", None])),
        queue=draw(st.sampled_from(["q1", None])),
        internal=draw(st.sampled_from([True, None, None])),
        answered_at=rfc3339(arrived) if answered else None,
        ended_at=rfc3339(arrived) if ended else None,
        outcome=outcome,
        answered_by=draw(st.sampled_from(["a", "b", None])) if answered else None,
        waited_s=waited if ended else None,
        talked_s=draw(st.floats(0, 4000, allow_nan=False)) if answered else None,
        legs=legs,
    )


@given(
    st.lists(records(), max_size=30),
    st.sampled_from([By.HOUR, By.WEEKDAY, By.DAY, By.LINE, By.QUEUE]),
    st.sampled_from(ZONES),
    st.floats(0, 100),
)
def test_the_rows_sum_up_to_the_total(calls: list[CallRecord], by: By, zone: str, soon_s: float) -> None:
    question = Question(SINCE, UNTIL, ZoneInfo(zone), by=by, service_level_s=soon_s)
    found = summarise(calls, question)
    for field in fields(Figures):
        values = [getattr(row.figures, field.name) for row in found.rows]
        together = max(values, default=0) if field.name in LONGEST else sum(values)
        assert together == getattr(found.total, field.name), field.name
    keys = [row.key for row in found.rows]
    assert len(keys) == len(set(keys))


@given(st.lists(records(), max_size=30), st.floats(0, 100), st.floats(0, 100))
def test_every_call_is_counted_once(calls: list[CallRecord], soon_s: float, short_s: float) -> None:
    question = Question(SINCE, UNTIL, UTC, service_level_s=soon_s, short_abandon_s=short_s)
    found = summarise(calls, question)
    total = found.total
    reached = (total.answered, total.message, total.callback, total.served, total.short_abandoned)
    lost = (total.abandoned, total.unanswered, total.cut, total.other)
    assert sum(reached) + sum(lost) == total.offered
    assert sum(lost) == total.lost
    inside = [one for one in calls if SINCE <= datetime.fromisoformat(one.arrived_at) < UNTIL]
    assert total.offered + found.refused + found.under_way + found.internal + found.cancelled == len(inside)
    assert total.within <= total.answered
    assert total.service_level is None or 0 <= total.service_level <= 1
    for one in found.people:
        assert one.rung == one.answered + one.missed + one.spared
        assert one.took <= one.answered
    assert sum(one.took for one in found.people) <= total.answered
    assert all(len(row) == len(tell.CALL_COLUMNS) + 1 for row in tell.sheet(found))


@given(st.lists(records(), max_size=20))
def test_lines_and_halves_of_the_period_agree_with_the_whole(calls: list[CallRecord]) -> None:
    middle = SINCE + timedelta(days=5)
    whole = summarise(calls, Question(SINCE, UNTIL, UTC)).total
    halves = [
        summarise(calls, Question(since, until, UTC)).total for since, until in ((SINCE, middle), (middle, UNTIL))
    ]
    assert sum(half.offered for half in halves) == whole.offered
    assert sum(half.talk_ms for half in halves) == whole.talk_ms
    by_line = {row.key: row.figures for row in summarise(calls, Question(SINCE, UNTIL, UTC, by=By.LINE)).rows}
    for line, figures in by_line.items():
        if line:
            assert summarise(calls, Question(SINCE, UNTIL, UTC, line=line)).total == figures
