"""The big button: what is said before, what the guard is asked, and what is kept after."""

from __future__ import annotations

from appliance.web.permission import Role
from tests.web.house import House


async def test_calls_go_to_the_technician_with_who_and_why_and_it_is_kept(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR, name="eva")
    _status, text = await browser.get("/steer/technician")
    assert "Technician 1" in text
    assert "+420777000111" in text
    assert "What will happen" in text
    form = {"minutes": "60", "reason": "storm\n over\x1b Brno"}
    assert (await browser.post("/steer/technician", page="/steer/technician", **form))[:2] == (303, "/")
    wanted = {"route": "technician", "minutes": 60, "reason": "eva: storm over Brno"}
    assert pages.asked.commands == [("route.set", wanted)]
    kept = [(one.account, one.action, one.subject) for one in await pages.desk.accounts.audit(limit=2)]
    assert kept == [("eva", "route.done", "technician"), ("eva", "route.wished", "technician")]


async def test_without_a_time_it_stays_until_it_is_taken_back(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    await browser.post("/steer/technician", page="/steer/technician", minutes="", reason="")
    await browser.post("/steer/automatic", page="/steer/automatic")
    assert pages.asked.commands == [
        ("route.set", {"route": "technician", "reason": "administrator (browser)"}),
        ("route.auto", {}),
    ]


async def test_what_goes_wrong_is_said_and_kept(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    assert (await browser.post("/steer/technician", page="/steer/technician", minutes="-5"))[0] == 422
    assert pages.asked.commands == []
    refusal = {"ok": False, "error": {"code": "not_allowed", "message": "this link may not do this"}}
    pages.asked.answers["route.set"] = refusal
    status, _where, text = await browser.post("/steer/technician", page="/steer/technician", minutes="")
    assert (status, "this link may not do this" in text) == (502, True)
    pages.asked.silent = True
    status, _where, text = await browser.post("/steer/automatic", page="/steer/automatic")
    assert (status, "The guard did not answer" in text) == (502, True)
    actions = [one.action for one in await pages.desk.accounts.audit(limit=4)]
    assert actions == ["route.unanswered", "route.wished", "route.refused", "route.wished"]


async def test_the_button_fits_what_stands(pages: House) -> None:
    supervisor, technician = await pages.signed_in(Role.SUPERVISOR), await pages.signed_in(Role.TECHNICIAN)
    assert "/steer/technician" in (await supervisor.get("/"))[1]
    assert "/steer/" not in (await technician.get("/"))[1]
    pages.says(override={"route": "technician", "since": None, "until": None, "reason": "storm", "by": "local"})
    text = (await supervisor.get("/"))[1]
    assert "/steer/automatic" in text
    assert "/steer/technician" not in text
    assert "storm" in text
