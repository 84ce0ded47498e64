"""Asterisk's AudioSocket on the wire: bytes in, messages out. Pure.

A message is a kind of one byte, a length of two (big-endian), and so many bytes of payload (Asterisk,
``res_audiosocket``). What does not fit this ends the connection: there is no way to find the next message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

HEADER_BYTES = 3
MOST_PAYLOAD_BYTES = 0xFFFF


class Kind(IntEnum):
    """What a message is."""

    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    AUDIO = 0x10  # signed 16-bit little-endian mono at 8 kHz
    ERROR = 0xFF


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    kind: Kind
    payload: bytes

    def encode(self) -> bytes:
        """As on the wire. Raises ``ValueError`` for a payload over 65,535 bytes."""
        if len(self.payload) > MOST_PAYLOAD_BYTES:
            raise ValueError(f"{len(self.payload)} bytes do not fit into one message")
        return bytes([self.kind]) + len(self.payload).to_bytes(2, "big") + self.payload


class ProtocolError(ValueError):
    """What came is not AudioSocket."""


class Decoder:
    """Takes pieces of any length; never holds more than one message."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that ``data`` completes. Raises :class:`ProtocolError` at a kind nobody knows."""
        self._rest += data
        while len(self._rest) >= HEADER_BYTES:
            try:
                kind = Kind(self._rest[0])
            except ValueError:
                raise ProtocolError(f"0x{self._rest[0]:02x} is no kind of message") from None
            end = HEADER_BYTES + int.from_bytes(self._rest[1:HEADER_BYTES], "big")
            if len(self._rest) < end:
                return
            payload, self._rest = self._rest[HEADER_BYTES:end], self._rest[end:]
            yield Message(kind, payload)


def call_id(message: Message) -> UUID:
    """The identity a connection begins with. Raises :class:`ProtocolError` for anything else."""
    if message.kind is not Kind.UUID or len(message.payload) != 16:
        raise ProtocolError("a connection begins with the 16 bytes of its UUID")
    return UUID(bytes=message.payload)
