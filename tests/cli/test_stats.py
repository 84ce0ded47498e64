"""``hotline stats``: a table for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from appliance.calls.log import CallLog
from appliance.calls.schema import calls_file
from appliance.domain.calls import Outcome
from tests.calls.records import answered, arrived
from tests.cli.conftest import Box, Hotline
from tests.cli.story import Story

DAY = ("--since", "2026-07-14", "--until", "2026-07-15")


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


async def keep(box: Box) -> None:
    log = await CallLog.open(calls_file(box.state_dir), "box", patience_s=30)
    await log.put(answered("c1", answered_by="tech-1"))
    at = "2026-07-14T03:00:00.000Z"
    await log.put(arrived("c2", arrived_at=at, line="\x1b[2J", outcome=Outcome.ABANDONED, ended_at=at, waited_s=42.0))
    await log.put(arrived("c3", arrived_at="2026-07-14T04:00:00.000Z", outcome=Outcome.REFUSED, ended_at=at))
    await log.close()


async def test_a_period_in_the_zone_of_the_box(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    ran = await hotline("stats", *DAY, "--config", lonely_box.config)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "2026-07-14 00:00 – 2026-07-15 00:00 Europe/Prague",  # noqa: RUF001
        "",
        "offered        2",
        "answered       1 (50%)",
        "hung up        1 (50%)",
        "unanswered     0",
        "cut            0",
        "service level  50%",
        "average wait   9.5 s",
        "longest wait   42 s",
        "talked         1 min",
        "average talk   1 min",
        "",
        "service level: answered within 20 s, of all but those who hung up within 5 s",
        "not counted: 1 refused: no line took them",
        f"outages are not counted: there is no journal in {lonely_box.state_dir}",
    ]


async def test_by_hour_line_and_person(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    by_hour = await hotline("stats", *DAY, "--by", "hour", "--config", lonely_box.config)
    rows = [line.split() for line in by_hour.out.splitlines()]
    assert ["04:00", "1", "1", "0", "100%", "9.5", "s", "0", "9.5", "s", "1", "min", "1", "min"] in rows
    assert ["05:00", "1", "0", "1", "0%", "42", "s", "0", "-", "-", "-"] in rows
    assert ["06:00", "0", "0", "0", "-", "-", "0", "-", "-", "-"] in rows
    by_line = await hotline("stats", *DAY, "--by", "line", "--config", lonely_box.config)
    assert "\n?[2J" in by_line.out
    by_person = await hotline("stats", *DAY, "--by", "person", "--config", lonely_box.config)
    rows = [line.split() for line in by_person.out.splitlines()]
    assert ["Technician", "1", "1", "1", "0", "1", "min", "0", "1", "1", "min", "1", "min"] in rows
    assert ["eva", "1", "1", "0", "1", "min", "0", "0", "1", "min", "1", "min"] in rows
    nobody = await hotline("stats", *DAY, "--by", "person", "--person", "x", "--config", lonely_box.config)
    assert "no such call" in nobody.out


async def test_csv_and_json_tell_the_same(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    ran = await hotline("stats", *DAY, "--by", "weekday", "--csv", "--config", lonely_box.config)
    rows = [*csv.DictReader(io.StringIO(ran.out))]
    assert [row["weekday"] for row in rows] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "total"]
    ran = await hotline("stats", *DAY, "--by", "weekday", "--json", "--config", lonely_box.config)
    document = json.loads(ran.out)
    assert (document["schema"], document["refused"], document["outages"]) == (1, 1, None)
    for row, told in zip(rows, [*document["rows"], {"key": "total", **document["total"]}], strict=True):
        named = {"weekday": told.pop("key"), **told}
        assert row == {key: "" if value is None else str(value) for key, value in named.items()}


async def test_outages_of_the_guards_journal_are_counted(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    story = Story(lonely_box.state_dir)
    story.normal()
    story.trunk_a_dies()
    story.trunk_a_returns()
    ran = await hotline("stats", *DAY, "--json", "--config", lonely_box.config)
    outages = json.loads(ran.out)["outages"]
    assert (outages["count"], outages["offered"]) == (1, 0)
    assert 200 < outages["lasted_s"] < 240
    ran = await hotline("stats", *DAY, "--config", lonely_box.config)
    assert "1 outage, 3 min " in ran.out


async def test_why_outages_are_not_counted_is_told(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    ran = await hotline("stats", *DAY, "--config", lonely_box.config)
    assert f"outages are not counted: there is no journal in {lonely_box.state_dir}" in ran.out
    (lonely_box.state_dir / "journal.db").write_bytes(b"no database" * 1000)
    document = json.loads((await hotline("stats", *DAY, "--json", "--config", lonely_box.config)).out)
    assert document["outages"] is None
    assert document["outages_unknown"]


@pytest.mark.parametrize(
    ("argv", "code", "told"),
    [
        (("--since", "2026-07-15", "--until", "2026-07-14"), 2, "the period ends before it begins"),
        (("--since", "whenever"), 2, "is no time"),
        (("--by", "moon"), 2, "invalid choice"),
        (("--service-level", "-1"), 2, "is not a number of seconds above 0"),
        (("--short-abandon", "nan"), 2, "is not a number of seconds from 0"),
        (("--json", "--csv"), 2, "not allowed with"),
        ((), 3, "there is no call log"),
    ],
)
async def test_what_cannot_be_answered(
    lonely_box: Box, hotline: Hotline, argv: tuple[str, ...], code: int, told: str
) -> None:
    ran = await hotline("stats", *argv, "--config", lonely_box.config)
    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err
