"""Voicemail in the browser, before the exchange's own commands: whose it is, how far its mail is, heard and noted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import Command, CommandError
from appliance.exchange.commands.voicemail import VoicemailCommands
from appliance.mqtt.asker import UnreachableError
from appliance.mqtt.dispatch import Dispatch
from appliance.mqtt.topics import Topics
from appliance.web.listening import PAUSE_S
from appliance.web.permission import Role
from tests.mailbox.left import DAY, SOUND, Place, place
from tests.mailbox.test_commands import Said
from tests.web.house import House
from tests.web.test_recording import fetched

SCRIPT = '"><script>window.broken=1</script>'


@dataclass
class Exchange:
    """The box's, with a node that does not answer where ``lonely``; ``silent`` itself, too."""

    messages: Place
    silent: bool = False
    lonely: bool = False
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    async def ask(
        self, topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        assert topic == "hotline/box-01/exchange/box/command"
        if self.silent:
            raise UnreachableError("no answer")
        self.asked.append((name, args))
        others = ("node-1",) if self.lonely else ()
        part = VoicemailCommands(Topics("b", "box"), self.messages.archive, Said(), self._nobody, lambda: others)
        try:
            sent = json.loads(json.dumps(args))
            result = await Dispatch(part.table.handlers).execute(Command(id_, name, sent, "local"))
        except CommandError as error:
            return {"ok": False, "error": {"code": error.code.value, "message": error.message}}
        return {"ok": True, "result": json.loads(json.dumps(dict(result)))}

    async def _nobody(self, *_: object) -> Mapping[str, Any]:
        raise UnreachableError("no answer")


@pytest.fixture
async def exchange(pages: House, tmp_path: Path) -> AsyncIterator[Exchange]:
    async with place(tmp_path / "exchange") as messages:
        await messages.leave("box-1.0", 3 * DAY, email=("eva@example.com",))
        await messages.leave("box-2.0", 2 * DAY, email=("jan@example.com",), caller=None, mailed="waiting")
        await messages.leave("box-3.0", DAY, caller="+420601000001", mailbox=SCRIPT, mailed="failed")
        standing = Exchange(messages)
        pages.desk.box.ask_over(standing)
        yield standing


async def test_a_supervisor_sees_every_message_and_how_far_its_mail_is(pages: House, exchange: Exchange) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    status, text = await browser.get("/voicemail")
    assert status == 200
    places = [text.index(f'src="/voicemail/box/box-{number}.0"') for number in (3, 2, 1)]
    assert places == sorted(places)  # newest first
    for words in ("hidden number", "+420601000001", "Desk", "3 sec"):
        assert words in text, words
    for words in ("sent by e-mail", "waits for the mail server", "the mail server refused it", "550 nobody"):
        assert text.count(words) == 1, words
    assert "<script>window" not in text
    assert "as" not in exchange.asked[0][1]
    assert "box-3.0" in (await browser.get("/voicemail?number=601000001"))[1]
    assert "There is no message." in (await browser.get("/voicemail?number=nobody"))[1]
    assert "box-1.0" not in (await browser.get("/voicemail?since=2026-07-18"))[1]
    assert "There is no message." in (await browser.get("/voicemail?until=2026-07-16"))[1]
    assert (await browser.get("/voicemail?since=x&until=9999-12-31&before=soon"))[0] == 200


async def test_a_technician_has_what_came_to_their_own_address(pages: House, exchange: Exchange) -> None:
    eva = await pages.signed_in(Role.TECHNICIAN, name="eva", person="eva")
    _status, text = await eva.get("/voicemail")
    assert [f"box-{number}.0" in text for number in (1, 2, 3)] == [True, False, False]
    status, headers, data = await fetched(eva, "/voicemail/box/box-1.0")
    assert (status, headers["Content-Type"], data == SOUND) == (200, "audio/wav", True)
    assert (await fetched(eva, "/voicemail/box/box-2.0"))[0] == 404
    ole = await pages.signed_in(Role.TECHNICIAN, name="ole", person="ole")
    assert "sent to your e-mail address" in (await ole.get("/voicemail"))[1]
    asked = len(exchange.asked)
    nobody = await pages.signed_in(Role.TECHNICIAN, name="nobody")
    assert "belongs to nobody" in (await nobody.get("/voicemail"))[1]
    assert len(exchange.asked) == asked
    assert (await fetched(nobody, "/voicemail/box/box-1.0"))[0] == 404


async def test_any_place_of_it_is_played_and_the_listening_is_noted_once(pages: House, exchange: Exchange) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR, name="sup")
    for first in (5, 0, 900):
        status, headers, data = await fetched(browser, "/voicemail/box/box-2.0", Range=f"bytes={first}-")
        assert (status, data == SOUND[first:]) == (206, True)
        assert headers["Content-Range"] == f"bytes {first}-{len(SOUND) - 1}/{len(SOUND)}"
    _status, headers, _data = await fetched(browser, "/voicemail/box/box-2.0?download=1")
    assert headers["Content-Disposition"] == 'attachment; filename="message-box-2.0.wav"'
    pages.clock.now += PAUSE_S + 1
    await fetched(browser, "/voicemail/box/box-2.0")
    lines = [(one.account, one.action, one.subject) for one in await pages.desk.accounts.audit(limit=9)]
    heard, loaded = (("sup", f"message.{how}", "box-2.0") for how in ("heard", "downloaded"))
    assert lines == [heard, loaded, heard]
    administrator = await pages.signed_in(Role.ADMINISTRATOR)
    assert "listened to a message" in (await administrator.get("/audit"))[1]


async def test_what_goes_wrong_is_said(pages: House, exchange: Exchange) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    exchange.lonely = True
    assert "messages are missing here: node-1" in (await browser.get("/voicemail"))[1]
    assert (await fetched(browser, "/voicemail/node-9/box-1.0"))[0] == 404
    assert (await fetched(browser, "/voicemail/node-1/box-1.0"))[0] == 503
    exchange.silent = True
    status, text = await browser.get("/voicemail")
    assert (status, "The exchange does not answer" in text) == (200, True)
    assert (await fetched(browser, "/voicemail/box/box-1.0"))[0] == 503
    exchange.silent = False
    await exchange.messages.lose_the_list()
    _status, text = await browser.get("/voicemail")
    assert "The exchange refused" in text
    assert await pages.desk.accounts.audit(limit=1) == []  # nobody heard anything


@pytest.mark.parametrize(
    "id_", ["....", "%252e%252e", "..%2f..%2fetc%2fpasswd", "%00", "x" * 3000, "box-1.0%0d%0aX:1"]
)
async def test_an_address_is_no_path_to_other_files(pages: House, exchange: Exchange, id_: str) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    assert (await fetched(browser, f"/voicemail/box/{id_}"))[0] in (400, 404)
