"""Signing in and staying so: rotation, theft, ends, and how slow guessing is."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from appliance.web.accounts import throttle
from appliance.web.accounts.models import Account
from appliance.web.accounts.sessions import GRACE_S, ROTATE_AFTER_S
from appliance.web.accounts.throttle import Failures
from appliance.web.cookies import SESSION_COOKIE
from appliance.web.permission import Role
from tests.web.house import PASSWORD, House

HOUR = 3600.0


async def audited(pages: House) -> list[str]:
    return [entry.action for entry in await pages.desk.accounts.audit()]


async def test_the_right_password_opens_and_leads_where_one_wanted_to_go(pages: House) -> None:
    browser = pages.browser()
    assert await browser.where("/system?x=1") == (303, "/sign-in?next=%2Fsystem%3Fx%3D1")
    assert (await browser.sign_in("admin", next="/system?x=1"))[:2] == (303, "/system?x=1")
    assert (await browser.get("/system"))[0] == 200
    assert "sign-in" in await audited(pages)


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "/\t/evil",
        "/sign-in",
    ],
)
async def test_signing_in_never_leads_to_another_site(pages: House, onward: str) -> None:
    assert (await pages.browser().sign_in("admin", next=onward))[:2] == (303, "/")


async def test_a_wrong_password_and_an_unknown_name_are_told_the_same(pages: House) -> None:
    known = await pages.browser().sign_in("admin", "not the password")
    unknown = await pages.browser().sign_in("nobody-here", "not the password")
    assert (known[0], unknown[0]) == (401, 401)
    assert "Name or password is wrong." in known[2]
    assert "Name or password is wrong." in unknown[2]


async def test_the_cookie_is_shut_to_scripts_and_other_sites(pages: House) -> None:
    browser = pages.browser()
    token = await browser.token("/sign-in")
    form = {"csrf": token, "name": "admin", "password": PASSWORD}
    async with browser.http.post("/sign-in", data=form, allow_redirects=False) as response:
        cookie = next(one for one in response.headers.getall("Set-Cookie") if one.startswith(f"{SESSION_COOKIE}="))
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "secure", "path=/", "samesite=lax"} <= parts
    assert not any(part.startswith("domain") for part in parts)


async def test_signing_in_begins_a_new_session_whatever_cookie_was_there(pages: House) -> None:
    browser = pages.browser()
    browser.set_session_cookie("chosen-by-an-attacker")
    await browser.sign_in("admin")
    assert browser.session_cookie not in (None, "chosen-by-an-attacker")


async def test_the_token_changes_every_hour_and_the_former_one_soon_ends(pages: House) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    first = browser.session_cookie
    pages.clock.now += ROTATE_AFTER_S + 1
    await browser.get("/me")
    second = browser.session_cookie
    assert second not in (None, first)
    # the answer with the new token might have been lost: the former one is still good
    late = pages.browser()
    late.set_session_cookie(str(first))
    assert (await late.get("/steer/technician"))[0] == 200


async def test_a_copied_token_ends_the_session_for_everybody(pages: House) -> None:
    owner = await pages.signed_in(Role.ADMINISTRATOR, name="owner")
    stolen = str(owner.session_cookie)
    pages.clock.now += ROTATE_AFTER_S + 1
    await owner.get("/me")  # the new token
    await owner.get("/me")  # and it is used
    pages.clock.now += GRACE_S + 1
    thief = pages.browser()
    thief.set_session_cookie(stolen)
    assert await thief.where("/me") == (303, "/sign-in?next=%2Fme&why=copied")
    assert (await owner.where("/me"))[1].startswith("/sign-in")
    assert "session.copied" in await audited(pages)


async def test_a_session_ends_after_idle_hours_and_after_its_days(pages: House) -> None:
    browser = await pages.signed_in(Role.TECHNICIAN)
    for _ in range(4):
        pages.clock.now += 11 * HOUR
        assert (await browser.get("/me"))[0] == 200
    pages.clock.now += 12 * HOUR + 61
    assert (await browser.where("/me"))[1] == "/sign-in?next=%2Fme&why=over"
    browser = await pages.signed_in(Role.TECHNICIAN)
    for _ in range(65):
        pages.clock.now += 11 * HOUR
        assert (await browser.get("/me"))[0] == 200
    pages.clock.now += 11 * HOUR  # thirty days and six hours
    assert (await browser.where("/me"))[1] == "/sign-in?next=%2Fme&why=over"


async def test_signing_out_ends_the_session_itself(pages: House) -> None:
    browser = await pages.signed_in(Role.TECHNICIAN)
    kept = str(browser.session_cookie)
    assert (await browser.post("/me/sign-out"))[:2] == (303, "/sign-in")
    thief = pages.browser()
    thief.set_session_cookie(kept)
    assert (await thief.where("/me"))[0] == 303


async def test_a_new_password_signs_out_every_other_browser(pages: House) -> None:
    here, elsewhere = await pages.signed_in(Role.TECHNICIAN), None
    account = await pages.desk.accounts.find("technician")
    assert account is not None
    elsewhere = pages.browser()
    elsewhere.set_session_cookie(await pages.desk.sessions.begin(account[0], pages.clock(), "192.0.2.9", "other"))
    assert (await elsewhere.get("/me"))[0] == 200
    new = "four quite other words"
    answer = await here.post("/me/password", page="/me/password", old=PASSWORD, new=new, again=new)
    assert answer[:2] == (303, "/me?done=password")
    assert (await here.get("/me"))[0] == 200
    assert (await elsewhere.where("/me"))[0] == 303
    assert (await pages.browser().sign_in("technician", new))[0] == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "told"),
    [
        ("wrong password", "a good new one", "a good new one", "This is not your password."),
        (PASSWORD, "short", "short", "It is too short"),
        (PASSWORD, "technician-technician", "technician-technician", "It has the name in it"),
        (PASSWORD, "1234567890", "1234567890", "Everybody would guess it"),
        (PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa", "Everybody would guess it"),
        (PASSWORD, "x" * 257, "x" * 257, "It is too long"),
        (PASSWORD, "a good new one", "another new one", "The two are not the same."),
        (PASSWORD, PASSWORD, PASSWORD, "This is the old one"),
    ],
)
async def test_a_bad_new_password_is_refused_with_its_reason(
    pages: House, old: str, new: str, again: str, told: str
) -> None:
    browser = await pages.signed_in(Role.TECHNICIAN)
    status, _where, text = await browser.post("/me/password", page="/me/password", old=old, new=new, again=again)
    assert status == 422
    assert told in text


async def test_guessing_is_slowed_down_and_that_outlasts_a_restart(pages: House) -> None:
    browser = pages.browser()
    for _ in range(throttle.FREE["account at address"]):
        assert (await browser.sign_in("admin", "a wrong password"))[0] == 401
    status, _where, text = await browser.sign_in("admin")
    assert status == 429
    assert "Try again in 15 secs" in text or "Try again in 15 sec" in text
    database = sqlite3.connect(pages.desk.accounts.database.path)
    kept = dict(database.execute("SELECT subject, failures FROM attempts"))
    database.close()
    assert kept["account admin at 127.0.0.1"] == throttle.FREE["account at address"]
    pages.clock.now += throttle.FIRST_WAIT_S + 1
    assert (await browser.sign_in("admin"))[0] == 303


async def test_many_guesses_side_by_side_are_not_free_either(pages: House) -> None:
    browsers = [pages.browser() for _ in range(9)]
    statuses = [
        answer[0] for answer in await asyncio.gather(*(one.sign_in("admin", "wrong wrong") for one in browsers))
    ]
    assert statuses.count(401) <= throttle.FREE["account at address"]
    assert statuses.count(429) >= 4


def test_waits_double_up_to_an_hour_and_are_forgotten_after_a_day() -> None:
    free = throttle.FREE["address"]
    waits = [throttle.wait_s("address", Failures(count, 1000.0), 1000.0) for count in range(free - 1, free + 12)]
    assert waits[:4] == [0.0, 15.0, 30.0, 60.0]
    assert waits[-1] == throttle.LONGEST_WAIT_S
    assert throttle.wait_s("address", Failures(50, 1000.0), 1000.0 + 25 * HOUR) == 0.0
    assert throttle.wait_s("address", Failures(50, 1000.0), 500.0) == throttle.LONGEST_WAIT_S  # the clock went back
    assert throttle.after_failure(Failures(50, 1000.0), 1000.0 + 25 * HOUR) == Failures(1, 1000.0 + 25 * HOUR)


async def test_a_stranger_elsewhere_does_not_shut_the_owner_out_with_a_handful(pages: House) -> None:
    waits = [await pages.desk.accounts.attempt("admin", "203.0.113.9", pages.clock()) for _ in range(20)]
    assert waits[-1] > 0.0
    assert await pages.desk.accounts.attempt("admin", "127.0.0.1", pages.clock()) == 0.0


async def test_who_is_shut_out_or_gone_from_the_roster_cannot_come_in(pages: House) -> None:
    browser = await pages.signed_in(Role.TECHNICIAN, name="gone", person="somebody-gone")
    assert (await pages.browser().sign_in("gone"))[0] == 401
    await pages.desk.accounts.put(Account("gone", Role.TECHNICIAN, "anna", disabled=True))
    assert (await browser.where("/me"))[0] == 303
    assert (await pages.browser().sign_in("gone"))[0] == 401
    await pages.desk.accounts.put(Account("gone", Role.TECHNICIAN, "anna"))
    assert (await pages.browser().sign_in("gone"))[0] == 303


async def test_nothing_but_a_new_password_is_shown_after_a_one_time_password(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR, name="new", must_change=True)
    for path in ("/", "/accounts", "/system"):
        assert await browser.where(path) == (303, "/me/password")
    assert (await browser.post("/accounts", page="/me/password", name="x", role="administrator"))[:2] == (
        303,
        "/me/password",
    )
    assert await pages.desk.accounts.find("x") is None
