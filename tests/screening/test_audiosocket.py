"""AudioSocket on the wire."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.screening.audiosocket import Decoder, Kind, Message, ProtocolError, call_id

MESSAGES = [Message(Kind.UUID, bytes(range(16))), Message(Kind.AUDIO, b"\x01\x02" * 160), Message(Kind.HANGUP, b"")]
WIRE = b"".join(message.encode() for message in MESSAGES)


def test_the_bytes_are_those_of_asterisk() -> None:
    assert WIRE[:4] == b"\x01\x00\x10\x00"
    assert WIRE[19:22] == b"\x10\x01\x40"
    assert WIRE[-3:] == b"\x00\x00\x00"


@given(cuts=st.lists(st.integers(0, len(WIRE)), max_size=12))
def test_pieces_of_any_length_give_the_same_messages(cuts: list[int]) -> None:
    decoder, bounds = Decoder(), [0, *sorted(cuts), len(WIRE)]
    found = [one for a, b in itertools.pairwise(bounds) for one in decoder.feed(WIRE[a:b])]
    assert found == MESSAGES


def test_a_kind_nobody_knows_ends_it() -> None:
    with pytest.raises(ProtocolError, match="0x47"):
        list(Decoder().feed(b"GET / HTTP/1.1\r\n"))


def test_a_connection_begins_with_its_uuid() -> None:
    assert call_id(MESSAGES[0]) == UUID(bytes=bytes(range(16)))
    for wrong in (MESSAGES[1], Message(Kind.UUID, b"short")):
        with pytest.raises(ProtocolError):
            call_id(wrong)


def test_too_long_a_payload_is_refused() -> None:
    with pytest.raises(ValueError, match="65536 bytes"):
        Message(Kind.AUDIO, bytes(65536)).encode()
