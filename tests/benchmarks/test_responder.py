"""The responder is a peer that the product's own probers accept."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.domain.endpoints import SipEndpoint, Transport
from appliance.domain.health import Target, TargetKind
from appliance.probes.dns import DnsProber
from appliance.probes.sip import SipUdpProber
from appliance.probes.tcp import TcpProber
from benchmarks.responder import sip_answer

TARGET = Target(TargetKind.TRUNK, "trunk-a")
HIL_TESTS = Path(__file__).parents[2] / "hil-tests"


@pytest.fixture(name="ports")
async def _ports() -> AsyncIterator[list[int]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.responder", "2", "1", stdout=subprocess.PIPE, cwd=HIL_TESTS
    )
    assert process.stdout is not None
    try:
        yield [int(word) for word in (await process.stdout.readline()).split()[1:]]
    finally:
        process.terminate()
        await process.communicate()  # to the end of its output, or the pipe is left for the garbage collector


async def test_the_products_probers_get_their_answers(ports: list[int]) -> None:
    probers = [
        SipUdpProber(TARGET, SipEndpoint("127.0.0.1", ports[0], Transport.UDP), ()),
        DnsProber(TARGET, "127.0.0.1", ports[1]),
        TcpProber(TARGET, "127.0.0.1", ports[2]),
    ]
    for prober in probers:
        for _ in range(2):
            sample = await prober.probe(30.0)
            assert sample.ok, sample.detail
        await prober.close()


def test_an_answer_carries_the_headers_of_its_transaction() -> None:
    request = b"OPTIONS sip:x SIP/2.0\r\nVia: a\r\nTo: <sip:x>\r\nMax-Forwards: 70\r\nCSeq: 1 OPTIONS\r\n\r\n"
    head = sip_answer(request).split(b"\r\n")
    assert head[0] == b"SIP/2.0 200 OK"
    assert head[1:4] == [b"Via: a", b"To: <sip:x>;tag=bench", b"CSeq: 1 OPTIONS"]
