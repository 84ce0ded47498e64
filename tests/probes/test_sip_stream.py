"""OPTIONS over TCP: a connection kept, lost, half spoken, refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from blockbuster import blockbuster_ctx

from appliance.config.models import SIP_FAILURE_CODES
from appliance.domain.endpoints import SipEndpoint, Transport
from appliance.probes.sip_stream import SipStreamProber
from bench.addresses import free_port
from tests.probes.peers import TRUNK, Request, answers, silence, sip_stream, until


def prober(port: int) -> SipStreamProber:
    return SipStreamProber(TRUNK, SipEndpoint("127.0.0.1", port, Transport.TCP), SIP_FAILURE_CODES)


async def test_one_connection_serves_many_probes() -> None:
    async with sip_stream(answers(405)) as peer:
        asking = prober(peer.port)
        samples = [await asking.probe(30.0) for _ in range(4)]
        await asking.close()
    assert [(sample.ok, sample.detail) for sample in samples] == [(True, "405")] * 4
    assert (peer.connections, len(peer.asked)) == (1, 4)
    assert peer.asked[0].headers["via"].startswith("SIP/2.0/TCP 127.0.0.1:")


async def test_a_failure_code_is_a_miss_but_the_connection_stays() -> None:
    async with sip_stream(answers(503)) as peer:
        asking = prober(peer.port)
        assert [(await asking.probe(30.0)).detail for _ in range(2)] == ["503 counts as a miss"] * 2
        await asking.close()
    assert peer.connections == 1


def in_pieces(request: Request) -> Iterable[bytes]:
    answer = b"\r\n\r\n" + request.response(100) + request.response(404)
    return [answer[at : at + 7] for at in range(0, len(answer), 7)]


async def test_half_lines_keep_alives_and_provisional_responses() -> None:
    async with sip_stream(in_pieces) as peer:
        asking = prober(peer.port)
        assert [(await asking.probe(30.0)).detail for _ in range(2)] == ["404", "404"]
        await asking.close()


async def test_an_idle_connection_that_was_closed_costs_no_miss() -> None:
    async with sip_stream(lambda request: [request.response(), b""]) as peer:
        asking = prober(peer.port)
        assert [(await asking.probe(30.0)).ok for _ in range(3)] == [True] * 3
        await asking.close()
    assert peer.connections == 3


async def test_closed_while_it_waits_a_new_connection_decides() -> None:
    def hang_up_once(request: Request) -> Iterable[bytes]:
        return [b""] if len(peer.asked) == 2 else [request.response()]

    async with sip_stream(hang_up_once) as peer:
        asking = prober(peer.port)
        assert [(await asking.probe(30.0)).ok for _ in range(2)] == [True, True]
        await asking.close()
    assert (peer.connections, len(peer.asked)) == (2, 3)


async def test_one_that_always_hangs_up_is_a_miss() -> None:
    async with sip_stream(lambda request: [b""]) as peer:
        asking = prober(peer.port)
        assert (await asking.probe(30.0)).detail == "connection closed by the other end"
        await asking.close()


async def test_silence_is_a_miss_and_the_next_probe_connects_anew() -> None:
    async with sip_stream(silence) as peer:
        asking = prober(peer.port)
        assert (await asking.probe(0.9)).detail == "no answer in 0.9 s"
        peer.behave = answers()
        assert (await asking.probe(30.0)).ok
        await asking.close()
    assert peer.connections == 2


async def test_a_stale_answer_does_not_count() -> None:
    async with sip_stream(lambda request: [request.response(200, cseq="999 OPTIONS")]) as peer:
        asking = prober(peer.port)
        assert not (await asking.probe(0.1)).ok
        await asking.close()


@pytest.mark.parametrize(
    ("sent", "timeout_s", "detail"),
    [
        (b"\x00garbage" * 10_000, 30.0, "what it sends is no SIP"),
        (b"SIP/2.0 200 OK\r\nContent-Length: 999999999\r\n\r\n", 30.0, "what it sends is too long for an answer"),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 0.9, "no answer in 0.9 s"),
    ],
)
async def test_what_speaks_something_else_is_a_miss(sent: bytes, timeout_s: float, detail: str) -> None:
    async with sip_stream(lambda request: [sent]) as peer:
        asking = prober(peer.port)
        assert (await asking.probe(timeout_s)).detail == detail
        await asking.close()


async def test_nothing_listening_is_an_immediate_miss() -> None:
    sample = await prober(free_port()).probe(3600.0)
    assert (sample.ok, sample.detail) == (False, "connection refused")


async def test_a_probe_that_is_given_up_leaves_the_prober_usable() -> None:
    async with sip_stream(silence) as peer:
        asking = prober(peer.port)
        probe = asyncio.create_task(asking.probe(60.0))
        await until(lambda: peer.asked)
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        peer.behave = answers()
        assert (await asking.probe(30.0)).ok
        await asking.close()


async def test_a_restarted_peer_is_seen_by_the_same_prober() -> None:
    async with sip_stream(answers(), port=free_port()) as peer:
        asking = prober(peer.port)
        assert (await asking.probe(30.0)).ok
    assert (await asking.probe(30.0)).detail == "connection refused"
    async with sip_stream(answers(), port=peer.port):
        assert (await asking.probe(30.0)).ok
        await asking.close()


async def test_nothing_blocks_the_loop() -> None:
    with blockbuster_ctx():
        async with sip_stream(answers()) as peer:
            asking = prober(peer.port)
            assert (await asking.probe(30.0)).ok
            await asking.close()
