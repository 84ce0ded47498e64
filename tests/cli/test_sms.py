"""``hotline sms``: what is sent to the guard, and what a person reads."""

from __future__ import annotations

import json

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from tests.cli.conftest import Box, Hotline
from tests.cli.peer import ScriptedGuard

MESSAGE = {
    "id": 7,
    "key": "k",
    "to": "+420777000111",
    "state": "waiting",
    "parts": 2,
    "parts_sent": 0,
    "parts_delivered": 0,
    "accepted_at": "2026-07-14T10:00:00.000Z",
    "done_at": None,
    "reason": "",
    "code": None,
}
COUNTS = {"waiting": 1, "sent_this_hour": 3, "per_hour": 60}


async def test_a_message_is_handed_over(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    guard.handlers["sms.send"] = lambda _args: {"message": MESSAGE, **COUNTS}
    ran = await hotline("sms", "send", "777 000 111", "On duty: you", "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "message 7 to +420777000111: waiting, 2 parts; see hotline sms list\n"
    assert guard.heard[0]["args"] == {"to": "777 000 111", "text": "On duty: you"}
    ran = await hotline("sms", "send", "+420777000111", "x", "--key", "k", "--json", "--config", box.config)
    assert json.loads(ran.out)["message"] == MESSAGE
    assert guard.heard[1]["args"]["key"] == "k"


async def test_the_list_tells_how_each_fared(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    failed = {**MESSAGE, "id": 6, "state": "failed", "parts_sent": 1, "reason": "nobody's number"}
    guard.handlers["sms.list"] = lambda _args: {"messages": [MESSAGE, failed], **COUNTS}
    ran = await hotline("sms", "list", "--limit", "2", "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    first, second, last = ran.out.splitlines()
    assert first.endswith("+420777000111     waiting      0/2")
    assert second.endswith("+420777000111     FAILED       1/2  nobody's number")
    assert last == "1 waiting; 3 of 60 parts sent in the last hour"
    assert guard.heard[0]["args"] == {"limit": 2}


async def test_a_refusal_is_exit_1(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    def refuse(_args: object) -> dict[str, object]:
        raise CommandError(ErrorCode.BAD_REQUEST, "of the kind 'premium rate'")

    guard.handlers["sms.send"] = refuse
    ran = await hotline("sms", "send", "+420906123456", "x", "--config", box.config)
    assert (ran.code, ran.out) == (1, "")
    assert "premium rate" in ran.err


@pytest.mark.parametrize("argv", [("sms",), ("sms", "send"), ("sms", "send", "1"), ("sms", "list", "--limit", "0")])
async def test_wrong_usage_is_exit_2(hotline: Hotline, argv: tuple[str, ...]) -> None:
    assert (await hotline(*argv)).code == 2
