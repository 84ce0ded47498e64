"""Prompts in the browser: sets, sounds sent in, heard and taken back, by the commands of exchange and guard."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from appliance.domain.commands import CommandError
from appliance.web.permission import Role
from tests.prompts.conftest import programs_there, shims  # noqa: F401
from tests.prompts.sound import tone
from tests.prompts.test_commands import Desk, desk
from tests.roster.made import document
from tests.web.guard import RosterGuard, roster_guard
from tests.web.house import Browser, House

pytestmark = pytest.mark.usefixtures("programs_there")
ROSTER = document(prompts=[{"id": "house", "language": "cs"}])


@dataclass
class Both:
    """Commands for the guard go to the guard, those for the box's exchange to that."""

    guard: RosterGuard
    exchange: Desk

    async def ask(
        self, topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        if not name.startswith("prompt."):
            return await self.guard.ask(topic, name, args, id_, timeout_s)
        assert topic == "hotline/box-01/exchange/box/command"
        self.exchange.said.roster = self.guard.desk.roster
        try:
            return {"ok": True, "result": await self.exchange.do(name, **args)}
        except CommandError as error:
            return {"ok": False, "error": {"code": error.code.value, "message": error.message}}


@pytest.fixture
async def both(pages: House, tmp_path: Path) -> AsyncIterator[Both]:
    """A real guard's roster and a real exchange's sounds."""
    async with roster_guard(pages, tmp_path) as guard:
        await guard.stands(ROSTER)
        found = Both(guard, await desk(tmp_path / "sounds"))
        pages.desk.box.ask_over(found)
        yield found


async def send(browser: Browser, path: str, page: str, data: bytes, **fields: str) -> tuple[int, str, str]:
    form = aiohttp.FormData({"csrf": await browser.token(page), **fields})
    form.add_field("file", io.BytesIO(data), filename="x.wav", content_type="audio/wav")
    async with browser.http.post(path, data=form, allow_redirects=False) as response:
        return response.status, response.headers.get("Location", ""), await response.text()


async def test_a_prompt_is_replaced_heard_and_put_back(pages: House, both: Both) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    sound = tone(2.0, rate=44_100, channels=2)  # more than a piece
    assert len(sound) > 192 * 1024
    where = await send(browser, "/prompts/house/sound", "/prompts/house", sound, name="queue-next")
    assert where[:2] == (303, "/prompts/house?done=heard#queue-next"), where
    name = both.guard.desk.roster.prompts[0].sounds["queue-next"]
    assert name.startswith("own/queue-next-")
    _status, text = await browser.get("/prompts/house")
    assert f'src="/prompts/sounds/{name[4:]}"' in text
    async with browser.http.get(f"/prompts/sounds/{name[4:]}") as response:
        heard = await response.read()
    assert (response.status, response.content_type, heard[:4]) == (200, "audio/wav", b"RIFF")
    assert heard == await both.exchange.own.read(name, 0, len(heard) + 1)
    async with browser.http.get(f"/prompts/sounds/{name[4:]}", headers={"Range": "bytes=4-7"}) as response:
        assert (response.status, await response.read()) == (206, heard[4:8])
    status, _where, text = await browser.post("/prompts/sounds/remove", page="/prompts", sound=name[4:])
    assert (status, "is used by" in text) == (422, True)
    back = {"name": "queue-next", "sound": ""}
    assert (await browser.post("/prompts/house/as-it-comes", page="/prompts/house", **back))[0] == 303
    assert both.guard.desk.roster.prompts[0].sounds == {}
    assert (await browser.post("/prompts/sounds/remove", page="/prompts", sound=name[4:]))[0] == 303
    assert not both.exchange.own.has(name)
    assert (await browser.get(f"/prompts/sounds/{name[4:]}"))[0] == 404


async def test_what_is_no_sound_or_silent_is_refused_and_nothing_changes(pages: House, both: Both) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    stood = both.guard.desk.roster
    for data, name in (
        (b"#!/bin/sh\n", "queue-next"),
        (tone(1, level=0), "queue-next"),
        (b"", "queue-next"),
        (tone(1), "none"),
    ):
        status, _where, text = await send(browser, "/prompts/house/sound", "/prompts/house", data, name=name)
        assert (status, 'role="alert"' in text) == (422, True)
    too_large = b"x" * (20 * 1024 * 1024 + 100 * 1024)
    assert (await send(browser, "/prompts/house/sound", "/prompts/house", too_large, name="queue-next"))[0] == 413
    assert both.guard.desk.roster == stood
    assert both.exchange.own.sizes == {}


async def test_a_prompt_is_left_out_and_a_set_begun(pages: House, both: Both) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    silent = {"name": "queue-thanks", "sound": "silence"}
    assert (await browser.post("/prompts/house/as-it-comes", page="/prompts/house", **silent))[0] == 303
    assert both.guard.desk.roster.prompts[0].sounds == {"queue-thanks": "silence"}
    odd = {"name": "queue-thanks", "sound": "../../etc/passwd"}
    assert (await browser.post("/prompts/house/as-it-comes", page="/prompts/house", **odd))[0] == 422
    new = {"id": "vip", "language": "uk", "base": "house"}
    assert (await browser.post("/prompts", page="/prompts", **new))[:2] == (303, "/prompts/vip")
    status, text = await browser.get("/prompts/vip")
    assert (status, "Ukrainian" in text) == (200, True)
    status, _where, text = await browser.post("/prompts", page="/prompts", **(new | {"id": "Bad Id"}))
    assert (status, "prompts.2.id" in text) == (422, True)


async def test_a_sound_for_a_greeting_is_kept_under_a_name_of_its_own(pages: House, both: Both) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    status, _where, text = await send(browser, "/prompts/sounds", "/prompts", tone(1), name="welcome")
    assert status == 200, text
    found = re.search(r"<code>(own/welcome-[0-9a-f]+)</code>", text)
    assert found is not None
    assert both.exchange.own.has(found[1])
    status, _where, text = await send(browser, "/prompts/sounds", "/prompts", tone(1), name="../up")
    assert (status, "is no name" in text) == (422, True)


async def test_an_exchange_that_is_silent_is_said(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    pages.asked.silent = True
    status, text = await browser.get("/prompts")
    assert (status, "The exchange does not answer" in text) == (200, True)


async def test_a_prompt_is_listened_to_as_it_comes(pages: House, both: Both) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    assert 'src="/prompts/house/default/goodbye"' in (await browser.get("/prompts/house"))[1]
    async with browser.http.get("/prompts/house/default/goodbye", headers={"Range": "bytes=0-3"}) as response:
        assert (response.status, response.headers["Content-Type"]) == (206, "audio/wav")
        assert await response.read() == b"RIFF"
    for path in ("/prompts/house/default/nonsense", "/prompts/none/default/goodbye"):
        assert (await browser.get(path))[0] == 404
