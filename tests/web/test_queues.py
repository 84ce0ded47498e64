"""Queues of all exchanges together; agents say what they do, their own, and supervisors of all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.domain.times import rfc3339
from appliance.web.permission import Role
from appliance.web.queue_view import queues_of
from tests.web.house import House

NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
SCRIPT = '"><script>window.broken=1</script>'


def queue(waiting: int, *agents: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    told = [{"person": person, "state": state, "presence": presence} for person, state, presence in agents]
    return {"id": "desk", "name": "Desk", "waiting": waiting, "agents": told, **more}


def says(pages: House, exchange: str, *queues: Any, ari: str = "connected") -> None:
    document = {"schema": 1, "at": "2026-11-29T10:00:00Z", "ari": ari, "queues": list(queues), "calls": []}
    pages.desk.box._hear_exchange(f"x/exchange/{exchange}/state", json.dumps(document).encode())


def test_who_waits_anywhere_counts_and_an_agent_who_talks_anywhere_is_busy() -> None:
    box = queue(2, ("anna", "free", "in"), ("bob", "paused", "paused"), longest_wait_s=30.5, expected_wait_s=60)
    node = queue(1, ("anna", "busy", "in"), ("bob", "paused", "paused"), longest_wait_s=90, expected_wait_s=None)
    (found,) = queues_of([{"queues": [box]}, {"queues": [node]}], NOW)
    assert (found.waiting, found.longest_wait_s, found.expected_wait_s) == (3, 90, 60)
    assert [(one.person, one.state) for one in found.agents] == [("anna", "busy"), ("bob", "paused")]
    for nonsense in ({}, {"queues": 5}, {"queues": [5, {}, {"id": 7}]}):
        assert queues_of([nonsense], NOW) == ()
    (odd,) = queues_of([{"queues": [{"id": "x", "waiting": "many", "agents": [{"state": "odd"}]}]}], NOW)
    assert (odd.waiting, odd.agents[0].state) == (0, "out")


def test_the_wait_is_that_of_now_however_old_the_state() -> None:
    ago = (("box", 95, 30), ("node-1", 40, 39))
    states = [
        {"queues": [queue(1, waiting_since=rfc3339(NOW - timedelta(seconds=began)), longest_wait_s=then)]}
        for _, began, then in ago
    ]
    assert queues_of(states, NOW)[0].longest_wait_s == 95
    ahead = {"queues": [queue(1, waiting_since=rfc3339(NOW + timedelta(seconds=5)), longest_wait_s=0)]}
    assert queues_of([ahead], NOW)[0].longest_wait_s == 0  # a node's clock may be ahead
    for odd in ("soon", None, [], 1e300, float("nan")):
        assert queues_of([{"queues": [queue(1, waiting_since=odd, longest_wait_s=7)]}], NOW)[0].longest_wait_s == 7


async def test_everybody_sees_the_queues_and_only_exchanges_that_serve_count(pages: House) -> None:
    says(pages, "box", queue(2, ("anna", "free", "in"), longest_wait_s=61) | {"name": SCRIPT})
    says(pages, "node-1", queue(7), ari="lost")
    for role in Role:
        browser = await pages.signed_in(role)
        for path in ("/queues", "/"):
            status, text = await browser.get(path)
            assert (status, "Anna Nováková" in text, "&lt;script&gt;" in text) == (200, True, True)
            assert "<script>window" not in text
        assert "2 wait" in text
        assert ("/queues/agent" in (await browser.get("/queues"))[1]) == (role is not Role.TECHNICIAN)


async def test_an_agent_pauses_by_the_browser_and_it_is_kept(pages: House) -> None:
    says(pages, "box", queue(0, ("anna", "free", "in"), ("tech-1", "free", "in")))
    anna = await pages.signed_in(Role.TECHNICIAN, name="anna", person="anna")
    form = {"person": "anna", "queue": "desk", "presence": "paused", "minutes": "15", "reason": "lunch\x00"}
    assert (await anna.post("/queues/agent", page="/queues", **form))[:2] == (303, "/queues?done=said")
    said = {"person": "anna", "presence": "paused", "queue": "desk", "minutes": 15, "reason": "lunch", "by": "anna"}
    assert pages.asked.commands == [("agent.set", said)]
    kept = [(one.account, one.action, one.subject, one.detail) for one in await pages.desk.accounts.audit(limit=2)]
    assert kept[1] == ("anna", "agent.set.wished", "anna", "paused; desk; 15 min")
    other = form | {"person": "tech-1"}
    assert (await anna.post("/queues/agent", page="/queues", **other))[0] == 403
    nobodys = await pages.signed_in(Role.TECHNICIAN, name="nobodys")
    assert (await nobodys.post("/queues/agent", page="/me", **form))[0] == 403
    supervisor = await pages.signed_in(Role.SUPERVISOR)
    assert (await supervisor.post("/queues/agent", page="/queues", **other))[0] == 303
    assert len(pages.asked.commands) == 2


async def test_nonsense_asks_nothing_and_a_refusal_is_said(pages: House) -> None:
    says(pages, "box", queue(0, ("anna", "free", "in")))
    browser = await pages.signed_in(Role.SUPERVISOR)
    good = {"person": "anna", "queue": "desk", "presence": "in", "minutes": ""}
    for wrong in ({"person": "nobody"}, {"queue": "other"}, {"presence": "asleep"}, {"minutes": "-1"}):
        assert (await browser.post("/queues/agent", page="/queues", **(good | wrong)))[0] == 422
    assert pages.asked.commands == []
    pages.asked.answers["agent.set"] = {"ok": False, "error": {"code": "bad_request", "message": "not so"}}
    status, _where, text = await browser.post("/queues/agent", page="/queues", **good)
    assert (status, "not so" in text) == (502, True)
