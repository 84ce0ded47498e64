"""Where one SIP message ends and the next begins on a TCP or TLS stream (RFC 3261 §18.3). Pure."""

from __future__ import annotations

import re

from appliance.domain.phrase import phrase
from appliance.probes.sip_message import MESSAGE_LIMIT

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_CONTENT_LENGTH = re.compile(
    rb"\n(?:content-length|l)[ \t]*:(?:[ \t]|\r?\n[ \t])*([0-9]+)[ \t]*(?:\r?\n|$)", re.IGNORECASE
)
_LONGEST_HEAD_END = 4


class FramingError(Exception):
    """The stream carries no SIP, or a message too long to be an answer; it cannot be read on."""


class StreamFramer:
    """Cuts a byte stream into messages; empty lines between them are keep-alives (RFC 5626 §4.4.1) and dropped."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The messages completed by ``data``, heads and bodies. Raises :class:`FramingError`."""
        self._buffer += data
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> bytes | None:
        buffer = self._buffer
        if buffer.startswith((b"\r", b"\n")):
            del buffer[: len(buffer) - len(buffer.lstrip(b"\r\n"))]
            self._scanned = 0
        end = _HEAD_END.search(buffer, max(0, self._scanned - _LONGEST_HEAD_END))
        if end is None:
            self._scanned = len(buffer)
            if len(buffer) > MESSAGE_LIMIT:
                raise FramingError(phrase("what it sends is no SIP"))
            return None
        declared = _CONTENT_LENGTH.search(buffer, 0, end.end())
        size = end.end() + _length(declared)
        if size > MESSAGE_LIMIT:
            raise FramingError(phrase("what it sends is too long for an answer"))
        if len(buffer) < size:
            return None
        message = bytes(buffer[:size])
        del buffer[:size]
        self._scanned = 0
        return message


def _length(declared: re.Match[bytes] | None) -> int:
    """The declared length of the body. RFC 3261 wants one on streams; without it there is taken to be no body."""
    # cut, since int() refuses thousands of digits: nine are too long a message as well
    return int(declared[1].lstrip(b"0")[:9] or b"0") if declared else 0
