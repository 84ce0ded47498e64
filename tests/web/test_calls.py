"""The call log in the browser: found, one's own for technicians, and harmless as CSV."""

from __future__ import annotations

import csv
import io
import sqlite3
from dataclasses import replace
from pathlib import Path

from appliance.calls import queries
from appliance.calls.schema import MIGRATIONS, calls_file
from appliance.domain.calls import CallRecord, Leg, LegResult, Outcome
from appliance.storage import make
from appliance.web.pages.calls import as_csv
from appliance.web.permission import Role
from tests.web.house import House


def call(number: int, person: str, outcome: Outcome = Outcome.ANSWERED, caller: str = "+420601000001") -> CallRecord:
    at = f"2026-07-{number:02d}T10:00:00.000Z"
    leg = Leg(person, "+420777000111", "trunk-a", at, result=LegResult.TALKED)
    return CallRecord(
        exchange="box",
        id=f"box-{number}.0",
        arrived_at=at,
        caller=caller,
        called="+420226000100",
        line="service",
        ended_at=at,
        outcome=outcome,
        answered_by=person if outcome is Outcome.ANSWERED else None,
        waited_s=12.0,
        talked_s=65.0,
        legs=(leg,),
    )


def keep(folder: Path, *records: CallRecord) -> None:
    make(calls_file(folder), MIGRATIONS)
    connection = sqlite3.connect(calls_file(folder))
    with connection:
        for record in records:
            queries.put(connection, record)
    connection.close()


async def test_calls_are_found_and_told_with_their_times(pages: House, tmp_path: Path) -> None:
    keep(tmp_path, call(1, "tech-1"), call(2, "anna", Outcome.UNANSWERED, "+420601000002"))
    browser = await pages.signed_in(Role.SUPERVISOR)
    text = (await browser.get("/calls"))[1]
    assert text.index("+420601000002") < text.index("+420601000001")
    assert "Technician 1" in text
    text = (await browser.get("/calls?outcome=unanswered"))[1]
    assert "+420601000001" not in text
    assert "No call fits." in (await browser.get("/calls?since=2026-08-01"))[1]
    text = (await browser.get("/calls/box-1.0"))[1]
    assert "+420226000100" in text
    assert (await browser.get("/calls/none"))[0] == 404
    for odd in ("since=x&until=99999-99-99", "outcome=x", "before=x", "number=%00%ff"):
        assert (await browser.get(f"/calls?{odd}"))[0] == 200


async def test_a_technician_sees_their_own_calls_and_nobody_elses(pages: House, tmp_path: Path) -> None:
    keep(tmp_path, call(1, "tech-1"), call(2, "anna", caller="+420601000002"))
    anna = await pages.signed_in(Role.TECHNICIAN, name="anna", person="anna")
    for path in ("/calls", "/calls?person=tech-1", "/calls/export.csv?person=tech-1"):
        text = (await anna.get(path))[1]
        assert "+420601000002" in text
        assert "+420601000001" not in text
    assert (await anna.get("/calls/box-2.0"))[0] == 200
    assert (await anna.get("/calls/box-1.0"))[0] == 404
    nobody = await pages.signed_in(Role.TECHNICIAN, name="nobody")
    assert "No call fits." in (await nobody.get("/calls"))[1]


def test_a_spreadsheet_takes_no_callers_name_for_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(as_csv([call(1, "a", caller='=cmd|"/c calc"!A1')]))))
    assert rows[1][3] == '\'=cmd|"/c calc"!A1'
    assert rows[1][4] == "+420226000100"


async def test_calls_are_found_by_line(pages: House, tmp_path: Path) -> None:
    keep(tmp_path, call(1, "anna"), replace(call(2, "anna", caller="+420601000002"), line="other"))
    _status, text = await (await pages.signed_in(Role.SUPERVISOR)).get("/calls?line=service")
    assert '<option value="service" selected>Service line</option>' in text
    assert ("+420601000001" in text, "+420601000002" in text) == (True, False)
