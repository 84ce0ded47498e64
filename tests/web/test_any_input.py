"""Every route with whatever may be sent to it: an answer, or a refusal in words, and never a fault of ours."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from appliance.web.page import Page
from appliance.web.pages import PAGES
from appliance.web.permission import Role
from tests.web.guard import HANDLERS, RosterGuard, roster_guard
from tests.web.house import Asked, Browser, House
from tests.web.test_roster_edit import ROSTER

SOURCES = Path(__file__).resolve().parents[2] / "appliance/web"
NAMED = re.compile(r'(?:query|form\.get|query_params\.get)\(f?"([a-z_.]+)"')
KNOWN = (
    "person",
    "group",
    "line",
    "hours",
    "queue",
    "menu",
    "mailbox",
    "rota",
    "nights",
    "desk",
    "first",
    "box",
    "ann",
)
ODD = (
    *("", " ", "0", "-1", "1", "2", "7", "12", "1e9", "9" * 30, "NaN", "inf", "1.5", "٣", "²"),
    *("\x00", "\x7f\x1b[2J", "\r\nX: 1", "\ud7ff\ue000", "\U0001f600" * 50, "x" * 3000, "a" * 65, "é", "А"),  # noqa: RUF001
    *("'; DROP TABLE account; --", "<script>", "{{ 7*7 }}", "%s%n", "../../etc/passwd", "//evil", "\\", "$(id)"),
    *("2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "2026-03-29T02:30", "9999-12-31T23:59:59+14:00"),
    *("-9999-01-01T00:00Z", "2026-11-30T12:00:00.000Z", "24:00", "25:61", "08:00-07:00", "+420777000111", "+", "yes"),
    *(
        "day",
        "week",
        "month",
        "today",
        "open",
        "auto",
        "in",
        "paused",
        "administrator",
        "en",
        "xx",
        "null",
        "[]",
        "{",
    ),
    *KNOWN,
)
# names that are made of others, in the sources
MORE = (
    *("number", "since", "until", "outcome", "exchange", "trunk", "name", "mobile", "pin", "members.0", "open.1"),
    *("week", "week.mon", "week.0.person", "week.0.start", "week.1.end", "week.0.sat", "dates", "holidays", "duty"),
    *("options.1", "options.#", "missed.sms", "callback", "max_waiting", "email", "text"),
)
ROUNDS = 8


def fields() -> list[str]:
    """The names of everything that any page reads, as its source says."""
    text = "\n".join(file.read_text() for file in sorted(SOURCES.rglob("*.py")))
    return sorted({*NAMED.findall(text), *MORE})


def filled(page: Page, chance: random.Random) -> str:
    """The path with something in each of its places; an empty one would be another path."""

    def place(_match: re.Match[str]) -> str:
        value = chance.choice([one for one in ODD if one.strip(" ./")])
        return URL.build(path="/" + value.replace("/", "%2F"), encoded=False).raw_path[1:]

    return re.sub(r"\{[^}]+\}", place, page.path)


def chosen(names: list[str], chance: random.Random) -> dict[str, str]:
    return {name: chance.choice(ODD) for name in names if chance.random() < 0.5}


async def answered(browser: Browser, page: Page, method: str, chance: random.Random, names: list[str]) -> None:
    path, sent = filled(page, chance), chosen(names, chance)
    told = f"{method} {path} {sent}"
    url = URL(browser.base + path, encoded=True)
    data = None
    if method == "GET":
        url = url.with_query(sent)
    else:
        data = {**sent, "csrf": await browser.token()}
    async with browser.http.request(method, url, data=data, allow_redirects=False) as response:
        content = await response.read()
        assert response.status != 500, told
        assert b"Traceback" not in content, told


@dataclass
class Both:
    """The guard's own roster desk, and empty answers to everything else."""

    guard: RosterGuard
    others: Asked

    async def ask(
        self, topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        asked = self.guard if name in HANDLERS else self.others
        return await asked.ask(topic, name, args, id_, timeout_s)


def test_the_names_of_fields_are_found() -> None:
    found = fields()
    assert {"before", "minutes", "revision", "download", "id", "role"} <= set(found)


@pytest.mark.parametrize("silent", [False, True])
async def test_no_input_makes_a_fault(pages: House, tmp_path: Path, silent: bool) -> None:
    """With a guard that answers, and with one that says nothing."""
    chance, names = random.Random(5), fields()
    async with roster_guard(pages, tmp_path) as guard:
        await guard.stands(ROSTER)
        pages.asked.silent = silent
        pages.desk.box.ask_over(pages.asked if silent else Both(guard, pages.asked))
        for page in PAGES:
            if page.path.startswith("/live/"):
                continue
            for method in page.methods:
                for _ in range(ROUNDS):
                    # each time anew: some of these sign out, shut out or remove whoever sends them
                    browser = await pages.signed_in(Role.ADMINISTRATOR, name="eva", person="ann")
                    await answered(browser, page, method, chance, names)
                    await browser.http.close()
