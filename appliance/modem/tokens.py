"""Bytes from a modem in, tokens out (ITU-T V.250 §5.7, 3GPP TS 27.007 §9, TS 27.005 §3.5). Pure.

A modem's answer is a stream without frames: lines end with CR, LF or both, may arrive in pieces, may carry bytes
that are no text at all, and a prompt for a message comes without a line end. The tokens are the same however the
stream was cut. What a line *means* (reply, unsolicited, echo) is for the dialogue to say; only final result codes
and the prompt are told apart here, and only by the whole line: an operator may well be called "OK Mobile".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_LINE_BYTES = 2048  # the longest line of use is a concatenated SMS PDU in hex, some 400 characters
_CR, _LF, _TAB = 0x0D, 0x0A, 0x09
_PROMPT = b"> "


class FinalKind(StrEnum):
    """What ended a command."""

    OK = "OK"
    ERROR = "ERROR"
    CME_ERROR = "+CME ERROR"
    CMS_ERROR = "+CMS ERROR"
    NO_CARRIER = "NO CARRIER"
    BUSY = "BUSY"
    NO_ANSWER = "NO ANSWER"
    NO_DIALTONE = "NO DIALTONE"
    CONNECT = "CONNECT"
    NOT_SUPPORTED = "COMMAND NOT SUPPORT"
    TOO_MANY_PARAMETERS = "TOO MANY PARAMETERS"


CALL_RESULTS = frozenset(
    {FinalKind.NO_CARRIER, FinalKind.BUSY, FinalKind.NO_ANSWER, FinalKind.NO_DIALTONE, FinalKind.CONNECT}
)
"""Results that end a dialling command, and come unsolicited when a call ends: the dialogue has to choose."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is no final result: information, unsolicited result code or echo. Never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Final:
    """A final result code. ``code`` is the number of a +CME or +CMS error, where one came or its wording is known."""

    kind: FinalKind
    text: str
    code: int | None = None

    @property
    def ok(self) -> bool:
        """Whether the command was carried out, as far as the modem is to be believed."""
        return self.kind in (FinalKind.OK, FinalKind.CONNECT)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The modem waits for a text (``> ``)."""


Token = Line | Final | Prompt

_PLAIN_FINALS = {
    "OK": FinalKind.OK,
    "ERROR": FinalKind.ERROR,
    "NO CARRIER": FinalKind.NO_CARRIER,
    "BUSY": FinalKind.BUSY,
    "NO ANSWER": FinalKind.NO_ANSWER,
    "NO DIALTONE": FinalKind.NO_DIALTONE,
    "NO DIAL TONE": FinalKind.NO_DIALTONE,
    "COMMAND NOT SUPPORT": FinalKind.NOT_SUPPORTED,
    "TOO MANY PARAMETERS": FinalKind.TOO_MANY_PARAMETERS,
}
_CODED_ERROR = re.compile(r"^\+CM([ES]) ERROR\s*:\s*(.*)$")
_CONNECT = re.compile(r"^CONNECT(?: [0-9A-Z/. ]+)?$")
# Modems left in AT+CMEE=2 by somebody else answer in words (27.007 §9.2); only those that change what we do are read.
_CME_WORDS = {
    "operation not allowed": 3,
    "operation not supported": 4,
    "sim not inserted": 10,
    "sim pin required": 11,
    "sim puk required": 12,
    "sim failure": 13,
    "sim busy": 14,
    "sim wrong": 15,
    "incorrect password": 16,
    "no network service": 30,
    "network timeout": 31,
    "unknown": 100,
    "unknown error": 100,
}


def as_final(text: str) -> Final | None:
    """The final result code a whole line is, or ``None``."""
    if (kind := _PLAIN_FINALS.get(text)) is not None:
        return Final(kind, text)
    if (match := _CODED_ERROR.match(text)) is not None:
        kind = FinalKind.CME_ERROR if match[1] == "E" else FinalKind.CMS_ERROR
        detail = match[2].strip()
        if detail.isascii() and detail.isdigit():
            return Final(kind, text, int(detail[:6]))
        return Final(kind, text, _CME_WORDS.get(detail.lower()) if kind is FinalKind.CME_ERROR else None)
    if _CONNECT.match(text):
        return Final(FinalKind.CONNECT, text)
    return None


class Tokenizer:
    """Cuts the stream into tokens; keeps the half line that has not ended yet."""

    def __init__(self) -> None:
        self._line = bytearray()

    @property
    def pending(self) -> bytes:
        """The half line, as it stands."""
        return bytes(self._line)

    def feed(self, data: bytes) -> list[Token]:
        """The tokens that ``data`` completes. Never raises, whatever the bytes."""
        tokens: list[Token] = []
        for byte in data:
            if byte in (_CR, _LF):
                if (token := self._end_line()) is not None:
                    tokens.append(token)
            elif byte < 0x20 and byte != _TAB:
                continue  # NUL at power-up, XON/XOFF and the like are never part of a text
            elif len(self._line) < MAX_LINE_BYTES:
                self._line.append(byte)
                if len(self._line) == len(_PROMPT) and self._line == _PROMPT:
                    self._line.clear()
                    tokens.append(Prompt())
        return tokens

    def _end_line(self) -> Token | None:
        text = self._line.decode("utf-8", errors="replace").strip()
        self._line.clear()
        if not text:
            return None
        return as_final(text) or Line(text)
