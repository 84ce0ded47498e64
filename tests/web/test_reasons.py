"""What guard and roster say in English, on pages in other languages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.events import EventType
from appliance.domain.phrase import counted, joined, percent, phrase
from appliance.domain.phrase_words import with_words
from appliance.journal import Journal
from appliance.mqtt import payloads
from appliance.web.permission import Role
from tests.roster.made import document
from tests.web.guard import RosterGuard, roster_guard
from tests.web.house import House
from tests.web.test_roster_edit import sent, upload

MISSES = (
    "{n} miss in a row; link loss {loss}; last: {detail}",
    "{n} misses in a row; link loss {loss}; last: {detail}",
)
DEAD = counted(*MISSES, 3, loss=percent(0.0), detail=phrase("no answer in {s} s", s=1.0))
UP = joined(", ", [phrase("{trunk} is up", trunk="trunk-b"), phrase("{up} of {total} nodes up", up=2, total=2)])
DOWN = phrase("{trunk} is down: {reason}", trunk="trunk-a", reason=DEAD)
WHY = joined("; ", [phrase("not {name}: {reason}", name="primary", reason=DOWN), UP])
CZECH_DEAD = "3 zkoušky v řadě bez odpovědi; ztráta na lince 0\xa0%; poslední: za 1,0 s bez odpovědi"
CZECH_WHY = f"ne primary: trunk-a nefunguje: {CZECH_DEAD}; trunk-b funguje, uzly v provozu: 2 z 2"


def route(reason: str) -> dict[str, Any]:
    return {"active": "secondary", "number": "+420910000200", "reason": reason, "since": None, "desired": "secondary"}


def says(pages: House, **changes: Any) -> None:
    """The guard tells its state as it goes over the wire."""
    pages.says(**json.loads(payloads.encode(changes)))


async def now_page(pages: House, language: str, role: Role = Role.TECHNICIAN) -> str:
    browser = await pages.signed_in(role, name=f"{role.value}-{language}", language=language)
    status, text = await browser.get("/")
    assert status == 200
    return text


async def test_now_says_why_in_czech(pages: House) -> None:
    part = {"health": "down", "since": None, "rtt_ms": None, "reason": DEAD}
    modem = {"health": "down", "reason": phrase("the port does not answer AT commands")}
    journal = {"ok": False, "reason": phrase("{trouble} ({why})", trouble=phrase("the disk is full"), why="ENOSPC")}
    says(pages, route=route(WHY), trunks={"trunk-a": part}, nodes={}, modem=modem, journal=journal)
    text = await now_page(pages, "cs")
    assert f"Protože: {CZECH_WHY}</p>" in text
    assert f"<small>{CZECH_DEAD}</small>" in text
    assert "port neodpovídá na příkazy AT" in text
    assert "disk je plný (ENOSPC)" in text
    assert 'lang="en"' not in text
    english = await now_page(pages, "en")
    assert f"Because: {WHY}</p>" in english


async def test_a_box_at_rest_says_why_in_czech_without_a_word_more(pages: House) -> None:
    changes = {"route": route(UP)}
    assert with_words(changes) is changes
    says(pages, **changes)
    assert "Protože: trunk-b funguje, uzly v provozu: 2 z 2</p>" in await now_page(pages, "cs")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("the moon is in the way", None),  # of an older release, or of something that is not ours
        ("the moon is in the way", ["the {what} is in the way", {"what": "moon"}]),  # of a later one
        ("trunk-a <b>", ["{trunk} is up", {"trunk": "trunk-a"}]),
        ("{0.__class__}", ["{0.__class__}", {"0.__class__": "x"}]),
    ],
)
async def test_what_nobody_has_translated_is_shown_as_english(pages: House, reason: str, words: Any) -> None:
    pages.says(route={**route(reason), **({"reason_words": words} if words is not None else {})})
    shown = reason.replace("<", "&lt;").replace(">", "&gt;")
    assert f'Protože: <span lang="en">{shown}</span></p>' in await now_page(pages, "cs")


async def test_values_out_of_a_document_are_escaped(pages: House) -> None:
    says(pages, route=route(phrase("{trunk} is down", trunk="<script>alert(1)</script>")))
    text = await now_page(pages, "cs")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; nefunguje" in text
    assert "<script>alert" not in text


async def test_an_outage_is_told_in_czech(pages: House, tmp_path: Path) -> None:
    journal = await Journal.open(tmp_path, boot_id="b", now=lambda: datetime.now(UTC) - timedelta(minutes=5))
    samples = [{"ago_s": 0.0, "ok": False, "rtt_ms": None, "detail": phrase("no answer in {s} s", s=1.0)}]
    health = {"part": "trunk trunk-a", "kind": "trunk", "name": "trunk-a", "from": "up", "to": "down"}
    await journal.append(EventType.HEALTH_CHANGED, {**health, "reason": DEAD, "samples": samples})
    decided = {"from": "primary", "to": "secondary", "number": "+420910000200", "reason": WHY, "service": "partial"}
    await journal.append(EventType.ROUTE_DECIDED, decided)
    why = phrase("the network holds something else")
    requested = {"service": "cfu", "number": "+420910000200", "attempt": 0, "why": why}
    await journal.append(EventType.FORWARDING_REQUESTED, requested)
    message = phrase("{command} was refused: {answer}", command="AT+CCFC=0,3", answer="+CME ERROR: 30")
    failed = {"service": "cfu", "number": "+420910000200", "message": message, "code": 30, "exchanges": []}
    await journal.append(EventType.FORWARDING_FAILED, failed)
    await journal.close()
    browser = await pages.signed_in(Role.SUPERVISOR, language="cs")
    _status, listed = await browser.get("/timeline")
    assert f"přípojka trunk-a: NEFUNGUJE: {CZECH_DEAD}" in listed
    id_ = listed.partition('href="/timeline/')[2].partition('"')[0]
    _status, text = await browser.get(f"/timeline/{id_}")
    assert f"rozhodnuto: secondary (+420910000200): {CZECH_WHY}" in text
    assert "síť má nastaveno něco jiného" in text
    assert "AT+CCFC=0,3 bylo odmítnuto: +CME ERROR: 30" in text
    assert "BEZ ODPOVĚDI, za 1,0 s bez odpovědi" in text


async def test_system_tells_what_a_probe_saw_and_why_a_command_was_refused(pages: House) -> None:
    detail = phrase("connection refused")
    targets = {"targets": {"trunk trunk-a": {"ok": False, "rtt_ms": None, "detail": detail}}}
    pages.asked.answers["probe.run"] = json.loads(payloads.encode(payloads.success("x", targets)))
    refused = phrase("the modem cannot be restarted: {reason}", reason=phrase("it has not answered yet"))
    pages.asked.answers["modem.reset"] = json.loads(
        payloads.encode({"ok": False, "error": {"code": "failed", "message": refused}})
    )
    browser = await pages.signed_in(Role.ADMINISTRATOR, language="cs")
    assert "spojení odmítnuto" in (await browser.post("/system/probe"))[2]
    assert (
        "Strážce odmítl: modem nelze restartovat: ještě neodpověděl" in (await browser.post("/system/modem-reset"))[2]
    )


@pytest.fixture
async def guard(pages: House, tmp_path: Path) -> AsyncIterator[RosterGuard]:
    async with roster_guard(pages, tmp_path) as found:
        await found.stands(document())
        yield found


async def test_a_form_names_mistakes_in_czech_at_their_fields(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR, language="cs")
    status, _where, text = await sent(browser, "/people/person/ann", extension="x", mobile="12")
    assert status == 422
    assert "je tu &#34;x&#34;; napište dvě až šest číslic v uvozovkách, první ne 0" in text
    assert "není telefonní číslo" in text
    status, _where, text = await sent(browser, "/people/group/ops", **{"members.0": "ann", "members.1": "nobody"})
    assert "nikdo nemá id &#39;nobody&#39;; je tu: &#39;ann&#39;, &#39;bob&#39;, &#39;eva&#39;" in text
    assert 'lang="en"' not in text


async def test_a_file_is_judged_and_its_changes_told_in_czech(pages: House, guard: RosterGuard) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR, language="cs")
    _status, _where, text = await browser.post("/people/roster.toml", page="/people/file")
    _status, shown = await upload(browser, text.replace('members = ["ann", "bob"]', 'members = ["ann"]'))
    assert "skupina ops: změněno members" in shown
    assert "není uvedeno a skupina má jediného člena" in shown
    _status, shown = await upload(browser, text.replace('members = ["ann", "bob"]', 'members = ["ann", "ivo"]'))
    assert "nikdo nemá id &#39;ivo&#39;" in shown
    _status, shown = await upload(browser, "schema = ")
    assert "není TOML" in shown
    await sent(browser, "/people/person/bob", name="Bob B.")
    await browser.post("/people/undo", page="/people/undo")
    told = "vráceno zpět: osoba bob: změněno name"
    await guard.kept()
    _status, text = await browser.get("/people/file")
    assert told in text
    assert text.count("osoba bob: změněno name") == 2
