"""OPTIONS out, responses in: exact and under garbage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.endpoints import SipEndpoint, Transport, parse_sip
from appliance.probes.sip_framing import FramingError, StreamFramer
from appliance.probes.sip_message import MESSAGE_LIMIT, OptionsRequest, SipResponse, parse_response
from tests.probes.peers import Request

ENDPOINT = SipEndpoint("192.0.2.10", 5060, Transport.UDP)
REQUEST = OptionsRequest(ENDPOINT, ("192.0.2.99", 40000), "a1b2c3", 17)
RESPONSE = Request.read(REQUEST.encode()).response(200)


def test_the_request_to_the_byte() -> None:
    head = REQUEST.encode().decode().split("\r\n")
    assert [line for line in head if not line.startswith("User-Agent: Hotline/")] == [
        "OPTIONS sip:192.0.2.10:5060 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.99:40000;rport;branch=z9hG4bKa1b2c311",
        "Max-Forwards: 70",
        "From: <sip:hotline@192.0.2.99>;tag=a1b2c3",
        "To: <sip:192.0.2.10:5060>",
        "Call-ID: a1b2c3-11",
        "CSeq: 17 OPTIONS",
        "Contact: <sip:hotline@192.0.2.99:40000>",
        "Accept: application/sdp",
        "Content-Length: 0",
        "",
        "",
    ]


def test_ipv6_and_tls_are_spelt_as_the_grammar_wants() -> None:
    endpoint = parse_sip("sip:[2001:db8::1]:5061;transport=tls")
    head = OptionsRequest(endpoint, ("2001:db8::2", 40000), "a1", 1).encode().decode()
    assert head.startswith("OPTIONS sip:[2001:db8::1]:5061 SIP/2.0\r\nVia: SIP/2.0/TLS [2001:db8::2]:40000;")
    assert "Contact: <sip:hotline@[2001:db8::2]:40000;transport=tcp>" in head


def test_its_own_answer_is_known() -> None:
    response = parse_response(RESPONSE)
    assert response == SipResponse(200, "z9hG4bKa1b2c311", "a1b2c3-11", 17, "OPTIONS")
    assert REQUEST.is_answered_by(response)


@pytest.mark.parametrize(
    "other",
    [
        Request.read(REQUEST.encode()).response(100),
        Request.read(REQUEST.encode()).response(200, call_id="another"),
        Request.read(REQUEST.encode()).response(200, cseq="16 OPTIONS"),
        Request.read(REQUEST.encode()).response(200, cseq="17 INVITE"),
        Request.read(REQUEST.encode()).response(200, via="SIP/2.0/UDP 192.0.2.99:40000;branch=z9hG4bKa1b2c310"),
    ],
)
def test_what_is_provisional_or_anothers_is_not_taken(other: bytes) -> None:
    response = parse_response(other)
    assert response is not None
    assert not REQUEST.is_answered_by(response)


@pytest.mark.parametrize(
    "message",
    [
        b"\r\n\r\nSIP/2.0 200 OK\r\nv: SIP/2.0/UDP h;branch=z1\r\ni: c\r\nCSEQ: 5  OPTIONS\r\n\r\n",
        b"sip/2.0 200\nVia : SIP/2.0/UDP h ; Branch = z1\nCall-Id:c\ncseq:\t5 options\n\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP\r\n  h\r\n\t;branch=z1, SIP/2.0/UDP p;branch=z2\r\n"
        b"Call-ID:\r\n c\r\nCSeq: 5\r\n OPTIONS\r\n\r\n",
        b"SIP/2.0 200 \xff\xfe\r\nVia: SIP/2.0/UDP h;branch=z1\r\nVia: SIP/2.0/UDP p;branch=z2\r\n"
        b"Call-ID: c\r\nCSeq: 5 OPTIONS",
    ],
    ids=["compact, empty lines before", "bare line feeds, odd spacing", "folded", "no end, no UTF-8, two Vias"],
)
def test_spellings_real_peers_use(message: bytes) -> None:
    assert parse_response(message) == SipResponse(200, "z1", "c", 5, "OPTIONS")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        REQUEST.encode(),
        RESPONSE.replace(b"200", b"99"),
        RESPONSE.replace(b"200", b"700"),
        RESPONSE.replace(b"Cseq: 17", b"Cseq: " + b"9" * 5000),
        RESPONSE.replace(b"Call-Id", b"X-Call-Id"),
        RESPONSE.replace(b";branch", b";brunch"),
    ],
)
def test_what_is_no_response_is_none(message: bytes) -> None:
    assert parse_response(message) is None


def test_a_huge_message_is_read_to_its_limit_only() -> None:
    padding = b"X: " + b"a" * MESSAGE_LIMIT + b"\r\n"
    start, _, rest = RESPONSE.partition(b"\r\n")
    assert parse_response(start + b"\r\n" + padding + rest) is None
    assert parse_response(RESPONSE + padding) is not None


@given(st.binary(max_size=300))
def test_garbage_never_breaks_the_reader(garbage: bytes) -> None:
    assert parse_response(garbage) is None
    parse_response(b"SIP/2.0 200 OK\r\n" + garbage)
    parse_response(garbage.join(RESPONSE.partition(b"Whatever")[::2]))


@given(st.lists(st.integers(0, len(RESPONSE) - 1), max_size=4), st.binary(min_size=4, max_size=4))
def test_a_damaged_response_never_breaks_the_reader(places: list[int], noise: bytes) -> None:
    damaged = bytearray(RESPONSE)
    for place, byte in zip(places, noise, strict=False):
        damaged[place] = byte
    parse_response(bytes(damaged))


WITH_BODY = RESPONSE.replace(b"Content-Length: 0", b"l : 6") + b"v=0\r\n\r"


@given(st.lists(st.sampled_from([RESPONSE, WITH_BODY, b"\r\n\r\n"]), max_size=4), st.lists(st.integers(1, 60)))
def test_messages_come_out_whole_however_the_stream_is_cut(messages: list[bytes], cuts: list[int]) -> None:
    stream, framer, found = b"".join(messages), StreamFramer(), []
    for cut in cuts:
        found += framer.feed(stream[:cut])
        stream = stream[cut:]
    assert found + framer.feed(stream) == [message for message in messages if message.strip()]


def test_a_body_is_not_taken_for_a_message() -> None:
    inner = b"SIP/2.0 200 OK\r\n\r\n"
    outer = RESPONSE.replace(b"Content-Length: 0", b"Content-Length:\r\n 00000000000018") + inner
    assert StreamFramer().feed(outer + RESPONSE) == [outer, RESPONSE]


@pytest.mark.parametrize(
    "stream",
    [b"a" * (MESSAGE_LIMIT + 1), RESPONSE.replace(b"Length: 0", b"Length: " + b"9" * 5000), b"x\r\nl: 65530\r\n\r\n"],
)
def test_a_stream_that_would_fill_the_memory_is_refused(stream: bytes) -> None:
    with pytest.raises(FramingError):
        StreamFramer().feed(stream)


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_a_stream_of_garbage_never_breaks_the_framer(chunks: list[bytes]) -> None:
    framer = StreamFramer()
    for chunk in chunks:
        try:
            framer.feed(chunk)
        except FramingError:
            break
