"""Figures and outages as pages: periods, charts, what cannot be asked, and one outage as a story."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from appliance.domain.calls import CallRecord, Outcome
from appliance.statistics import tell
from appliance.statistics.question import By, Question
from appliance.statistics.summary import summarise
from appliance.web import charts, spells
from appliance.web.bars import HEIGHT, WIDTH, Row, chart
from appliance.web.languages import Formats
from appliance.web.periods import period_of
from appliance.web.permission import Role
from tests.cli.story import Story
from tests.web.house import House

HOME = ZoneInfo("Europe/Prague")
NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "first", "last", "days"),
    [
        ("today", date(2026, 3, 29), date(2026, 3, 29), 1),
        ("yesterday", date(2026, 3, 28), date(2026, 3, 28), 1),
        ("7d", date(2026, 3, 23), date(2026, 3, 29), 7),
        ("nonsense", date(2026, 3, 23), date(2026, 3, 29), 7),
    ],
)
def test_a_period_is_whole_local_days(name: str, first: date, last: date, days: int) -> None:
    found = period_of(name, "", "", NOW, HOME)
    assert (found.first, found.last, found.days, found.wrong) == (first, last, days, "")


def test_a_day_with_moved_clocks_has_23_hours() -> None:
    found = period_of("today", "", "", NOW, HOME)
    assert (found.until.astimezone(UTC) - found.since.astimezone(UTC)).total_seconds() == 23 * 3600


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("", "2026-03-01", "both days"),
        ("2026-03-02", "2026-03-01", "before it begins"),
        ("1900-01-01", "2026-03-01", "ten years"),
        ("2026-03-01'", "<script>", "both days"),
        ("9999-12-31", "9999-12-31", "our time"),
    ],
)
def test_a_period_that_is_none_is_told_and_the_usual_one_shown(first: str, last: str, why: str) -> None:
    found = period_of("own", first, last, NOW, HOME)
    assert why in found.wrong
    assert found.name == "7d"


def test_bars_stand_on_the_base_in_their_order_and_none_leaves_the_sheet() -> None:
    drawn = chart([Row(str(n), f"{n}", (n, 0, 24 - n)) for n in range(24)])
    assert drawn is not None
    assert drawn.marks[-1].value == 50
    assert [bar.label for bar in drawn.bars][:4] == ["0", "", "2", ""]
    for left, right in zip(drawn.bars, drawn.bars[1:], strict=False):
        assert left.x + left.w < right.x
    assert [part.kind for part in drawn.bars[0].parts] == [2]  # what has no height is not drawn
    for bar in drawn.bars:
        assert bar.x >= drawn.left
        assert bar.x + bar.w <= WIDTH
        assert 0 < bar.parts[-1].y <= bar.parts[0].y <= HEIGHT
        assert bar.parts[0].y + bar.parts[0].h == pytest.approx(drawn.base)
        for low, high in pairwise(bar.parts):
            assert high.y + high.h == pytest.approx(low.y)
    assert chart([Row("a", "a", (0, 0))]) is None
    assert chart([]) is None


def calls(*outcomes: Outcome) -> list[CallRecord]:
    return [
        CallRecord(
            "box",
            f"c{index}",
            f"2026-03-{20 + index}T08:30:00.000Z",
            "+420601000001",
            "+420226000100",
            line="service",
            outcome=outcome,
            ended_at=f"2026-03-{20 + index}T08:31:00.000Z",
            answered_at=f"2026-03-{20 + index}T08:30:09.000Z" if outcome is Outcome.ANSWERED else None,
            answered_by="=anna" if outcome is Outcome.ANSWERED else None,
            waited_s=9.0,
            talked_s=51.0 if outcome is Outcome.ANSWERED else None,
        )
        for index, outcome in enumerate(outcomes)
    ]


def told(by: By) -> dict[str, Any]:
    question = Question(datetime(2026, 3, 20, tzinfo=HOME), datetime(2026, 3, 24, tzinfo=HOME), HOME, by=by)
    return tell.document(summarise(calls(Outcome.ANSWERED, Outcome.ANSWERED, Outcome.ABANDONED), question))


def test_the_largest_number_has_room_beside_the_chart() -> None:
    few, many = chart([Row("a", "a", (9,))]), chart([Row("a", "a", (90_000,))])
    assert few is not None
    assert many is not None
    assert (few.left, many.left) == (40, 94)


@pytest.mark.parametrize(
    ("first", "last", "unit", "count"),
    [
        (date(2026, 3, 1), date(2026, 3, 1), "day", 1),
        (date(2026, 1, 1), date(2026, 3, 3), "day", 62),
        (date(2026, 1, 1), date(2026, 3, 4), "week", 10),
        (date(2026, 1, 1), date(2026, 12, 31), "week", 53),
        (date(2020, 1, 31), date(2026, 2, 1), "month", 74),
    ],
)
def test_a_chart_has_few_bars_that_leave_no_day_out(first: date, last: date, unit: str, count: int) -> None:
    found = spells.spells(first, last)
    assert ({one.unit for one in found}, len(found)) == ({unit}, count)
    assert (found[0].first, found[-1].last) == (first, last)
    for one, after in pairwise(found):
        assert one.first <= one.last
        assert after.first == one.last + timedelta(days=1)


@pytest.mark.parametrize(("day", "long_hour", "lasts_s"), [(date(2026, 3, 29), 2, 0), (date(2026, 10, 25), 2, 7200)])
def test_an_outage_of_a_day_with_moved_clocks_fills_its_hours(day: date, long_hour: int, lasts_s: int) -> None:
    edges = spells.hours(day, HOME)
    found = spells.lasted([(edges[0] - timedelta(hours=1), edges[-1] + timedelta(hours=1))], edges)
    assert found[long_hour] == lasts_s
    assert sum(found) == (edges[-1].astimezone(UTC) - edges[0].astimezone(UTC)).total_seconds()


def test_a_year_of_days_is_summed_over_weeks() -> None:
    period = period_of("365d", "", "", NOW, HOME)
    row = {"answered": 3, "within": 2, "message": 1, "abandoned": 1, "short_abandoned": 1, "unanswered": 1}
    rows = [{**row, "key": f"{period.first + timedelta(days=place)}"} for place in range(period.days)]
    found = charts.of_calls(Formats("en", HOME), "day", rows, period)
    assert found.chart is not None
    assert (found.by, found.heading) == ("day", "By week")
    assert found.kinds == ("within", "later", "apart", "gone", "missed")
    assert len(found.rows) == 365
    told = found.chart.bars[1].title.partition(": ")[2]
    assert told.split(", ")[:2] == ["answered soon 14", "answered later 7"]
    assert told.split(", ")[-2:] == ["hung up before 14", "nobody answered 7"]


async def test_outages_are_drawn_beside_the_calls(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    assert "Outages, minutes" not in (await browser.get("/statistics"))[1]  # no journal, so nobody knows
    story = Story(pages.desk.config.device.state_dir)
    story.now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    story.normal()
    assert "No outage in this period." in (await browser.get("/statistics?period=today"))[1]
    story.trunk_a_dies()
    story.trunk_a_returns()
    for period in ("7d", "365d"):
        text = (await browser.get(f"/statistics?period={period}"))[1]
        assert "Outages, minutes" in text
        assert text.count('<rect class="out"') in (1, 2), period  # two where it lasted over midnight


async def test_the_page_shows_figures_charts_and_people(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    pages.asked.answers["stats"] = {"ok": True, "result": told(By.HOUR)}
    status, text = await browser.get("/statistics?period=today&line=service&person=%22%3E%3Cscript%3E")
    assert status == 200
    assert text.count('<svg class="chart"') == 1
    assert "09:00-10:00: answered soon 2, hung up before 1" in text  # in Prague it is an hour later than in UTC
    assert "67%" in text
    assert "<script>" not in text
    name, args = pages.asked.commands[-1]
    assert (name, args["by"], args["line"], args["person"]) == ("stats", "hour", "service", '"><script>')


async def test_a_sheet_is_csv_and_no_cell_a_formula(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    pages.asked.answers["stats"] = {"ok": True, "result": told(By.PERSON)}
    async with browser.http.get("/statistics.csv?period=7d&by=person") as response:
        assert response.headers["Content-Disposition"].startswith('attachment; filename="hotline-person-')
        rows = list(csv.reader((await response.text()).splitlines()))
    assert rows[0][:3] == ["person", "rung", "answered"]
    assert rows[1][0] == "'=anna"
    pages.asked.answers["stats"] = {"ok": True, "result": told(By.DAY)}
    async with browser.http.get("/statistics.csv?period=7d&by=nonsense") as response:
        rows = list(csv.reader((await response.text()).splitlines()))
    assert [row[0] for row in rows] == ["day", "2026-03-20", "2026-03-21", "2026-03-22", "2026-03-23", "total"]


async def test_without_an_exchange_the_page_says_so(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    pages.asked.silent = True
    status, text = await browser.get("/statistics")
    assert status == 200
    assert "did not tell them" in text
    async with browser.http.get("/statistics.csv") as response:
        assert response.status == 503


async def test_an_outage_is_one_story_with_the_calls_of_the_time(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    assert "The guard has kept nothing yet" in (await browser.get("/timeline"))[1]
    story = Story(pages.desk.config.device.state_dir)
    story.now = datetime.now(UTC).replace(microsecond=0)
    story.normal()
    began = story.now
    story.trunk_a_dies()
    story.trunk_a_returns()
    text = (await browser.get("/timeline"))[1]
    assert text.count('href="/timeline/') == 1
    number = text.split('href="/timeline/')[1].split('"')[0]
    at = began.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    call = {"id": "1", "exchange": "node-1", "arrived_at": at, "ended_at": at, "caller": None, "waited_s": 4.2}
    early = (began - timedelta(seconds=20)).isoformat(timespec="milliseconds")
    before = call | {"id": "0", "arrived_at": early, "answered_at": early, "answered_by": "anna", "ended_at": None}
    pages.asked.answers["calls.find"] = {"ok": True, "result": {"calls": [call, before]}}
    status, text = await browser.get(f"/timeline/{number}")
    assert status == 200
    assert "a hidden number called, and nobody answered within 4 secs (node-1)" in text
    assert "a hidden number called, Anna Nováková answered after" in text  # talked when it began, and so is told
    assert "1 call came meanwhile, 0 of them were answered." in " ".join(text.split())
    assert "AT+CCFC=0,2" in text
    assert text.index("probe trunk trunk-a: MISS") < text.index("decided: secondary")
    pages.asked.silent = True
    assert "could not be asked" in (await browser.get(f"/timeline/{number}"))[1]
    for wrong in ("0", "-1", "none", "999999999999999999999"):
        assert (await browser.get(f"/timeline/{wrong}"))[0] == 404


async def test_no_outage_is_said_too(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    Story(pages.desk.config.device.state_dir).normal()
    assert "No outage in the last 365 days" in (await browser.get("/timeline"))[1]
