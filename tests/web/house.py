"""The pages as they run, without a browser: real server, real accounts, a box that says what a test wants."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import aiohttp
from yarl import URL

from appliance.config import load
from appliance.mqtt.asker import UnreachableError
from appliance.statistics import tell
from appliance.statistics.question import By, Question
from appliance.statistics.summary import summarise
from appliance.web import server
from appliance.web.accounts.feeds import Feeds
from appliance.web.accounts.models import Account
from appliance.web.accounts.passwords import Passwords, hash_now
from appliance.web.accounts.sessions import Lasts, Sessions
from appliance.web.accounts.store import Accounts
from appliance.web.assets import Assets
from appliance.web.box import BoxWords
from appliance.web.cookies import SESSION_COOKIE
from appliance.web.desk import Desk
from appliance.web.dispatch import assemble
from appliance.web.live import Broadcaster
from appliance.web.pages import PAGES
from appliance.web.permission import Role
from appliance.web.render import Renderer
from bench.addresses import free_port
from tests.cli.conftest import CONFIG
from tests.cli.peer import state_document

PASSWORD = "correct horse battery"
HASH = hash_now(PASSWORD)
ROSTER = {
    "schema": 1,
    "revision": 3,
    "duty": {"default": "tech-1"},
    "person": [
        {"id": "tech-1", "name": "Technician 1", "mobile": "+420777000111", "pin_hash": "SECRET-PIN-HASH"},
        {"id": "anna", "name": "Anna Nováková", "mobile": "+420777000113", "sip_password": "SECRET-SIP-PASSWORD"},
    ],
    "group": [{"id": "team", "name": "Team", "members": ["anna", "duty"]}],
    "line": [{"id": "service", "name": "Service line", "open": ["group:team"], "closed": ["duty"]}],
}


@dataclass
class Clock:
    """Unix seconds that a test moves."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def no_calls() -> Mapping[str, Any]:
    """What an exchange without a call answers to ``stats``."""
    end = datetime(2026, 3, 24, tzinfo=UTC)
    document = tell.document(summarise([], Question(end - timedelta(days=1), end, UTC, by=By.DAY)))
    return {"schema": 1, "id": "", "ok": True, "result": document}


@dataclass
class Asked:
    """A guard that answers as a test says, and keeps what it was asked."""

    commands: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    answers: dict[str, Mapping[str, Any]] = field(default_factory=lambda: {"stats": no_calls()})
    silent: bool = False

    async def ask(
        self, topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        if self.silent:
            raise UnreachableError(f"{name} was not answered")
        self.commands.append((name, args))
        return self.answers.get(name, {"schema": 1, "id": id_, "ok": True, "result": {}})


class Browser:
    """One visitor: cookies kept, forms filled in as a browser would."""

    def __init__(self, base: str) -> None:
        self.base = base
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=[URL(base)])
        self.http = aiohttp.ClientSession(base, cookie_jar=jar)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    async def get(self, path: str, **more: Any) -> tuple[int, str]:
        async with self.http.get(path, allow_redirects=False, **more) as response:
            return response.status, await response.text()

    async def where(self, path: str) -> tuple[int, str]:
        """Status, and where it leads."""
        async with self.http.get(path, allow_redirects=False) as response:
            return response.status, response.headers.get("Location", "")

    async def token(self, path: str = "/me") -> str:
        """The token of the first form on a page."""
        _status, text = await self.get(path)
        found = re.search(r'name="csrf" value="([^"]+)"', text)
        assert found, text
        return found[1]

    async def post(self, path: str, *, page: str = "/me", **fields: str) -> tuple[int, str, str]:
        """Send a form as ``page`` would; status, where it leads, text."""
        token = await self.token(page)
        async with self.http.post(path, data={"csrf": token, **fields}, allow_redirects=False) as response:
            return response.status, response.headers.get("Location", ""), await response.text()

    async def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> tuple[int, str, str]:
        return await self.post("/sign-in", page="/sign-in", name=name, password=password, **more)

    @property
    def session_cookie(self) -> str | None:
        found = [cookie for cookie in self.http.cookie_jar if cookie.key == SESSION_COOKIE]
        return found[0].value if found else None

    def set_session_cookie(self, value: str) -> None:
        self.http.cookie_jar.update_cookies({SESSION_COOKIE: value}, URL(self.base))


class House:
    """Everything of one test."""

    def __init__(self, desk: Desk, base: str, asked: Asked, clock: Clock) -> None:
        self.desk, self.base, self.asked, self.clock = desk, base, asked, clock
        self._browsers: list[Browser] = []

    def browser(self) -> Browser:
        """A stranger's."""
        self._browsers.append(Browser(self.base))
        return self._browsers[-1]

    async def signed_in(self, role: Role, *, name: str | None = None, **account: Any) -> Browser:
        """A browser of somebody of this role, with a session and without the slowness of a password."""
        name = name or role.value
        await self.desk.accounts.put(Account(name, role, **account), HASH)
        found = await self.desk.accounts.find(name)
        assert found is not None
        token = await self.desk.sessions.begin(found[0], self.clock(), "127.0.0.1", "test")
        browser = self.browser()
        browser.set_session_cookie(token)
        return browser

    def says(self, **changes: Any) -> None:
        """The guard tells its state."""
        self.desk.box._hear_state("", json.dumps(state_document(**changes)).encode())

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.http.close()


@asynccontextmanager
async def house(folder: Path, more: str = "") -> AsyncIterator[House]:
    """A server on a loopback port of its own, with an administrator ``admin``."""
    listen = f"127.0.0.1:{free_port()}"
    file = folder / "hotline.toml"
    web = f'\n[web]\nlisten = "{listen}"\ntls = false\ntrusted_proxies = ["127.0.0.2"]\n{more}'
    file.write_text(CONFIG.format(device="box-01", state_dir=folder, port=1) + web)
    config, clock, asked = load(file), Clock(), Asked()
    accounts = await Accounts.open(folder / "web")
    await accounts.put(Account("admin", Role.ADMINISTRATOR), HASH)
    box, assets = BoxWords(config.device.id), Assets()
    box.ask_over(asked)
    box.link_changed("local", True)
    box._hear_roster("", json.dumps({"schema": 1, "revision": 3, "at": "", "roster": ROSTER}).encode())
    hours, days = config.web.session_hours, config.web.session_days
    desk = Desk(
        config=config,
        config_file=file,
        zone=ZoneInfo("Europe/Prague"),
        box=box,
        accounts=accounts,
        sessions=Sessions(accounts.database, Lasts(hours * 3600, days * 86_400)),
        feeds=Feeds(accounts.database),
        passwords=Passwords(),
        assets=assets,
        renderer=Renderer(assets),
        live=Broadcaster(box),
        clock=clock,
    )
    up = asyncio.Event()
    serving = asyncio.create_task(server.serve(assemble(desk, PAGES), listen, None, ("127.0.0.2",), up.set))
    await up.wait()
    place = House(desk, f"http://{listen}", asked, clock)
    place.says()
    try:
        yield place
    finally:
        await place.close()
        desk.live.close()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await accounts.close()
