"""People, groups, lines and duty: read by everybody, without secrets; the night switch."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.roster.models import Roster
from appliance.web.duty_list import duty_periods, rota_periods
from appliance.web.permission import Role
from appliance.web.plan_tree import tree_of
from tests.web.house import ROSTER, House

SCRIPT = '"><script>window.broken=1</script>'
FULL: dict[str, Any] = ROSTER | {
    "duty": {"default": "tech-1", "rota": "weeks"},
    "queue": [{"id": "desk", "name": "Desk queue", "agents": ["anna", "rota:weeks"], "overflow": "menu:main"}],
    "menu": [{"id": "main", "name": "Main menu", "text": "Hello", "options": {"1": "queue:desk", "2": "menu:main"}}],
    "line": [
        {
            "id": "service",
            "name": "Service line",
            "numbers": ["+420777000100"],
            "hours": "office",
            "open": ["menu:main", "group:team"],
            "closed": ["play:custom/closed", "hangup"],
        }
    ],
    "hours": [
        {"id": "office", "week": {"mon": ["07:30-16:00"]}, "holidays": {"country": "CZ"}, "dates": {"2026-12-31": []}}
    ],
    "rota": [{"id": "weeks", "week": [{"person": "anna", "days": ["mon"], "start": "08:00", "end": "20:00"}]}],
}


def tells(pages: House, roster: dict[str, Any]) -> None:
    document = {"schema": 1, "revision": 4, "at": "", "roster": roster}
    pages.desk.box._hear_roster("", json.dumps(document).encode())


async def test_everybody_reads_it_and_nobody_reads_a_secret(pages: House) -> None:
    tells(pages, FULL)
    for role in Role:
        status, text = await (await pages.signed_in(role)).get("/people")
        assert status == 200
        for told in (
            "Anna Nováková",
            "+420777000113",
            "Team",
            "all at once",
            "+420777000100",
            "07:30-16:00",
            "Monday",
        ):
            assert told in text, told
        for told in ("Main menu", "key 1:", "Desk queue", "Monday", "who has been free for longest", "custom/closed"):
            assert told in text, told
        assert "SECRET" not in text
        assert ("/people/night" in text) == (role is not Role.TECHNICIAN)


async def test_a_box_that_never_told_its_roster_says_so(pages: House) -> None:
    pages.desk.box.roster_model = None
    status, text = await (await pages.signed_in(Role.ADMINISTRATOR)).get("/people")
    assert (status, "The roster was not heard yet" in text) == (200, True)


async def test_script_in_names_stays_text(pages: House) -> None:
    named = json.loads(json.dumps(FULL))
    for section in ("person", "group", "line", "queue", "menu"):
        named[section][0]["name"] = SCRIPT
    tells(pages, named)
    _status, text = await (await pages.signed_in(Role.SUPERVISOR)).get("/people")
    assert "<script>window" not in text
    assert "&lt;script&gt;window" in text


async def test_the_night_switch_asks_the_guard_and_is_kept(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR, name="eva")
    form = {"line": "service", "situation": "closed", "minutes": "60"}
    assert (await browser.post("/people/night", **form))[:2] == (303, "/people?done=switched")
    await browser.post("/people/night", line="service", situation="auto", minutes="60")
    assert pages.asked.commands == [
        ("line.mode", {"line": "service", "situation": "closed", "minutes": 60, "by": "eva"}),
        ("line.mode", {"line": "service", "situation": "auto", "by": "eva"}),
    ]
    kept = [(one.account, one.action, one.subject, one.detail) for one in await pages.desk.accounts.audit(limit=4)]
    assert kept[-2:] == [
        ("eva", "line.mode.done", "service", None),
        ("eva", "line.mode.wished", "service", "closed; 60 min"),
    ]


async def test_a_wrong_night_switch_asks_nothing_and_a_refusal_is_said(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    good = {"line": "service", "situation": "closed", "minutes": ""}
    for wrong in ({"line": "other"}, {"situation": "ajar"}, {"minutes": "-1"}):
        assert (await browser.post("/people/night", **(good | wrong)))[0] == 422
    assert pages.asked.commands == []
    pages.asked.answers["line.mode"] = {
        "ok": False,
        "error": {"code": "not_allowed", "message": "not here"},
    }
    status, _where, text = await browser.post("/people/night", **good)
    assert (status, "not here" in text) == (502, True)
    pages.asked.silent = True
    status, _where, text = await browser.post("/people/night", **good)
    assert (status, "The guard did not answer" in text) == (502, True)


async def test_a_switched_line_says_by_hand_and_until_when(pages: House) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    switched = json.loads(json.dumps(FULL))
    switched["line"][0]["mode"] = {"situation": "holiday", "until": until.isoformat(), "by": "local"}
    tells(pages, switched)
    _status, text = await (await pages.signed_in(Role.TECHNICIAN)).get("/people")
    assert "by hand" in text
    assert "<strong>holiday</strong>" in text


def test_menus_that_lead_in_a_circle_end() -> None:
    roster = Roster.model_validate(FULL)
    menu, group, duty = tree_of(roster.line[0].open, roster)
    queue, again = menu.children
    assert (queue.kind, queue.label, queue.members) == ("queue", "1", ("Anna Nováková", "rota:weeks"))
    assert (queue.children[0].again, again.again) == (True, True)
    assert (group.members, duty.kind) == (("Anna Nováková", "duty"), "duty")
    assert [one.kind for one in tree_of(roster.line[0].closed, roster)] == ["play", "hangup"]


def test_the_next_days_of_the_duty_and_of_a_rota_with_its_gaps() -> None:
    roster = Roster.model_validate(FULL)
    monday = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)  # 08:00 in Prague
    first, second, third = duty_periods(roster, monday, "Europe/Prague")
    assert (first.person, second.person, third.person) == ("anna", "tech-1", "anna")
    assert (first.end, second.end) == (datetime(2026, 6, 1, 18, tzinfo=UTC), datetime(2026, 6, 8, 6, tzinfo=UTC))
    assert [one.person for one in rota_periods(roster.rota[0], monday, "Europe/Prague")] == ["anna", None, "anna"]
    plain = roster.model_copy(update={"duty": roster.duty.model_copy(update={"rota": None})})
    assert [one.person for one in duty_periods(plain, monday, "Europe/Prague")] == ["tech-1"]


async def test_the_roster_is_downloaded_without_secrets(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    status, _where, text = await browser.post("/people/roster.toml", page="/people")
    assert (status, 'id = "anna"' in text, "revision = 3" in text, "SECRET" in text) == (200, True, True, False)
    pages.desk.box.roster_model = None
    assert (await browser.post("/people/roster.toml"))[0] == 503


async def test_the_last_change_is_undone_after_a_question_and_a_conflict_is_said(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    assert (await browser.post("/people/undo", page="/people/undo"))[:2] == (303, "/people?done=undone")
    assert pages.asked.commands == [("roster.undo", {"by": "administrator"})]
    refusal = {"ok": False, "error": {"code": "conflict", "message": "there is no roster before this one"}}
    pages.asked.answers["roster.undo"] = refusal
    status, _where, text = await browser.post("/people/undo", page="/people/undo")
    assert (status, "there is no roster before this one" in text) == (502, True)
    kept = [one.action for one in await pages.desk.accounts.audit(limit=4)]
    assert kept == ["roster.undo.refused", "roster.undo.wished", "roster.undo.done", "roster.undo.wished"]
