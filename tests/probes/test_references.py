"""DNS, TCP and ICMP: what stands outside the cluster is asked whether it is there."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import given
from hypothesis import strategies as st

from appliance.probes import icmp
from appliance.probes.dns import DnsProber, encode_query, read_reply
from appliance.probes.icmp import IcmpProber, checksum, encode_echo, is_reply
from appliance.probes.tcp import TcpProber
from bench.addresses import free_port
from tests.probes.peers import REFERENCE, udp

QUESTION = b"\x00\x00\x02\x00\x01"


def reply(query: bytes, flags: int = 0x8180, question: bytes = QUESTION) -> bytes:
    """What a name server says to a query; refuses what is no query of ours."""
    query_id, asked, questions, *others = struct.unpack("!6H", query[:12])
    assert (asked, questions, others, query[12:]) == (0x0100, 1, [0, 0, 0], QUESTION)
    return struct.pack("!6H", query_id, flags, 1 if question else 0, 0, 0, 0) + question


@pytest.mark.parametrize(
    ("flags", "question", "detail"),
    [
        (0x8180, QUESTION, "NOERROR"),
        (0x8182, QUESTION, "SERVFAIL"),
        (0x8005, b"", "REFUSED"),
        (0x818B, QUESTION, "RCODE 11"),
    ],
)
async def test_any_reply_of_a_name_server_counts(flags: int, question: bytes, detail: str) -> None:
    async with udp(lambda query: [reply(query, flags, question)]) as (port, _):
        asking = DnsProber(REFERENCE, "127.0.0.1", port)
        with blockbuster_ctx():
            sample = await asking.probe(30.0)
        await asking.close()
    assert (sample.target, sample.ok, sample.detail) == (REFERENCE, True, detail)


async def test_what_is_no_reply_to_this_query_does_not_count() -> None:
    def lie(query: bytes) -> Iterable[bytes]:
        other_id = struct.pack("!H", struct.unpack("!H", query[:2])[0] ^ 1)
        return [b"", query, other_id + reply(query)[2:], reply(query, question=b"\x01x\x00\x00\x01\x00\x01")]

    async with udp(lie) as (port, _):
        asking = DnsProber(REFERENCE, "127.0.0.1", port)
        assert (await asking.probe(0.1)).detail == "no answer in 0.1 s"
        await asking.close()


async def test_no_name_server_is_an_immediate_miss() -> None:
    asking = DnsProber(REFERENCE, "127.0.0.1", free_port(socket.SOCK_DGRAM))
    assert (await asking.probe(3600.0)).detail == "port unreachable"
    await asking.close()


@given(st.binary(max_size=64), st.integers(0, 65535))
def test_garbage_is_no_dns_reply(garbage: bytes, query_id: int) -> None:
    assert read_reply(garbage, query_id) is None or garbage[:2] == struct.pack("!H", query_id)
    assert read_reply(encode_query(query_id), query_id) is None, "a query is no reply"


async def test_tcp_connects_and_leaves() -> None:
    came: list[bytes] = []
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.read())
        writer.close()
        gone.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        asking = TcpProber(REFERENCE, "127.0.0.1", server.sockets[0].getsockname()[1])
        with blockbuster_ctx():
            sample = await asking.probe(30.0)
        await gone.wait()
    assert (sample.ok, sample.detail, came) == (True, "connected", [b""])
    assert sample.rtt_ms is not None
    again = await asking.probe(3600.0)
    assert (again.ok, again.rtt_ms, again.detail) == (False, None, "connection refused")
    await asking.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_icmp_echo(host: str) -> None:
    asking = IcmpProber(REFERENCE, host, 0)
    samples = [await asking.probe(30.0) for _ in range(2)]
    await asking.close()
    if samples[0].detail.startswith(("this box may not", "network unreachable", "no local address")):
        pytest.skip(samples[0].detail)
    assert [(sample.ok, sample.detail) for sample in samples] == [(True, "echo reply")] * 2


async def test_a_box_that_may_not_send_icmp_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def forbidden(_family: int, kind: int, _protocol: int, _address: object) -> None:
        tried.append(kind)
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(icmp, "Channel", forbidden)
    sample = await IcmpProber(REFERENCE, "127.0.0.1", 0).probe(30.0)
    assert sample.detail == "this box may not send ICMP; widen net.ipv4.ping_group_range or give CAP_NET_RAW"
    assert len(tried) == 2


def test_the_echo_is_summed_as_rfc_1071_wants() -> None:
    packet = encode_echo(b"0123456789abcdef", 7, ipv6=False)
    assert packet[:2] == b"\x08\x00"
    assert checksum(packet) == 0, "a packet with its own checksum sums to nothing"
    assert checksum(b"\x00\x01\xf2\x03\xf4\xf5\xf6\xf7") == 0x220D, "the example of RFC 1071 §3"
    assert checksum(b"\xff") == 0x00FF


def test_only_the_reply_that_carries_the_token_is_taken() -> None:
    token = b"0123456789abcdef"
    answer = b"\x00\x00" + b"\x00" * 6 + token
    ip_header = b"\x45" + b"\x00" * 19
    assert is_reply(answer, token, ipv6=False)
    assert is_reply(ip_header + answer, token, ipv6=False)
    assert not is_reply(ip_header + encode_echo(token, 1, ipv6=False), token, ipv6=False), (
        "our own request on loopback"
    )
    assert not is_reply(answer, b"another token...", ipv6=False)
    assert is_reply(b"\x81\x00" + b"\x00" * 6 + token, token, ipv6=True)


@given(st.binary(max_size=64), st.booleans())
def test_garbage_is_no_echo_reply(garbage: bytes, ipv6: bool) -> None:
    assert not is_reply(garbage, b"0123456789abcdef", ipv6=ipv6)
