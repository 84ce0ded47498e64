"""Accounts: made, changed, given a password for one sign-in, removed; never the last administrator."""

from __future__ import annotations

import asyncio
import re
import stat
import sys
from pathlib import Path

import pytest

from appliance.web import first_account
from appliance.web.accounts.passwords import Passwords, too_weak
from appliance.web.accounts.store import Accounts, LastAdministratorError
from appliance.web.pages.accounts import one_time_password
from appliance.web.permission import Role
from tests.web.house import House


async def test_an_account_is_made_with_a_password_that_is_shown_once(pages: House) -> None:
    admin = await pages.signed_in(Role.ADMINISTRATOR)
    form = {"name": "Anna.N", "person": "anna", "role": "technician"}
    status, _where, text = await admin.post("/accounts", page="/accounts", **form)
    found = re.search(r"<code>([a-z0-9-]{19})</code>", text)
    assert status == 200
    assert found
    assert found[1] not in (await admin.get("/accounts"))[1]
    assert not any(found[1] in str(entry) for entry in await pages.desk.accounts.audit())
    anna = pages.browser()
    assert (await anna.sign_in("anna.n", found[1]))[0] == 303
    assert await anna.where("/") == (303, "/me/password")
    await anna.post(
        "/me/password", page="/me/password", old=found[1], new="my own four words", again="my own four words"
    )
    assert (await anna.get("/"))[0] == 200
    assert "Anna Nováková" in (await anna.get("/me"))[1]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"name": "admin", "role": "technician"}, "This name is taken."),
        ({"name": "../x", "role": "technician"}, "Write a-z, 0-9"),
        ({"name": "", "role": "technician"}, "Write a-z, 0-9"),
        ({"name": "x", "role": "god"}, "Choose a role."),
        ({"name": "x", "role": "technician", "person": "nobody"}, "The roster has nobody"),
    ],
)
async def test_a_wrong_account_is_refused_at_its_field(pages: House, form: dict[str, str], told: str) -> None:
    admin = await pages.signed_in(Role.ADMINISTRATOR)
    status, _where, text = await admin.post("/accounts", page="/accounts", **form)
    assert status == 422
    assert told in text
    assert "aria-invalid" in text
    assert len(await pages.desk.accounts.all()) == 2


async def test_a_change_signs_the_account_out_and_oneself_cannot_be_changed(pages: House) -> None:
    admin, eva = await pages.signed_in(Role.ADMINISTRATOR), await pages.signed_in(Role.SUPERVISOR, name="eva")
    form = {"role": "technician", "person": "", "disabled": "yes"}
    assert (await admin.post("/accounts/eva", page="/accounts/eva", **form))[0] == 303
    assert (await eva.where("/"))[0] == 303
    assert (await admin.post("/accounts/administrator", page="/accounts/eva", role="technician"))[0] == 422
    assert (await admin.post("/accounts/administrator/remove", page="/accounts/eva"))[0] == 422
    assert (await admin.post("/accounts/eva/remove", page="/accounts/eva"))[0] == 303
    assert (await admin.get("/accounts/eva"))[0] == 404


async def test_somebody_always_may_manage_accounts(pages: House) -> None:
    with pytest.raises(LastAdministratorError):
        await pages.desk.accounts.remove("admin")
    assert [one.name for one in await pages.desk.accounts.all()] == ["admin"]


def test_one_time_passwords_are_of_chance_and_strong_enough() -> None:
    made = {one_time_password() for _ in range(100)}
    assert len(made) == 100
    assert all(too_weak(one) is None for one in made)


async def test_the_first_password_comes_from_a_file_once_and_never_a_weak_one(tmp_path: Path) -> None:
    accounts, passwords, file = await Accounts.open(tmp_path / "web"), Passwords(), tmp_path / "password"
    try:
        for wrong in (None, file):
            assert not await first_account.from_file(wrong, accounts, passwords)
        file.write_text("admin-admin\n")
        assert not await first_account.from_file(file, accounts, passwords)
        file.write_text("four words are enough\n")
        assert await first_account.from_file(file, accounts, passwords)
        found = await accounts.find("admin")
        assert found is not None
        assert found[0].role is Role.ADMINISTRATOR
        assert found[1].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert await passwords.matches(found[1], "four words are enough")
        file.write_text("another password is given")
        assert not await first_account.from_file(file, accounts, passwords)
    finally:
        await accounts.close()
    assert stat.S_IMODE((tmp_path / "web").stat().st_mode) & 0o007 == 0


async def test_the_console_sets_a_password_and_signs_everybody_out(pages: House) -> None:
    browser = pages.browser()
    await browser.sign_in("admin")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "appliance", "web", "password", "admin", "--config", str(pages.desk.config_file)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, wrong = await process.communicate(b"from the console\nfrom the console\n")
    assert (process.returncode, wrong) == (0, b"")
    assert b"new password" in said
    assert (await browser.where("/"))[0] == 303
    assert (await pages.browser().sign_in("admin", "from the console"))[0] == 303
