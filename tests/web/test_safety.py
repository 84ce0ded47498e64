"""What strangers and other sites try: forms that are not ours, paths that lead out, script in names, huge bodies."""

from __future__ import annotations

import json
import re

import pytest
import yarl

from appliance.web import csrf
from appliance.web.headers import CONTENT_SECURITY_POLICY
from appliance.web.permission import Role
from tests.web.house import ROSTER, House

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


async def test_every_response_has_the_headers_errors_too(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    for path in ("/", "/sign-in", "/nowhere", "/static/none", "/alive", "/live/nothing", "/accounts/nobody"):
        async with browser.http.get(path, allow_redirects=False) as response:
            assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["X-Frame-Options"] == "DENY"
            assert "Server" not in response.headers
            cached = response.headers.get("Cache-Control", "no-store")
            assert cached == "no-store", path
    assert "unsafe" not in CONTENT_SECURITY_POLICY


async def test_no_page_has_script_or_style_of_its_own(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    for path in ("/", "/system", "/accounts", "/audit", "/me", "/me/password", "/steer/technician"):
        _status, text = await browser.get(path)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text), path


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
    ],
)
async def test_a_form_of_another_site_does_nothing_even_with_a_token(pages: House, headers: dict[str, str]) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    data = {"csrf": await browser.token(), "name": "evil", "role": "administrator", "person": ""}
    async with browser.http.post("/accounts", data=data, headers=headers) as response:
        assert response.status == 403
    assert await pages.desk.accounts.find("evil") is None


async def test_the_token_of_another_session_is_not_taken(pages: House) -> None:
    one, other = await pages.signed_in(Role.ADMINISTRATOR), await pages.signed_in(Role.SUPERVISOR)
    data = {"csrf": await other.token(), "name": "evil", "role": "administrator", "person": ""}
    async with one.http.post("/accounts", data=data) as response:
        assert response.status == 403


async def test_signing_in_needs_the_form_that_this_browser_was_shown(pages: House) -> None:
    """Else somebody could be signed in with an attacker's account without noticing."""
    attacker, victim = pages.browser(), pages.browser()
    data = {"csrf": await attacker.token("/sign-in"), "name": "admin", "password": "correct horse battery"}
    async with victim.http.post("/sign-in", data=data) as response:
        assert response.status == 403


def test_tokens_look_different_each_time_and_are_only_good_for_their_secret() -> None:
    secret, other = csrf.new_secret(), csrf.new_secret()
    tokens = {csrf.token(secret) for _ in range(20)}
    assert len(tokens) == 20
    assert all(csrf.is_token(one, secret) and not csrf.is_token(one, other) for one in tokens)
    for wrong in ("", "ü", "AAAA", "=" * 88, csrf.token(secret)[:-4], csrf.token(secret) + "AAAA"):
        assert not csrf.is_token(wrong, secret)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../hotline.toml",
        "/static/..%2f..%2fhotline.toml",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd",
        "/static/style.css%00.png",
        "/static/..\\..\\hotline.toml",
        "//etc/passwd",
        "/accounts/..%2f..%2fetc%2fpasswd",
        "/system/log/..%2f..%2fetc%2fpasswd",
        "/system/log/hotline-guard;id",
        "/%ff%fe",
    ],
)
async def test_paths_lead_nowhere_else(pages: House, path: str) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    async with browser.http.get(yarl.URL(pages.base + path, encoded=True), allow_redirects=False) as response:
        assert response.status == 404
        assert "root:" not in await response.text()


async def test_script_in_names_stays_text(pages: House) -> None:
    roster = json.loads(json.dumps(ROSTER))
    roster["person"][0]["name"] = roster["group"][0]["name"] = roster["line"][0]["name"] = SCRIPT
    document = {"schema": 1, "revision": 4, "at": "", "roster": roster}
    pages.desk.box._hear_roster("", json.dumps(document).encode())
    pages.says(
        route={"active": SCRIPT, "number": SCRIPT, "reason": SCRIPT, "desired": SCRIPT},
        override={"route": SCRIPT, "reason": SCRIPT, "by": SCRIPT},
        trunks={SCRIPT: {"health": SCRIPT, "reason": SCRIPT}},
        modem={"health": "up", "operator": SCRIPT, "reason": SCRIPT, "model": SCRIPT},
    )
    call = {"id": "1", "since": "2026-01-01T00:00:00Z", "caller": SCRIPT, "state": "ringing", "ringing": ["tech-1"]}
    exchange = {
        "at": "2026-01-01T00:00:00Z",
        "ari": "connected",
        "calls": [call],
        "version": SCRIPT,
        "asterisk": SCRIPT,
    }
    pages.desk.box._hear_exchange(f"hotline/box-01/exchange/{SCRIPT}/state", json.dumps(exchange).encode())
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    await pages.desk.accounts.note(SCRIPT, account=SCRIPT, address=SCRIPT, subject=SCRIPT, detail=SCRIPT)
    for path in ("/", "/system", "/accounts", "/audit", "/steer/technician", f"/audit?account={SCRIPT}", "/sign-in"):
        _status, text = await browser.get(path)
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
    _status, text = await pages.browser().get("/sign-in", params={"next": SCRIPT, "why": SCRIPT})
    assert "<script>alert" not in text


async def test_what_is_too_large_or_no_form_is_refused(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    token = await browser.token()
    async with browser.http.post("/accounts", data={"csrf": token, "name": "x" * 400_000}) as response:
        assert response.status == 413
    async with browser.http.post("/accounts", data=b"\xff\xfe=%ff", headers={"X-Csrf-Token": token}) as response:
        assert response.status == 400
    async with browser.http.post("/accounts", json={"csrf": token}) as response:
        assert response.status == 400
    many = "&".join(f"f{n}=1" for n in range(3000))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    async with browser.http.post("/accounts", data=many, headers=kind) as response:
        assert response.status == 400


async def test_only_a_trusted_proxy_may_say_whom_it_speaks_for(pages: House) -> None:
    browser = pages.browser()
    token = await browser.token("/sign-in")
    data, claim = {"csrf": token, "name": "admin", "password": "wrong wrong"}, {"X-Forwarded-For": "198.51.100.7"}
    async with browser.http.post("/sign-in", data=data, headers=claim) as response:
        assert response.status == 401
    assert (await pages.desk.accounts.audit(limit=1))[0].address == "127.0.0.1"


async def test_secrets_of_the_roster_never_reach_the_pages(pages: House) -> None:
    assert "SECRET" not in json.dumps(pages.desk.box.roster)
    assert "SECRET" not in repr(pages.desk.box.roster_model)


async def test_static_files_may_be_kept_and_come_compressed(pages: House) -> None:
    browser = pages.browser()
    for name in ("style.css", "script.js", "icon.svg"):
        async with browser.http.get(pages.desk.assets.url(name), headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert "immutable" in response.headers["Cache-Control"]
