"""The roster changed in the browser, by forms and as a file: the guard's own check comes before anything stands."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from appliance.roster.pins import is_pin
from appliance.web.pages.roster_edit import proposed_id
from appliance.web.permission import Role
from tests.roster.made import document, person
from tests.web.guard import RosterGuard, roster_guard
from tests.web.house import Browser, House

SCRIPT = '"><script>window.broken=1</script>'
ANN: dict[str, Any] = person("ann", 111, sip="ann", sip_password="tajneheslo", pin="4711", ring=["mobile", "sip"])
ROSTER = document(
    person=[ANN, person("bob", 112), person("eva", 113)],
    line=[{"id": "service", "name": "Service", "open": ["group:ops", "play:custom/wait"], "hours": "office"}],
    hours=[{"id": "office", "week": {"mon": ["07:30-16:00"]}, "holidays": {"country": "CZ"}}],
    queue=[
        {
            "id": "desk",
            "name": "Desk",
            "agents": ["ann", "bob"],
            "callback": {"offer_after_s": 60, "tries": 5},
            "overflow": "play:own/sorry",
            "keep_place": False,
        }
    ],
    menu=[
        {
            "id": "first",
            "name": "First",
            "text": "For orders press 1.",
            "options": {"1": "queue:desk", "9": "play:own/hours", "#": "mailbox:box"},
            "operator": "group:ops",
        }
    ],
    mailbox=[{"id": "box", "name": "Box", "email": ["a@example.com", "b@example.com"], "text": "Nobody is here."}],
    rota=[
        {
            "id": "nights",
            "week": [
                {"person": "ann", "days": ["mon", "tue"], "start": "16:00", "end": "07:30"},
                {"person": "bob", "days": ["wed"], "start": "16:00", "end": "24:00"},
            ],
            "swaps": [{"person": "bob", "start": "2030-01-07T16:00:00Z", "end": "2030-01-08T06:30:00Z"}],
        }
    ],
)


@pytest.fixture
async def guard(pages: House, tmp_path: Path) -> AsyncIterator[RosterGuard]:
    """A real one, with a roster that has secrets."""
    async with roster_guard(pages, tmp_path) as standing:
        await standing.stands(ROSTER)
        yield standing


async def fields_of(browser: Browser, path: str) -> dict[str, str]:
    """What a browser would send of the first form of a page, as it stands."""
    _status, text = await browser.get(path)
    form = text[text.index('<form method="post" action="/people/') :].partition("</form>")[0]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and ("checkbox" not in tag or "checked" in tag):
            found[name[1]] = value[1] if value else ""
    for name, inner in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        found[name] = chosen[1] if chosen else ""
    for name, inner in re.findall(r'<textarea [^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = inner
    return found


async def sent(browser: Browser, path: str, **changes: str) -> tuple[int, str, str]:
    return await browser.post(path, page=path, **{**await fields_of(browser, path), **changes})


@pytest.mark.parametrize(
    "path",
    [
        "person/ann",
        "group/ops",
        "line/service",
        "hours/office",
        "queue/desk",
        "menu/first",
        "mailbox/box",
        "rota/nights",
    ],
)
async def test_a_form_sent_as_it_came_changes_nothing(pages: House, guard: RosterGuard, path: str) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    stood = guard.desk.roster
    status, where, text = await sent(browser, f"/people/{path}")
    assert (status, where) == (303, "/people?done=saved"), text
    assert guard.desk.roster.model_copy(update={"revision": stood.revision}) == stood


async def test_a_person_is_changed_and_secrets_are_set_anew_but_never_shown(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR, name="eva")
    _status, text = await browser.get("/people/person/ann")
    assert "tajneheslo" not in text
    assert "scrypt" not in text
    status, where, text = await sent(
        browser, "/people/person/ann", name="Ann B.", mobile="777 000 119", pin="0815", sip_password="neues-wort"
    )
    assert (status, where) == (303, "/people?done=saved"), text
    ann = guard.desk.roster.person[0]
    assert (ann.name, ann.mobile, ann.sip_password) == ("Ann B.", "+420777000119", "neues-wort")
    assert ann.pin_hash is not None
    assert is_pin("0815", ann.pin_hash)
    assert "0815" not in str(guard.asked)  # not even the guard hears it
    assert "+420777000119" in (await browser.get("/people"))[1]  # it was waited for
    kept = [(one.action, one.subject, one.detail) for one in await pages.desk.accounts.audit(limit=3)]
    assert ("roster.set.wished", "person ann", "person ann: name, mobile, sip_password, pin_hash changed") in kept
    assert "neues-wort" not in str(kept)
    assert [data["by"] for name, data in guard.asked if name == "roster.set"] == ["eva"]


async def test_every_mistake_stands_at_its_field_and_nothing_is_saved(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    stood = guard.desk.roster
    wrong = {"mobile": "12", "extension": "x", "name": SCRIPT, "pin": "12"}
    status, _where, text = await sent(browser, "/people/person/ann", **wrong)
    assert status == 422
    for key in ("mobile", "extension", "pin"):
        assert f'id="{key}-error"' in text, key
        assert f'aria-describedby="{key}-error"' in text
    assert "Nothing was saved" in text
    assert 'value="x"' in text  # what was typed is still there
    assert "<script>window" not in text
    assert guard.desk.roster == stood
    status, _where, text = await sent(browser, "/people/group/ops", **{"members.0": "ann", "members.1": "nobody"})
    assert (status, 'id="members-error"' in text) == (422, True)


async def test_somebody_new_gets_an_id_of_their_name_and_joins_a_group(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    status, _where, text = await sent(browser, "/people/person/+", name="Ivo Šťastný", mobile="+420777000120")
    assert status == 303, text
    ivo = guard.desk.roster.person[-1]
    assert (ivo.id, ivo.ring, [one.value for one in ivo.roles]) == (
        "ivo-stastny",
        ("mobile",),
        ["technician", "agent"],
    )
    await sent(
        browser, "/people/group/ops", **{"members.2": "ivo-stastny", "strategy": "memoryhunt", "step_s": "7,5"}
    )
    group = guard.desk.roster.group[0]
    assert (group.members, group.strategy.value, group.step_s) == (("ann", "bob", "ivo-stastny"), "memoryhunt", 7.5)
    status, _where, text = await sent(browser, "/people/person/+", name="Ann", mobile="+420777000121", id="ann")
    assert (status, 'id="id-error"' in text) == (422, True)


async def test_a_line_keeps_what_the_form_does_not_know(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    await guard.desk.switch("service", "closed", None, "ops")
    guard.tell()
    fields = await fields_of(browser, "/people/line/service")
    assert fields["open.1"] == "play:custom/wait"
    status, _where, text = await sent(browser, "/people/line/service", record="yes", **{"closed.0": "group:ops"})
    assert status == 303, text
    line = guard.desk.roster.line[0]
    assert (line.open, line.closed, line.record) == (("group:ops", "play:custom/wait"), ("group:ops",), True)
    assert line.mode is not None


async def test_opening_hours_are_read_as_people_write_them(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    hours = {"week.mon": "7:30 - 11:30, 12:00–18:00", "week.tue": "8:00-16:00"}  # noqa: RUF001
    status, _where, text = await sent(
        browser, "/people/hours/office", **hours, dates="2026-12-24 8:00-12:00\r\n2026-12-31", holidays="de-by"
    )
    assert status == 303, text
    found = guard.desk.roster.hours[0]
    assert found.week == {"mon": ("07:30-11:30", "12:00-18:00"), "tue": ("08:00-16:00",)}
    assert {str(day): spans for day, spans in found.dates.items()} == {
        "2026-12-24": ("08:00-12:00",),
        "2026-12-31": (),
    }
    assert found.holidays is not None
    assert (found.holidays.country, found.holidays.subdivision) == ("DE", "BY")
    status, _where, text = await sent(browser, "/people/hours/office", **{"week.fri": "from nine to five"})
    assert (status, 'id="week-error"' in text, "from nine to five" in text) == (422, True, True)


async def test_a_queue_is_changed_and_what_the_form_does_not_show_stays(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    changes = {
        "agents.2": "duty",
        "max_wait_s": "120",
        "missed.sms": "yes",
        "overflow": "menu:first",
        "language": "cs",
    }
    status, _where, text = await sent(browser, "/people/queue/desk", **changes)
    assert status == 303, text
    found = guard.desk.roster.queue[0]
    assert (found.agents, found.max_wait_s, found.missed) == (("ann", "bob", "duty"), 120.0, ("sms",))
    assert (found.overflow, found.language, found.keep_place) == ("menu:first", "cs", False)
    assert found.callback is not None
    assert (found.callback.offer_after_s, found.callback.tries) == (60.0, 5)
    fields = await fields_of(browser, "/people/queue/desk")
    del fields["callback"], fields["say_wait"]
    assert (await browser.post("/people/queue/desk", page="/people/queue/desk", **fields))[0] == 303
    assert (guard.desk.roster.queue[0].callback, guard.desk.roster.queue[0].say_wait) == (None, False)
    status, _where, text = await sent(browser, "/people/queue/+", name="Second", **{"agents.0": "eva"})
    assert status == 303, text
    second = guard.desk.roster.queue[1]
    assert (second.id, second.strategy.value, second.max_waiting) == ("second", "longestidle", 100)
    wrong = {"max_waiting": "many", "extension": "1", "agents.0": "", "agents.1": "", "agents.2": ""}
    status, _where, text = await sent(browser, "/people/queue/desk", **wrong)
    assert status == 422
    for key in ("max_waiting", "extension", "agents"):
        assert f'id="{key}-error"' in text, key


async def test_a_menu_leads_where_its_keys_say(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    changes = {
        "options.1": "",
        "options.2": "group:ops",
        "text": "For us\r\n press  2.",
        "operator": "",
        "tries": "2",
    }
    status, _where, text = await sent(browser, "/people/menu/first", **changes)
    assert status == 303, text
    found = guard.desk.roster.menu[0]
    assert found.options == {"2": "group:ops", "9": "play:own/hours", "#": "mailbox:box"}
    assert (found.text, found.operator, found.tries) == ("For us press 2.", None, 2)
    status, _where, text = await sent(browser, "/people/menu/first", **{"options.3": "group:nobody", "text": SCRIPT})
    assert (status, 'id="options-error"' in text, "<script>window" in text) == (422, True, False)
    assert 'value="group:nobody" selected' in text  # what was sent is still there


async def test_a_mailbox_names_where_messages_go(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    status, _where, text = await sent(
        browser, "/people/mailbox/+", name="Nights", email="n@example.com, m@example.com"
    )
    assert status == 303, text
    found = guard.desk.roster.mailbox[1]
    assert (found.id, found.email, found.max_s) == ("nights", ("n@example.com", "m@example.com"), 180.0)
    for wrong in ("", "nobody"):
        status, _where, text = await sent(browser, "/people/mailbox/box", email=wrong)
        assert (status, 'id="email-error"' in text) == (422, True), wrong
    _status, text = await browser.get("/people")
    assert "n@example.com, m@example.com" in text
    assert 'href="/people/mailbox/nights"' in text


async def test_a_rota_has_shifts_of_every_week_and_may_have_the_duty(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    new = {"week.2.person": "eva", "week.2.sat": "yes", "week.2.sun": "yes", "week.2.start": "8:00"}
    status, _where, text = await sent(browser, "/people/rota/nights", **new, duty="yes", **{"week.2.end": "8:00"})
    assert status == 303, text
    found = guard.desk.roster.rota[0]
    last = found.week[2]
    assert (last.person, last.days, last.start, last.end) == ("eva", ("sat", "sun"), "08:00", "08:00")
    assert (len(found.week), len(found.swaps), guard.desk.roster.duty.rota) == (3, 1, "nights")
    assert (await fields_of(browser, "/people/rota/nights"))["duty"] == "yes"
    status, _where, text = await browser.post("/people/rota/nights/remove", page="/people/rota/nights")
    assert (status, "duty.rota" in text) == (422, True)
    half = {"week.3.mon": "yes", "week.3.start": "08:00", "week.3.end": "x"}
    status, _where, text = await sent(browser, "/people/rota/nights", **half)
    assert (status, 'id="week-error"' in text, 'value="x"' in text) == (422, True, True)  # nobody was chosen
    fields = await fields_of(browser, "/people/rota/nights")
    del fields["duty"]
    fields["week.0.person"] = ""  # taken out
    status, _where, text = await browser.post("/people/rota/nights", page="/people/rota/nights", **fields)
    assert status == 303, text
    assert [one.person for one in guard.desk.roster.rota[0].week] == ["bob", "eva"]
    assert (guard.desk.roster.duty.rota, guard.desk.roster.duty.default) == (None, "ann")
    assert (await browser.post("/people/rota/nights/remove", page="/people/rota/nights"))[0] == 303
    assert guard.desk.roster.rota == ()


async def test_a_form_that_is_older_than_the_roster_is_refused(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    fields = await fields_of(browser, "/people/person/bob")
    await guard.stands({**ROSTER, "duty": {"default": "bob"}})
    status, _where, text = await browser.post("/people/person/bob", page="/people/person/bob", **fields)
    assert (status, "Somebody changed the roster meanwhile" in text) == (502, True)


async def test_what_others_need_is_not_removed_and_what_nobody_needs_is(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    status, _where, text = await browser.post("/people/person/bob/remove", page="/people/person/bob")
    assert (status, "group.0.members.1" in text) == (422, True)
    assert (await browser.post("/people/person/eva/remove", page="/people/person/eva"))[0] == 303
    assert [one.id for one in guard.desk.roster.person] == ["ann", "bob"]
    assert (await browser.get("/people/person/eva"))[0] == 404
    assert (await browser.get("/people/menu/main"))[0] == 404


async def upload(browser: Browser, text: str, *, page: str = "/people/file") -> tuple[int, str]:
    form = aiohttp.FormData({"csrf": await browser.token(page)})
    form.add_field("file", io.BytesIO(text.encode()), filename="roster.toml", content_type="application/toml")
    async with browser.http.post("/people/file/check", data=form, allow_redirects=False) as response:
        return response.status, await response.text()


async def test_a_file_is_checked_shown_and_only_then_saved(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    _status, _where, text = await browser.post("/people/roster.toml", page="/people/file")
    assert (await upload(browser, text))[1].count("nothing changes") == 1
    stood = guard.desk.roster
    changed = text.replace('name = "Bob"', 'name = "Bob B."\npin = "2468"')
    status, shown = await upload(browser, changed)
    assert (status, "person bob: name, pin_hash changed" in shown) == (200, True), shown
    assert "Bob B." not in shown  # the file itself is not sent back
    assert guard.desk.roster == stood
    found = re.search(r'name="token" value="([^"]+)"', shown)
    assert found is not None
    other = await pages.signed_in(Role.ADMINISTRATOR, name="other")
    assert (await other.post("/people/file/save", token=found[1]))[0] == 422  # a check is its maker's own
    assert (await browser.post("/people/file/save", token=found[1]))[:2] == (303, "/people?done=imported")
    ann, bob = guard.desk.roster.person[:2]
    assert (bob.name, ann.sip_password, ann.pin_hash) == ("Bob B.", "tajneheslo", stood.person[0].pin_hash)
    assert is_pin("2468", bob.pin_hash or "")
    assert "2468" not in str(guard.asked)
    assert (await browser.post("/people/file/save", token=found[1]))[0] == 422  # once


async def test_mistakes_of_a_file_are_told_with_their_lines(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    _status, _where, text = await browser.post("/people/roster.toml", page="/people/file")
    wrong = text.replace('"+420777000112"', '"12"').replace('members = ["ann", "bob"]', 'members = ["ann", "ivo"]')
    status, shown = await upload(browser, wrong)
    assert status == 422
    line = wrong[: wrong.index('"12"')].count("\n") + 1
    assert f"line {line}, person.1.mobile" in shown
    assert "group.0.members.1" in shown
    assert 'name="token"' not in shown
    for broken in ("schema = ", "a" * 1_100_000, "[" * 900 + "]" * 900, "", 'revision = "x"'):
        assert (await upload(browser, broken))[0] == 422, broken[:20]
    assert (await upload(browser, text.replace("revision = 2", "revision = 1")))[0] == 502  # somebody was faster


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 6000, "9223372036854775808"])
async def test_a_number_without_end_is_a_mistake_of_the_file(pages: House, guard: RosterGuard, number: str) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    status, shown = await upload(browser, f"revision = {number}\n")
    assert (status, "a number has more than 64 bits" in shown) == (422, True)


async def test_a_check_is_not_kept_for_ever(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    _status, _where, text = await browser.post("/people/roster.toml", page="/people/file")
    _status, shown = await upload(browser, text.replace('name = "Bob"', 'name = "B"'))
    found = re.search(r'name="token" value="([^"]+)"', shown)
    assert found is not None
    pages.clock.now += 1801
    status, _where, text = await browser.post("/people/file/save", token=found[1])
    assert (status, "too old" in text) == (422, True)


async def test_who_changed_what_is_shown_and_undone(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR, name="eva")
    await sent(browser, "/people/person/bob", name="Bob B.")
    await browser.post("/people/undo", page="/people/undo")
    assert guard.desk.roster.person[1].name == "Bob"
    await guard.kept()
    _status, text = await browser.get("/people/file")
    assert "person bob: name changed" in text
    assert "undone: person bob: name changed" in text
    assert text.count("<strong>eva</strong>") == 2


@pytest.mark.parametrize(
    ("name", "id_"), [("Eva Nováková", "eva-novakova"), ("Команда", "person"), ("", "person"), (" A--b ", "a-b")]
)
def test_ids_are_made_of_names(name: str, id_: str) -> None:
    assert proposed_id(name, "person") == id_
