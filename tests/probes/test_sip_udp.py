"""OPTIONS over UDP against peers that answer, refuse, lie, dawdle and die."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable

import pytest
from blockbuster import blockbuster_ctx

from appliance.config.models import SIP_FAILURE_CODES
from appliance.domain.endpoints import SipEndpoint, Transport
from appliance.domain.health import Sample
from appliance.probes.sip import SipUdpProber
from bench.addresses import free_port
from tests.probes.peers import TRUNK, Request, answers, silence, sip_udp, until


def prober(port: int, host: str = "127.0.0.1") -> SipUdpProber:
    return SipUdpProber(TRUNK, SipEndpoint(host, port, Transport.UDP), SIP_FAILURE_CODES)


async def probed(port: int, timeout_s: float = 30.0) -> Sample:
    asking = prober(port)
    try:
        return await asking.probe(timeout_s)
    finally:
        await asking.close()


@pytest.mark.parametrize("status", [200, 302, 401, 404, 405, 407, 483, 486, 500, 501, 603])
async def test_any_final_response_proves_reachability(status: int) -> None:
    async with sip_udp(answers(status)) as peer:
        sample = await probed(peer.port)
    assert (sample.target, sample.ok, sample.detail) == (TRUNK, True, str(status))
    assert sample.rtt_ms is not None
    assert sample.at <= asyncio.get_running_loop().time()


@pytest.mark.parametrize("status", [408, 502, 503, 504])
async def test_but_not_where_a_proxy_speaks_for_a_dead_peer(status: int) -> None:
    async with sip_udp(answers(status)) as peer:
        sample = await probed(peer.port)
    assert (sample.ok, sample.rtt_ms, sample.detail) == (False, None, f"{status} counts as a miss")


async def test_the_failure_codes_are_the_targets_own() -> None:
    async with sip_udp(answers(404)) as peer:
        asking = SipUdpProber(TRUNK, SipEndpoint("127.0.0.1", peer.port, Transport.UDP), failure_codes=(404,))
        assert (await asking.probe(30.0)).detail == "404 counts as a miss"
        peer.behave = answers(503)
        assert (await asking.probe(30.0)).ok
        await asking.close()


async def test_silence_is_a_miss_after_several_sendings_of_one_request() -> None:
    async with sip_udp(silence) as peer:
        sample = await probed(peer.port, 1.5)
    assert (sample.ok, sample.detail) == (False, "no answer in 1.5 s")
    assert len(peer.asked) >= 2
    assert len({request.headers["via"] for request in peer.asked}) == 1, "repeated, not asked anew"


async def test_a_request_that_was_lost_is_sent_again() -> None:
    def deaf_at_first(request: Request) -> Iterable[bytes]:
        return [request.response()] if len(peer.asked) == 3 else []

    async with sip_udp(deaf_at_first) as peer:
        sample = await probed(peer.port, 10.0)
    assert sample.ok


async def test_nothing_listening_is_an_immediate_miss() -> None:
    sample = await probed(free_port(socket.SOCK_DGRAM), timeout_s=3600.0)
    assert (sample.ok, sample.detail) == (False, "port unreachable")


async def test_a_provisional_response_is_not_taken_for_the_answer() -> None:
    async with sip_udp(lambda request: [request.response(100), request.response(404)]) as peer:
        assert (await probed(peer.port)).detail == "404"
        peer.behave = answers(100)
        assert not (await probed(peer.port, 0.1)).ok


@pytest.mark.parametrize(
    "reply",
    [
        lambda request: b"\x00\xff" * 20_000,
        lambda request: b"SIP/2.0 200 OK\r\n\r\n",
        lambda request: request.response(200, call_id="somebody else's"),
        lambda request: request.response(200, cseq="99 OPTIONS"),
        lambda request: request.response(200, via="SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKother"),
        lambda request: request.line.encode(),
    ],
    ids=["garbage", "no headers", "another's Call-ID", "another CSeq", "another branch", "a request"],
)
async def test_what_is_no_answer_to_this_request_neither_counts_nor_harms(reply) -> None:  # type: ignore[no-untyped-def]
    async with sip_udp(lambda request: [reply(request)]) as peer:
        asking = prober(peer.port)
        assert (await asking.probe(0.1)).detail == "no answer in 0.1 s"
        peer.behave = lambda request: [reply(request), request.response()]
        assert (await asking.probe(30.0)).ok
        await asking.close()


async def test_a_late_answer_is_not_taken_for_the_next_probes() -> None:
    late: list[bytes] = []

    def dawdle(request: Request) -> Iterable[bytes]:
        late.append(request.response())
        return [answer for answer in late if request.headers["call-id"].encode() not in answer]

    async with sip_udp(dawdle) as peer:
        asking = prober(peer.port)
        details = [(await asking.probe(0.6)).detail for _ in range(3)]
        await asking.close()
    assert details == ["no answer in 0.6 s"] * 3
    assert len(late) >= 6


async def test_one_socket_serves_while_all_is_well_and_another_is_taken_after_a_miss() -> None:
    async with sip_udp(answers()) as peer:
        asking = prober(peer.port)
        for _ in range(5):
            assert (await asking.probe(30.0)).ok
        assert len(peer.sources) == 1
        assert len({request.headers["call-id"] for request in peer.asked}) == 5
        peer.behave = silence
        await asking.probe(0.05)
        peer.behave = answers()
        assert (await asking.probe(30.0)).ok
        await asking.close()
    assert len(peer.sources) == 2


async def test_a_part_that_comes_back_is_seen_by_the_same_prober() -> None:
    port = free_port(socket.SOCK_DGRAM)
    async with sip_udp(answers(), port=port) as peer:
        asking = prober(peer.port)
        assert (await asking.probe(30.0)).ok
    assert [(await asking.probe(30.0)).detail for _ in range(2)] == ["port unreachable"] * 2
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reborn:
        reborn.bind(("127.0.0.1", port))
        reborn.setblocking(False)
        probe = asyncio.create_task(asking.probe(30.0))
        message, source = await asyncio.get_running_loop().sock_recvfrom(reborn, 4096)
        reborn.sendto(Request.read(message).response(), source)
        assert (await probe).ok
    await asking.close()


async def test_ipv6() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        async with sip_udp(answers(), host="::1") as peer:
            asking = prober(peer.port, "::1")
            assert (await asking.probe(30.0)).ok
            await asking.close()
    except OSError:
        pytest.skip("no IPv6 on this loopback")
    assert peer.asked[0].line == f"OPTIONS sip:[::1]:{peer.port} SIP/2.0"


async def test_a_network_that_cannot_be_reached_is_a_miss_in_words() -> None:
    asking = prober(5060, "255.255.255.255")  # the kernel refuses a broadcast to a socket that may not
    sample = await asking.probe(30.0)
    assert (sample.ok, sample.detail) == (False, "not permitted; a firewall or missing rights on this box")


async def test_probes_asked_for_at_once_take_turns() -> None:
    async with sip_udp(answers()) as peer:
        asking = prober(peer.port)
        samples = await asyncio.gather(*(asking.probe(30.0) for _ in range(3)))
        await asking.close()
    assert all(sample.ok for sample in samples)
    assert [request.headers["cseq"] for request in peer.asked] == ["1 OPTIONS", "2 OPTIONS", "3 OPTIONS"]


async def test_a_probe_that_is_given_up_leaves_the_prober_usable() -> None:
    async with sip_udp(silence) as peer:
        asking = prober(peer.port)
        probe = asyncio.create_task(asking.probe(60.0))
        await until(lambda: peer.asked)
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        peer.behave = answers()
        assert (await asking.probe(30.0)).ok
        await asking.close()


async def test_closing_twice_and_probing_after_it_do_no_harm() -> None:
    async with sip_udp(answers()) as peer:
        asking = prober(peer.port)
        await asking.close()
        assert (await asking.probe(30.0)).ok
        await asking.close()
        await asking.close()


async def test_nothing_blocks_the_loop() -> None:
    with blockbuster_ctx():
        async with sip_udp(answers()) as peer:
            assert (await probed(peer.port)).ok
        assert not (await probed(free_port(socket.SOCK_DGRAM))).ok
