"""The page of the system: every part with its mend, and a bundle that gives no secret away."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from appliance.config import load
from appliance.journal.journal import Journal
from appliance.web import bundle
from appliance.web.permission import Role
from appliance.web.scrub import GONE, scrub_document, scrub_text, secrets_of
from tests.web.house import House


async def test_each_trouble_stands_first_and_has_its_mend(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    pages.desk.box.link_changed("local", False)
    text = (await browser.get("/system"))[1]
    assert text.index("cannot be reached; calls do not depend on it") < text.index("configuration")
    assert "systemctl start mosquitto" in text
    assert "/system/probe" not in text
    assert "hotline.toml" in text


async def test_an_administrator_has_parts_probed(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    row = {"ok": False, "rtt_ms": None, "detail": "no answer in 1 s"}
    pages.asked.answers["probe.run"] = {"ok": True, "result": {"targets": {"trunk trunk-a": row}}}
    status, _where, text = await browser.post("/system/probe", page="/system")
    assert status == 200
    assert "no answer in 1 s" in text
    await browser.post("/system/verify", page="/system")
    await browser.post("/system/modem-reset", page="/system")
    assert [name for name, _args in pages.asked.commands] == ["probe.run", "forwarding.verify", "modem.reset"]
    pages.asked.answers["modem.reset"] = {"ok": False, "error": {"code": "failed", "message": "a call is up"}}
    assert "a call is up" in (await browser.post("/system/modem-reset", page="/system"))[2]


async def test_the_modem_is_asked_when_the_page_is_there(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    pages.asked.answers["modem.info"] = {
        "ok": True,
        "result": {"model": "EC25", "imei": "8612345", "technology": None, "sim": "puk", "registration": "home"},
    }
    text = (await browser.get("/system/modem"))[1]
    assert "EC25" in text
    assert "waits for its PUK" in text
    assert ">registered<" in text
    assert "<html" not in text
    pages.asked.silent = True
    assert "could not be asked" in (await browser.get("/system/modem"))[1]


async def test_a_log_is_shown_or_why_there_is_none(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    status, text = await browser.get("/system/log/hotline-web")
    assert status == 200
    assert "<pre" in text or "There is no log to show" in text


PLANTED = {
    "sip": "sip-PLANTED-1",
    "hash": "$argon2id$PLANTED-2",
    "mqtt": "mqtt-PLANTED-3",
    "pin": "4711-PLANTED",
    "event": "mqtt-PLANTED-3",
    "url": "url-PLANTED-5",
    "admin": "admin-PLANTED-6",
    "provisioning": "provision-PLANTED-7",
}


async def test_no_planted_secret_is_in_the_bundle(pages: House, tmp_path: Path) -> None:
    desk, folder = pages.desk, tmp_path
    for name in ("mqtt", "pin", "admin"):
        (folder / name).write_text(PLANTED[name] + "\n")
    text = desk.config_file.read_text()
    text = text.replace("[[mqtt]]\n", f'[[mqtt]]\nusername = "u"\npassword_file = "{folder}/mqtt"\n')
    text = text.replace("[modem]\n", f'[modem]\npin_file = "{folder}/pin"\n')
    text = text.replace("[web]\n", f'[provisioning]\ntoken = "{PLANTED["provisioning"]}"\n[web]\n')
    text = text.replace("[web]\n", f'[web]\nadmin_password_file = "{folder}/admin"\n')
    desk.config_file.write_text(text)
    config = load(desk.config_file)
    journal = await Journal.open(folder, boot_id="b", now=lambda: datetime.now(UTC))
    person = {"id": "a", "sip_password": PLANTED["sip"], "pin_hash": PLANTED["hash"]}
    await journal.remember("roster", {"revision": 1, "roster": {"person": [person]}})
    await journal.append("modem.down", {"reason": f"login with {PLANTED['event']} and {PLANTED['sip']} failed"})
    await journal.append("boot", {"broker": f"mqtt://user:{PLANTED['url']}@192.0.2.1", "api_key": "k-PLANTED-8"})
    await journal.close()
    heard = {"state.json": pages.desk.box.state, "roster.json": {"roster": {"person": [person]}}}
    packed = bundle.build(config, desk.config_file, heard, [], datetime.now(UTC))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
        texts = {name: archive.read(name).decode() for name in names}
    whole = "\n".join(texts.values())
    assert "PLANTED" not in whole, [line for line in whole.splitlines() if "PLANTED" in line]
    assert GONE in whole
    assert '"type": "modem.down"' in whole
    assert "trunk-a" in whole
    assert f"{folder}/mqtt" in whole  # the name of a file is no secret, and says where to look
    assert {name.rpartition("/")[2] for name in names} >= {
        "about.json",
        "findings.json",
        "state.json",
        "events.jsonl",
    }


async def test_the_bundle_is_downloaded_as_a_zip_and_that_is_kept(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    token = await browser.token("/system")
    async with browser.http.post("/system/bundle", data={"csrf": token}) as response:
        assert response.headers["Content-Disposition"].startswith('attachment; filename="hotline-box-01-')
        with zipfile.ZipFile(io.BytesIO(await response.read())) as archive:
            names = archive.namelist()
            about = json.loads(archive.read(next(name for name in names if name.endswith("about.json"))))
    assert about["hotline"]
    assert (await pages.desk.accounts.audit(limit=1))[0].action == "bundle"


def test_scrubbing_goes_by_names_by_values_and_by_urls() -> None:
    document = {"Password": "a", "deep": [{"sip_password": "long secret"}], "green_pin": 17, "key_file": "/etc/k"}
    assert secrets_of(document) == {"a", "long secret"}
    assert scrub_document({**document, "note": "the long secret is out"}, secrets_of(document)) == {
        "Password": GONE,
        "deep": [{"sip_password": GONE}],
        "green_pin": 17,
        "key_file": "/etc/k",
        "note": f"the {GONE} is out",
    }
    assert scrub_text("see https://user:pass@example.com/ and a", {"a"}) == f"see https://{GONE}@example.com/ and a"


async def test_a_test_call_is_placed_for_whom_and_by_what_was_chosen_and_what_came_of_it_is_told(
    pages: House,
) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR, name="eva")
    told = {"trunk": "trunk-a", "number": "+420777000113", "person": "anna", "rang_after_s": 1.3, "heard": True}
    pages.asked.answers["call.test"] = {"ok": True, "result": {**told, "result": "picked_up", "picked_up_after_s": 4}}
    choice = {"person": "anna", "trunk": "trunk-a"}
    status, _where, text = await browser.post("/system/test-call", page="/system", **choice)
    assert (status, pages.asked.commands[-1]) == (200, ("call.test", choice))
    for words in (
        "Anna Nováková",
        "the call was picked up",
        "played to its end",
        "rang after 1.3 s",
        "picked up after 4.0 s",
    ):
        assert words in text, words
    pages.asked.answers["call.test"] = {"ok": True, "result": {**told, "result": "busy", "cause": 17, "heard": False}}
    _status, _where, text = await browser.post("/system/test-call", page="/system", person="", trunk="")
    assert pages.asked.commands[-1] == ("call.test", {})  # whoever has duty, by the trunk whose turn it is
    assert ("was busy" in text, "cause 17 (Q.850)" in text, "played to its end" in text) == (True, True, False)
    pages.asked.answers["call.test"] = {"ok": False, "error": {"code": "conflict", "message": "<b>too many</b>"}}
    _status, _where, text = await browser.post("/system/test-call", page="/system")
    assert "The exchange refused: &lt;b&gt;too many" in text
    asked = len(pages.asked.commands)
    _status, _where, text = await browser.post("/system/test-call", page="/system", exchange="box/../../guard")
    assert ("There is no such exchange" in text, len(pages.asked.commands)) == (True, asked)
    pages.asked.silent = True
    _status, _where, text = await browser.post("/system/test-call", page="/system")
    assert "may have been placed all the same" in text
    kept = [(one.action, one.subject, one.detail) for one in await pages.desk.accounts.audit(limit=20)]
    assert ("call.test", "box, anna, trunk-a", None) in kept
    assert ("call.test.done", "box, duty, any trunk", "busy") in kept
    assert ("call.test.refused", "box, duty, any trunk", "<b>too many</b>") in kept
    supervisor = await pages.signed_in(Role.SUPERVISOR)
    assert "test-call" not in (await supervisor.get("/system"))[1]
