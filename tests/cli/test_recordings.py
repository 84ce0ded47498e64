"""``hotline recordings`` and ``hotline recording get``, against an exchange on a real broker."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from tests.cli.conftest import Box, Hotline
from tests.cli.peer import ScriptedGuard, scripted_guard

WAV = bytes(range(256)) * 1000
FOUND = [
    {
        "id": "hl-node-1-1795338390.0.wav",
        "exchange": "node-1",
        "began_at": "2026-07-14T02:00:00.000Z",
        "seconds": 61.2,
        "state": "incomplete",
        "reason": "the disk is full",
        "people": ["tech-1", "eva"],
        "caller": "\x1b[2J",
        "line": "service",
        "queue": "hot",
    },
    {
        "id": "hl-box-1795338000.0.wav",
        "exchange": "box",
        "began_at": "2026-07-14T01:00:00.000Z",
        "seconds": 9.5,
        "state": "whole",
        "reason": "",
        "people": [],
        "caller": None,
        "line": "service",
        "answered_number": "+420777000999",
    },
]


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")


class Pieces:
    """Answers ``recording.read`` as an exchange does."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.ends_early = False

    def __call__(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(args)
        if args["id"] not in {one["id"] for one in FOUND}:
            raise CommandError(ErrorCode.BAD_REQUEST, f"there is no recording {args['id']!r}")
        offset = int(args["offset"])
        data = b"" if self.ends_early and offset else WAV[offset : offset + 100_000]
        return {"data": base64.b64encode(data).decode(), "bytes": len(WAV), "last": offset + len(data) == len(WAV)}


@pytest.fixture
async def exchange(box: Box) -> AsyncIterator[ScriptedGuard]:
    async with scripted_guard(box.port, f"{box.device}/exchange/box") as made:
        made.handlers["recordings.find"] = lambda args: {"recordings": FOUND, "missing": ["node-2"]}
        yield made


async def test_a_table_newest_last_and_who_did_not_answer(
    box: Box, exchange: ScriptedGuard, hotline: Hotline
) -> None:
    ran = await hotline(
        "recordings", "--since", "2026-07-14", "--person", "eva", "--limit", "900", "--config", box.config
    )
    assert ran.code == 0
    assert [line.split("  ") for line in ran.out.splitlines() if line][1:] != []
    rows = [[cell for cell in line.split("  ") if cell.strip()] for line in ran.out.splitlines()]
    assert [cell.strip() for cell in rows[1]] == [
        "2026-07-14 03:00:00",
        "hidden",
        "service",
        "+420777000999",
        "9.5 s",
        "hl-box-1795338000.0.wav",
    ]
    assert [cell.strip() for cell in rows[2]] == [
        "2026-07-14 04:00:00",
        "?[2J",
        "hot",
        "Technician 1, eva",
        "1 min 1 s",
        "incomplete: the disk is full",
        "hl-node-1-1795338390.0.wav",
    ]
    assert "node-2 did not answer" in ran.err
    assert exchange.heard[-1]["args"] == {"since": "2026-07-13T22:00:00.000Z", "person": "eva", "limit": 500}
    ran = await hotline("recordings", "--json", "--config", box.config)
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == [one["id"] for one in FOUND[::-1]]


async def test_fetched_whole_for_its_owner_alone(
    box: Box, exchange: ScriptedGuard, hotline: Hotline, tmp_path: Path
) -> None:
    exchange.handlers["recording.read"] = pieces = Pieces()
    file = tmp_path / "call.wav"
    ran = await hotline("recording", "get", FOUND[0]["id"], file, "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    assert file.read_bytes() == WAV
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one["offset"] for one in pieces.asked] == [0, 100_000, 200_000]
    assert {one["exchange"] for one in pieces.asked} == {"node-1"}  # the id says so


async def test_what_cannot_be_fetched_leaves_nothing_behind(
    box: Box, exchange: ScriptedGuard, hotline: Hotline, tmp_path: Path
) -> None:
    exchange.handlers["recording.read"] = pieces = Pieces()
    file = tmp_path / "call.wav"
    ran = await hotline("recording", "get", "hl-none.wav", file, "--exchange", "box", "--config", box.config)
    assert (ran.code, ran.out) == (1, "")
    assert "there is no recording 'hl-none.wav'" in ran.err
    pieces.ends_early = True
    ran = await hotline("recording", "get", FOUND[1]["id"], file, "--config", box.config)
    assert (ran.code, "nothing more" in ran.err) == (1, True)
    ran = await hotline("recording", "get", FOUND[1]["id"], tmp_path / "no/such/folder.wav", "--config", box.config)
    assert (ran.code, "No such file or directory" in ran.err) == (1, True)
    assert [name for name in os.listdir(tmp_path) if "call" in name] == []


async def test_an_exchange_that_is_not_there(box: Box, hotline: Hotline) -> None:
    ran = await hotline("recordings", "--timeout", "1.8", "--config", box.config)
    assert ran.code == 3
    assert "the exchange box did not answer within 1.8 s; see systemctl status hotline-exchange" in ran.err
    async with scripted_guard(box.port, f"{box.device}/exchange/box"):
        pass  # its will stands
    ran = await hotline("recordings", "--timeout", "60", "--config", box.config)
    assert (ran.code, "the exchange box is offline" in ran.err) == (3, True)
