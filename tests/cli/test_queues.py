"""``hotline queues``, ``hotline agent`` and ``hotline callbacks``, against guard and exchange on a real broker."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from tests.cli.conftest import Box, Hotline
from tests.cli.peer import ScriptedGuard, scripted_guard

QUEUES = [
    {
        "id": "desk",
        "waiting": 2,
        "longest_wait_s": 75.4,
        "expected_wait_s": 130.0,
        "agents": [
            {"person": "ann", "state": "busy", "presence": "in"},
            {"person": "bob", "state": "paused", "until": "2026-07-14T02:30:00Z", "reason": "lunch"},
            {"person": "eva", "state": "out"},
        ],
    },
    {"id": "spare", "waiting": 0, "longest_wait_s": None, "expected_wait_s": None, "agents": []},
]
CALLBACKS = [
    {
        "id": "cb-1",
        "exchange": "node-1",
        "queue": "desk",
        "number": "+420601000001",
        "state": "waiting",
        "since": "2026-07-14T02:00:00.000Z",
        "not_before": "2999-01-01T00:00:00.000Z",
        "tries": 2,
        "last_result": "busy",
    },
    {
        "id": "cb-2",
        "exchange": "box",
        "queue": "desk",
        "number": "+420601000002",
        "state": "done",
        "since": "2026-07-14T01:00:00.000Z",
        "result": "given_up",
        "why": "tried often enough",
        "tries": 3,
        "last_result": "no_answer",
    },
]


@pytest.fixture
async def exchange(box: Box) -> AsyncIterator[ScriptedGuard]:
    async with scripted_guard(box.port, f"{box.device}/exchange/box") as made:
        made.handlers["status"] = lambda args: {"queues": QUEUES}
        made.handlers["callback.list"] = lambda args: {
            "callbacks": CALLBACKS[: 1 + args["ended"]],
            "missing": ["node-2"],
        }
        made.handlers["callback.cancel"] = _cancel
        yield made


def _cancel(args: Mapping[str, Any]) -> Mapping[str, Any]:
    if args["id"] == "cb-talking":
        raise CommandError(ErrorCode.CONFLICT, "they are talking: end the call instead")
    return {"callback": CALLBACKS[0] | {"state": "done", "result": "cancelled"}}


async def test_who_waits_and_what_each_agent_does(box: Box, exchange: ScriptedGuard, hotline: Hotline) -> None:
    ran = await hotline("queues", "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    assert [" ".join(line.split()) for line in ran.out.splitlines()] == [
        "desk: 2 waiting, the first for 1:15; who comes now waits about 2:10",
        "ann on the phone",
        "bob pauses until 2026-07-14 04:30:00 (lunch)",
        "eva logged out",
        "spare: 0 waiting",
    ]
    ran = await hotline("queues", "--json", "--config", box.config)
    assert json.loads(ran.out) == {"queues": QUEUES}
    exchange.handlers["status"] = lambda args: {}
    assert (await hotline("queues", "--config", box.config)).out == "the roster has no queue\n"


async def test_an_exchange_that_is_not_there(box: Box, hotline: Hotline) -> None:
    ran = await hotline("queues", "--exchange", "node-2", "--timeout", "1.8", "--config", box.config)
    assert ran.code == 3
    assert "the exchange node-2 did not answer" in ran.err


@pytest.mark.parametrize(
    ("argv", "args", "told"),
    [
        (("login", "ann"), {"person": "ann", "presence": "in"}, "ann takes calls"),
        (
            ("logout", "ann", "--queue", "desk"),
            {"person": "ann", "presence": "out", "queue": "desk"},
            "ann is logged out in queue desk",
        ),
        (
            ("pause", "bob", "--minutes", "15", "--reason", "lunch"),
            {"person": "bob", "presence": "paused", "minutes": 15, "reason": "lunch"},
            "bob pauses until 2026-07-14 04:30:00",
        ),
    ],
)
async def test_an_agent_says_what_holds(
    box: Box, guard: ScriptedGuard, hotline: Hotline, argv: tuple[str, ...], args: Mapping[str, Any], told: str
) -> None:
    until = "2026-07-14T02:30:00Z" if "minutes" in args else None
    guard.handlers["agent.set"] = lambda given: {"person": given["person"], "until": until}
    ran = await hotline("agent", *argv, "--config", box.config)
    assert (ran.code, ran.out, ran.err) == (0, f"{told}\n", "")
    assert guard.heard[-1]["args"] == args


async def test_an_agent_whom_nobody_knows_is_refused(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    def refuse(_: Mapping[str, Any]) -> Mapping[str, Any]:
        raise CommandError(ErrorCode.BAD_REQUEST, "nobody has the id 'zoe'")

    guard.handlers["agent.set"] = refuse
    ran = await hotline("agent", "login", "zoe", "--config", box.config)
    assert (ran.code, ran.out) == (1, "")
    assert "nobody has the id 'zoe'" in ran.err
    assert (await hotline("agent", "pause", "ann", "--minutes", "soon", "--config", box.config)).code == 2
    assert (await hotline("agent", "--config", box.config)).code == 2


async def test_who_waits_to_be_called_back(box: Box, exchange: ScriptedGuard, hotline: Hotline) -> None:
    ran = await hotline("callbacks", "--ended=1", "--queue", "desk", "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    assert exchange.heard[-1]["args"] == {"ended": 1, "queue": "desk"}
    waits, over, missing = ran.out.splitlines()
    for told in ("cb-1", "desk", "+420601000001", "waits for an agent, tried 2 times, last: busy, not before "):
        assert told in waits
    assert "GIVEN UP, tried 3 times, last: no_answer (tried often enough)" in over
    assert missing == "node-2 did not answer: its callbacks are not listed"
    ran = await hotline("callbacks", "--json", "--config", box.config)
    assert json.loads(ran.out) == {"schema": 1, "callbacks": CALLBACKS[:1], "missing": ["node-2"]}
    exchange.handlers["callback.list"] = lambda args: {"callbacks": []}
    assert (await hotline("callbacks", "--config", box.config)).out == "nobody waits to be called back\n"


async def test_one_is_taken_back(box: Box, exchange: ScriptedGuard, hotline: Hotline) -> None:
    ran = await hotline("callbacks", "cancel", "cb-1", "--config", box.config)
    assert (ran.code, ran.out) == (0, "+420601000001 is not called back any more\n")
    assert (exchange.heard[-1]["name"], exchange.heard[-1]["args"]) == ("callback.cancel", {"id": "cb-1"})
    ran = await hotline("callbacks", "cancel", "cb-talking", "--config", box.config)
    assert (ran.code, ran.out) == (1, "")
    assert "they are talking: end the call instead" in ran.err
