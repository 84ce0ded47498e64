"""The rota as a calendar, duties swapped by those who may, and the feed for calendar programs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from appliance.roster.models import Shift
from appliance.roster.rota import holder
from appliance.web.accounts.models import Account
from appliance.web.permission import Role
from appliance.web.rota_days import duties, month, with_swaps
from tests.roster.made import document, roster
from tests.web.guard import RosterGuard, roster_guard
from tests.web.house import Browser, House

PRAGUE = ZoneInfo("Europe/Prague")
WEEKS = [
    {"person": "ann", "days": ["mon", "tue", "wed"], "start": "08:00", "end": "08:00"},
    {"person": "bob", "days": ["thu", "fri", "sat", "sun"], "start": "08:00", "end": "08:00"},
]
ROSTER = document(duty={"default": "eva", "rota": "weeks"}, rota=[{"id": "weeks", "week": WEEKS}])


@pytest.fixture
async def guard(pages: House, tmp_path: Path) -> AsyncIterator[RosterGuard]:
    """A real one, with a rota of two."""
    async with roster_guard(pages, tmp_path) as standing:
        await standing.stands(ROSTER)
        yield standing


def test_a_month_has_whole_weeks_and_each_day_its_duties_over_the_change_of_clocks() -> None:
    made = roster(duty={"default": "eva", "rota": "weeks"}, rota=[{"id": "weeks", "week": WEEKS[:1]}])
    days = month(made, made.rota[0], date(2026, 3, 1), "Europe/Prague")
    assert (days[0].day, days[-1].day, len(days) % 7) == (date(2026, 2, 23), date(2026, 4, 5), 0)
    assert sum(one.inside for one in days) == 31
    assert days[0].parts[0].continues
    for one in days:  # whole and without gaps, the day of 23 hours too
        assert one.parts[0].start == datetime(one.day.year, one.day.month, one.day.day, tzinfo=PRAGUE)
        assert all(a.end == b.start for a, b in zip(one.parts, one.parts[1:], strict=False))
    monday = next(one for one in days if one.day == date(2026, 3, 2))
    assert [part.person for part in monday.parts] == ["eva", "ann"]  # the default fills the gap
    assert monday.parts[1].start.astimezone(PRAGUE).hour == 8


def test_a_swap_stands_above_the_week_and_old_ones_are_let_go() -> None:
    made = roster(duty={"default": "eva", "rota": "weeks"}, rota=[{"id": "weeks", "week": WEEKS}])
    at = datetime(2026, 6, 1, 8, tzinfo=UTC)
    old = Shift(person="eva", start=at - timedelta(days=60), end=at - timedelta(days=59))
    swap = Shift(person="bob", start=at, end=at + timedelta(hours=2))
    swapped = with_swaps(with_swaps(made, made.rota[0], [old], at - timedelta(days=59)), made.rota[0], [swap], at)
    assert swapped.rota[0].swaps == (swap,)
    found = duties(swapped, swapped.rota[0], at - timedelta(hours=1), at + timedelta(hours=3), "Europe/Prague")
    assert [(one.person, one.swapped) for one in found] == [("ann", False), ("bob", True), ("ann", False)]


async def own_duty(browser: Browser, person: str) -> str:
    """Where the calendar leads to for the next duty of somebody that begins after today."""
    day = datetime.now(UTC) + timedelta(days=31)
    _status, text = await browser.get(f"/rota?month={day:%Y-%m}")
    found = re.findall(r'href="(/rota/weeks/swap\?start=[^"]+)" aria-label="[^"]*duty of (\w+),', text)
    # that month's first week may have today in it, each day leads to the whole duty, and one that runs has a past
    later = f"{datetime.now(UTC) + timedelta(days=8):%Y-%m-%d}"
    paths = [path.replace("&amp;", "&") for path, name in found if name.lower() == person]
    return next(path for path in paths if path.partition("start=")[2] > later)


async def test_a_technician_gives_away_own_duties_only_and_the_rota_follows(pages: House, guard: RosterGuard) -> None:
    supervisor = await pages.signed_in(Role.SUPERVISOR)
    ann = await pages.signed_in(Role.TECHNICIAN, name="ann", person="ann")
    mine, others = await own_duty(supervisor, "ann"), await own_duty(supervisor, "bob")
    assert others not in (await ann.get(f"/rota?month={datetime.now(UTC) + timedelta(days=31):%Y-%m}"))[1]
    status, text = await ann.get(mine)
    assert status == 200
    assert (await ann.get(others))[0] == 403
    fields = dict(re.findall(r'name="(start|from|until)"[^>]* value="([^"]+)"', text))
    status, where, text = await ann.post(mine, page=mine, person="eva", **fields)
    assert (status, "done=swapped" in where) == (303, True), text
    swap = guard.desk.roster.rota[0].swaps[0]
    assert swap.person == "eva"
    assert holder(guard.desk.roster.rota[0], swap.start, "Europe/Prague") == "eva"
    assert (swap.end - swap.start) > timedelta(hours=1)
    assert (await ann.post(mine, page=mine, person="bob", **fields))[0] == 403  # it is theirs no more
    noted = [one for one in await pages.desk.accounts.audit(limit=9) if one.action == "roster.set.wished"]
    assert (noted[0].account, noted[0].subject) == ("ann", "rota weeks")
    assert [data["by"] for name, data in guard.asked if name == "roster.set"] == ["ann"]


async def test_a_duty_is_exchanged_for_another_and_a_part_of_it_is_enough(pages: House, guard: RosterGuard) -> None:
    supervisor = await pages.signed_in(Role.SUPERVISOR)
    path = await own_duty(supervisor, "ann")
    _status, text = await supervisor.get(path)
    fields = dict(re.findall(r'name="(start|from|until)"[^>]* value="([^"]+)"', text))
    returned = re.findall(r'<option value="([^"]+)">Bob: ', text)
    begin = datetime.fromisoformat(fields["from"])
    fields |= {"person": "bob", "until": f"{begin + timedelta(hours=2):%Y-%m-%dT%H:%M}", "return": returned[0]}
    assert (await supervisor.post(path, page=path, **fields))[0] == 303
    first, second = guard.desk.roster.rota[0].swaps
    assert (first.person, first.end - first.start, second.person) == ("bob", timedelta(hours=2), "ann")


async def test_what_is_no_swap_is_said_at_its_field(pages: House, guard: RosterGuard) -> None:
    supervisor = await pages.signed_in(Role.SUPERVISOR)
    path = await own_duty(supervisor, "ann")
    _status, text = await supervisor.get(path)
    good = dict(re.findall(r'name="(start|from|until)"[^>]* value="([^"]+)"', text)) | {"person": "bob"}
    for wrong, key in (
        ({"person": ""}, "person"),
        ({"person": "ann"}, "person"),
        ({"until": good["from"]}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2020-01-01T00:00"}, "from"),
        ({"return": "2020-01-01T00:00:00+00:00"}, "return"),
    ):
        status, _where, text = await supervisor.post(path, page=path, **(good | wrong))
        assert (status, f'id="{key}-error"' in text) == (422, True), wrong
    for start in ("", "x", "2020-01-01T00:00:00+00:00", "9999-12-31T00:00:00+00:00", "2026-06-01T08:00:00"):
        assert (await supervisor.get(f"/rota/weeks/swap?start={start.replace('+', '%2B')}"))[0] == 404
    assert guard.desk.roster.rota[0].swaps == ()


async def test_the_page_says_who_has_duty_where_there_is_no_rota(pages: House) -> None:
    status, text = await (await pages.signed_in(Role.TECHNICIAN)).get("/rota?month=nonsense&rota=none")
    assert (status, "Technician 1 always has duty" in text) == (200, True)


async def address_of(browser: Browser) -> str:
    status, _where, text = await browser.post("/rota/feed", page="/rota")
    assert status == 200
    found = re.search(r'<code class="address">https?://[^/]+(/calendar/[^<]+)</code>', text)
    assert found is not None
    return found[1]


async def test_a_calendar_program_follows_own_duties_without_a_password(pages: House, guard: RosterGuard) -> None:
    ann = await pages.signed_in(Role.TECHNICIAN, name="ann", person="ann")
    address = await address_of(ann)
    stranger = pages.browser()
    async with stranger.http.get(address) as response:
        assert (response.status, response.content_type) == (200, "text/calendar")
        events = list(Calendar.from_ical(await response.text()).walk("VEVENT"))
    assert len(events) > 20
    assert {str(one["SUMMARY"]) for one in events} == {"On duty: Ann"}
    for one in events[1:-1]:
        assert holder(guard.desk.roster.rota[0], one["DTSTART"].dt, "Europe/Prague") == "ann"
        assert one["DTEND"].dt - one["DTSTART"].dt > timedelta(hours=70)
    again = list(Calendar.from_ical((await stranger.get(address))[1]).walk("VEVENT"))
    assert [one["UID"] for one in again] == [one["UID"] for one in events]
    assert address not in (await ann.get("/rota"))[1]  # shown once
    supervisor = await pages.signed_in(Role.SUPERVISOR)
    _status, everybody = await stranger.get(await address_of(supervisor))
    assert "On duty: Bob" in everybody


async def test_an_address_ends_when_it_is_ended_made_anew_or_its_account_may_nothing(
    pages: House, guard: RosterGuard
) -> None:
    ann, stranger = await pages.signed_in(Role.TECHNICIAN, name="ann", person="ann"), pages.browser()
    first = await address_of(ann)
    second = await address_of(ann)
    assert [(await stranger.get(one))[0] for one in (first, second)] == [404, 200]
    assert (await ann.post("/rota/feed/end", page="/rota"))[:2] == (303, "/rota?done=ended")
    assert (await stranger.get(second))[0] == 404
    third = await address_of(ann)
    await pages.desk.accounts.put(Account("ann", Role.TECHNICIAN, "ann", disabled=True))
    assert (await stranger.get(third))[0] == 404
    await pages.desk.accounts.put(Account("ann", Role.TECHNICIAN, "ann"))
    assert (await stranger.get(third))[0] == 200
    await guard.stands(
        document(group=[{"id": "ops", "name": "O", "members": ["bob", "eva"]}], duty={"default": "bob"})
    )
    gone = {**document(duty={"default": "bob"}), "group": [], "line": []}
    gone["person"] = [one for one in gone["person"] if one["id"] != "ann"]
    await guard.stands(gone)
    assert (await stranger.get(third))[0] == 404
    for guess in ("/calendar/x", "/calendar/x.ics", f"{third[:-6]}.ics", "/calendar/..%2f..%2fetc"):
        assert (await stranger.get(guess))[0] == 404
