"""``hotline privacy``: one archive of everything, or its erasure, against an exchange on a real broker."""

from __future__ import annotations

import base64
import json
import stat
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from tests.cli.conftest import Box, Hotline
from tests.cli.peer import ScriptedGuard, scripted_guard

NUMBER = "+420605123456"
FOUND = {
    "box": {"calls": [{"id": "c1"}], "recordings": [{"id": "hl-c1.wav", "exchange": "box"}]},
    "node-1": {
        "recordings": [{"id": "hl-n1.wav", "exchange": "node-1"}, {"id": "hl-n2.wav", "exchange": "node-1"}],
        "messages": [
            {"id": "n1", "exchange": "node-1", "state": "handed"},
            {"id": "n2", "exchange": "node-1", "state": "handed"},
            {"id": "n3", "exchange": "node-1", "state": "taking"},
        ],
    },
    "guard": {"sms": []},
}


@pytest.fixture
async def exchange(box: Box) -> AsyncIterator[ScriptedGuard]:
    def read(args: Mapping[str, Any]) -> Mapping[str, Any]:
        if args["id"] in ("hl-n2.wav", "n2"):
            raise CommandError(ErrorCode.FAILED, "it cannot be read")
        return {"data": base64.b64encode(str(args["id"]).encode()).decode(), "last": True}

    async with scripted_guard(box.port, f"{box.device}/exchange/box") as made:
        made.handlers["privacy.export"] = lambda args: {"number": args["number"], "found": FOUND, "missing": []}
        made.handlers["recording.read"] = made.handlers["voicemail.read"] = read
        yield made


async def test_one_archive_for_its_owner_alone(
    box: Box, exchange: ScriptedGuard, hotline: Hotline, tmp_path: Path
) -> None:
    file = tmp_path / "caller.zip"
    ran = await hotline("privacy", "export", NUMBER, file, "--config", box.config)
    assert ran.code == 1  # not all of it
    assert "the recording hl-n2.wav could not be fetched" in ran.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        names = ["data.json", "messages/node-1/n1.wav", "recordings/box/hl-c1.wav", "recordings/node-1/hl-n1.wav"]
        assert sorted(archive.namelist()) == names
        assert archive.read("messages/node-1/n1.wav") == b"n1"
        assert archive.read("recordings/node-1/hl-n1.wav") == b"hl-n1.wav"
        data = json.loads(archive.read("data.json"))
    assert (data["found"], data["recordings_that_could_not_be_fetched"]) == (FOUND, ["hl-n2.wav"])
    assert data["messages_that_could_not_be_fetched"] == ["n2"]
    assert "the message n2 could not be fetched" in ran.err


async def test_erased_with_what_is_left_to_do(box: Box, exchange: ScriptedGuard, hotline: Hotline) -> None:
    answer: dict[str, Any] = {"erased": {"box": {"calls": 2}, "guard": {"sms": 0}}, "in_use": 0, "missing": []}
    exchange.handlers["privacy.erase"] = lambda args: answer
    ran = await hotline("privacy", "erase", NUMBER, "--config", box.config)
    assert (ran.code, ran.out, ran.err) == (0, "box: calls 2\nguard: sms 0\n", "")
    assert exchange.heard[-1]["args"] == {"number": NUMBER}
    answer |= {"in_use": 1, "missing": ["node-2"]}
    ran = await hotline("privacy", "erase", NUMBER, "--json", "--config", box.config)
    assert (ran.code, json.loads(ran.out)) == (1, {"schema": 1, **answer})
    assert "node-2 did not answer" in ran.err
    assert "1 are still in use" in ran.err


async def test_a_place_that_cannot_be_written(box: Box, exchange: ScriptedGuard, hotline: Hotline) -> None:
    ran = await hotline("privacy", "export", NUMBER, "/no/such/place.zip", "--config", box.config)
    assert (ran.code, "No such file or directory" in ran.err) == (1, True)
