"""The call log in the browser: found, one's own for technicians, and harmless as CSV."""

from __future__ import annotations

import csv
import io
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.calls import queries
from appliance.calls.schema import MIGRATIONS, calls_file
from appliance.domain.calls import CallRecord, Leg, LegResult, Outcome
from appliance.journal.store import FILE_NAME
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
    assert "No calls yet." in (await nobody.get("/calls"))[1]


async def test_a_number_is_found_as_a_person_writes_it(pages: House, tmp_path: Path) -> None:
    keep(tmp_path, call(1, "anna", caller="+420606000017"), call(2, "anna", caller="800"))
    browser = await pages.signed_in(Role.SUPERVISOR)
    for written in ("606 000 017", "606000017", "+420 606 000 017", "00420606000017"):
        text = (await browser.get("/calls", params={"number": written}))[1]
        assert "<strong>+420606000017</strong>" in text, written
        assert "<strong>800</strong>" not in text
    assert "<strong>800</strong>" in (await browser.get("/calls?number=800"))[1]
    assert "No call fits." in (await browser.get("/calls?number=606000018"))[1]


async def test_before_the_first_call_pages_say_nothing_yet_and_log_nothing(
    pages: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    for files in ("none", "empty"):  # empty: their owners have opened them, and are about to make the tables
        if files == "empty":
            for file in (calls_file(tmp_path), tmp_path / FILE_NAME):
                file.parent.mkdir(parents=True, exist_ok=True)
                sqlite3.connect(file).execute("VACUUM").connection.close()
                assert file.exists()
        for path in ("/", "/calls", "/calls/export.csv", "/timeline", "/people/file", "/statistics", "/system"):
            status, text = await browser.get(path)
            assert status == 200, (files, path)
            assert "no such table" not in text, (files, path)
        assert "No calls yet." in (await browser.get("/calls"))[1]
        assert "The guard has kept nothing yet" in (await browser.get("/timeline"))[1]
        assert "Nothing yet." in (await browser.get("/people/file"))[1]
        assert (await browser.get("/calls/none"))[0] == 404
    assert [one.getMessage() for one in caplog.records if one.name.startswith("appliance")] == []


def test_a_spreadsheet_takes_no_callers_name_for_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(as_csv([call(1, "a", caller='=cmd|"/c calc"!A1')]))))
    assert rows[1][3] == '\'=cmd|"/c calc"!A1'
    assert rows[1][4] == "+420226000100"


async def test_calls_are_found_by_line(pages: House, tmp_path: Path) -> None:
    keep(tmp_path, call(1, "anna"), replace(call(2, "anna", caller="+420601000002"), line="other"))
    _status, text = await (await pages.signed_in(Role.SUPERVISOR)).get("/calls?line=service")
    assert '<option value="service" selected>Service line</option>' in text
    assert ("+420601000001" in text, "+420601000002" in text) == (True, False)
