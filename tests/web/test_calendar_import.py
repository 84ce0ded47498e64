"""A calendar sent in the browser becomes the shifts of a rota, once somebody has seen what changes."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from appliance.web.permission import Role
from tests.web.guard import RosterGuard, roster_guard
from tests.web.house import Browser, House
from tests.web.test_roster_edit import ROSTER

BEGIN = (datetime.now(UTC) + timedelta(days=40)).replace(microsecond=0)


@pytest.fixture
async def guard(pages: House, tmp_path: Path) -> AsyncIterator[RosterGuard]:
    async with roster_guard(pages, tmp_path) as standing:
        await standing.stands(ROSTER)
        yield standing


def calendar(*summaries: str, begin: datetime = BEGIN) -> bytes:
    events = [
        f"BEGIN:VEVENT\r\nUID:{place}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:{summary}\r\n"
        f"DTSTART:{begin + timedelta(days=place):%Y%m%dT%H%M%SZ}\r\n"
        f"DTEND:{begin + timedelta(days=place, hours=8):%Y%m%dT%H%M%SZ}\r\nEND:VEVENT\r\n"
        for place, summary in enumerate(summaries)
    ]
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


async def send(browser: Browser, data: bytes, rota: str = "nights") -> tuple[int, str]:
    form = aiohttp.FormData({"csrf": await browser.token("/people/file"), "rota": rota})
    form.add_field("file", io.BytesIO(data), filename="duty.ics", content_type="text/calendar")
    async with browser.http.post("/people/file/calendar", data=form, allow_redirects=False) as response:
        return response.status, await response.text()


@pytest.mark.parametrize("rota", ["nights", "calendar"])
async def test_events_become_shifts_after_a_look(pages: House, guard: RosterGuard, rota: str) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    before = guard.desk.roster
    status, shown = await send(browser, calendar("Duty: Bob", "eva"), rota)
    assert status == 200, shown
    assert f"rota {rota}: " in shown
    assert guard.desk.roster == before  # only shown
    token = re.search(r'name="token" value="([^"]+)"', shown)
    assert token is not None
    assert (await browser.post("/people/file/save", token=token[1]))[:2] == (303, "/people?done=imported")
    found = next(one for one in guard.desk.roster.rota if one.id == rota)
    assert [(one.person, one.start) for one in found.shifts] == [("bob", BEGIN), ("eva", BEGIN + timedelta(days=1))]
    nights = next(one for one in guard.desk.roster.rota if one.id == "nights")
    assert (nights.week, nights.swaps) == (before.rota[0].week, before.rota[0].swaps)  # only the shifts are replaced


@pytest.mark.parametrize(
    ("data", "rota", "told"),
    [
        (b"", "nights", "Choose the file and the rota first."),
        (calendar("Bob"), " ", "Choose the file and the rota first."),
        (b"no calendar", "nights", "This file cannot be used"),
        (b"\xff\xfe", "nights", "This file cannot be used"),
        (calendar("somebody else"), "nights", "names nobody of the roster"),
        (calendar("bob and eva"), "nights", "let each event name one person"),
        (calendar('"><script>alert(1)</script>'), "nights", "names nobody of the roster"),
        (calendar("Bob", begin=BEGIN - timedelta(days=400)), "nights", "no event from now on"),
        (calendar("Bob"), "No Id", "rota.1.id"),
    ],
)
async def test_what_cannot_be_used_is_told_and_nothing_is_kept(
    pages: House, guard: RosterGuard, data: bytes, rota: str, told: str
) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    before = guard.desk.roster
    status, shown = await send(browser, data, rota)
    assert (status, told in shown) == (422, True), shown
    assert "<script>alert" not in shown
    assert 'name="token"' not in shown
    assert guard.desk.roster == before
