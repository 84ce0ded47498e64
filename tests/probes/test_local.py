"""The exchange beside the guard, asked on its socket: every way it can fail is a miss with its reason."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from appliance.asterisk.health import SOCKET, HealthSocket
from appliance.asterisk.readiness import STALE_S, Seen, readiness
from appliance.domain.health import Target, TargetKind
from appliance.probes.local import EXCHANGE_SOCKET, LocalProber, verdict
from appliance.probes.words import MissError

TARGET = Target(TargetKind.LOCAL, "trunk-b")
GOOD = {"schema": 1, "ready": True, "why": "", "trunks": {"trunk-b": {"registered": True, "why": ""}}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / EXCHANGE_SOCKET


@asynccontextmanager
async def exchange(path: Path, report: Callable[[], Any]) -> Any:
    server = HealthSocket(path, report)
    await server.start()
    try:
        yield
    finally:
        await server.close()


def test_both_sides_name_the_same_socket() -> None:
    assert SOCKET == EXCHANGE_SOCKET


async def test_a_registered_exchange_answers_and_is_asked_anew_each_time(path: Path) -> None:
    asked = 0

    def report() -> Any:
        nonlocal asked
        asked += 1
        return GOOD

    prober = LocalProber(TARGET, path)
    async with exchange(path, report):
        for _ in range(3):
            sample = await prober.probe(30.0)
            assert (sample.ok, sample.detail) == (True, "registered")
            assert sample.rtt_ms is not None
    assert asked == 3
    sample = await prober.probe(30.0)
    assert (sample.ok, sample.detail) == (False, "the exchange does not run on this box")


async def test_a_socket_left_by_a_killed_exchange_is_a_miss_and_taken_over(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    prober = LocalProber(TARGET, path)
    assert (await prober.probe(30.0)).detail == "the exchange does not run on this box"
    async with exchange(path, lambda: GOOD):
        assert (await prober.probe(30.0)).ok


async def test_an_exchange_that_hangs_is_a_miss_in_time(path: Path) -> None:
    gone = asyncio.Event()

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_unix_server(hang, path)
    sample = await LocalProber(TARGET, path).probe(0.9)
    assert sample.detail == "no word from the exchange in 0.9 s"
    gone.set()
    server.close()
    await server.wait_closed()


async def test_a_report_that_fails_is_silence_and_the_next_is_asked(path: Path) -> None:
    reports = iter([RuntimeError("broken"), GOOD])

    def report() -> Any:
        found = next(reports)
        if isinstance(found, Exception):
            raise found
        return found

    prober = LocalProber(TARGET, path)
    async with exchange(path, report):
        assert (await prober.probe(30.0)).detail == "the exchange hung up"
        assert (await prober.probe(30.0)).ok


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "hung up"),
        (b"\xff\xfe\n", "cannot be understood"),
        (b"[" * 50_000 + b"\n", "cannot be understood"),
        (b"[]\n", "cannot be understood"),
        (b'{"schema": 2}\n', "cannot be understood"),
        (json.dumps(GOOD | {"ready": False, "why": "Asterisk is away"}).encode(), "Asterisk is away"),
        (json.dumps(GOOD | {"ready": 1}).encode(), "not ready"),
        (json.dumps(GOOD | {"ready": False, "why": "x\n\x1b[31m"}).encode(), r"^x\[31m$"),
        (json.dumps(GOOD | {"trunks": {}}).encode(), "does not know trunk-b"),
        (json.dumps(GOOD | {"trunks": []}).encode(), "does not know trunk-b"),
        (json.dumps(GOOD | {"trunks": {"trunk-b": {"registered": "yes"}}}).encode(), "not registered at trunk-b: no"),
        (
            json.dumps(GOOD | {"trunks": {"trunk-b": {"registered": False, "why": "rejected"}}}).encode(),
            "not registered at trunk-b: rejected",
        ),
    ],
)
def test_whatever_else_is_answered_is_a_miss_with_its_reason(line: bytes, why: str) -> None:
    with pytest.raises(MissError, match=why):
        verdict(line, "trunk-b")


def test_a_good_answer_is_one() -> None:
    assert verdict(json.dumps(GOOD).encode(), "trunk-b") == "registered"


async def test_an_endless_answer_is_a_miss(path: Path) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 1_000_000)
        writer.close()

    server = await asyncio.start_unix_server(talk, path)
    assert (await LocalProber(TARGET, path).probe(30.0)).detail == "the exchange answers at no end"
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("seen", "ari", "ready", "registered", "why"),
    [
        (Seen(100.0, "", {"trunk-b": "registered"}), "", True, True, ""),
        (Seen(100.0, "", {"trunk-b": "rejected"}), "", True, False, "rejected"),
        (Seen(100.0, "", {}), "", True, False, "no registration is set up; set register = true"),
        (Seen(100.0 - STALE_S - 1, "", {"trunk-b": "registered"}), "", False, False, "has not answered for a while"),
        (Seen(100.0, "gone", {"trunk-b": "registered"}), "", False, False, "gone"),
        (Seen(), "", False, False, "not been asked yet"),
        (Seen(100.0, "", {"trunk-b": "registered"}), "ARI is away", False, True, "ARI is away"),
    ],
)
def test_the_report_says_no_more_than_is_known(seen: Seen, ari: str, ready: bool, registered: bool, why: str) -> None:
    document = readiness(seen, ari=ari, trunks=["trunk-b"], now=101.0)
    assert (document["ready"], document["trunks"]["trunk-b"]["registered"]) == (ready, registered)
    assert why in (document["why"] or document["trunks"]["trunk-b"]["why"])
