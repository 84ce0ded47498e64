"""SIP messages (RFC 3261): text to headers and back. Pure; as much of the grammar as Asterisk speaks to us."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}
REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    501: "Not Implemented",
    503: "Service Unavailable",
    603: "Decline",
}
_URI = re.compile(r"<(?P<uri>[^>]*)>|(?P<bare>sips?:[^\s;,>]+)")


class NoSipError(ValueError):
    """The bytes are no SIP message."""


@dataclass(slots=True)
class Message:
    """A request (``method`` and ``uri``) or a response (``status``). Header names are lower case."""

    method: str = ""
    uri: str = ""
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def get(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every header of that name."""
        return [value for key, value in self.headers if key == name]

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method."""
        number, _, method = self.get("cseq").partition(" ")
        return int(number), method.strip()

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.get("call-id")

    @property
    def branch(self) -> str:
        """The transaction's name: the branch of the topmost Via."""
        return parameter(self.get("via"), "branch")

    def encode(self) -> bytes:
        """The bytes on the wire."""
        first = f"{self.method} {self.uri} SIP/2.0" if self.method else f"SIP/2.0 {self.status} {self._reason}"
        lines = [first, *(f"{_title(name)}: {value}" for name, value in self.headers)]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body

    @property
    def _reason(self) -> str:
        return REASONS.get(self.status, "Response")


def parse(data: bytes) -> Message:
    """The message in a datagram. Raises :class:`NoSipError`."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = re.sub(r"\r\n[ \t]+", " ", head.decode(errors="replace")).split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 3:
        raise NoSipError(f"{first!r} begins no SIP message")
    message = Message(body=body)
    if words[0] == "SIP/2.0" and words[1].isdigit():
        message.status = int(words[1])
    elif words[2] == "SIP/2.0":
        message.method, message.uri = words[0], words[1]
    else:
        raise NoSipError(f"{first!r} begins no SIP message")
    message.headers = list(_headers(rest))
    if not message.call_id or not message.get("cseq"):
        raise NoSipError(f"{first!r} has no Call-ID or no CSeq")
    return message


def _headers(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            if key not in ("content-length", "l"):
                yield COMPACT.get(key, key), value.strip()


def _title(name: str) -> str:
    known = {"call-id": "Call-ID", "cseq": "CSeq", "www-authenticate": "WWW-Authenticate"}
    return known.get(name) or "-".join(part.capitalize() for part in name.split("-"))


def response(request: Message, status: int, to_tag: str, extra: Sequence[tuple[str, str]] = ()) -> Message:
    """A response with what RFC 3261 §8.2.6 has copied from the request."""
    copied = [(name, value) for name, value in request.headers if name in ("via", "record-route")]
    to = request.get("to")
    if to_tag and not parameter(to, "tag"):
        to += f";tag={to_tag}"
    copied += [("from", request.get("from")), ("to", to), ("call-id", request.call_id), ("cseq", request.get("cseq"))]
    return Message(status=status, headers=[*copied, *extra])


def parameter(value: str, name: str) -> str:
    """A parameter of a header, such as its ``tag``; of a name-addr only those after the brackets."""
    tail = value[value.rfind(">") + 1 :] if name == "tag" else value
    match = re.search(rf";\s*{name}=([^;,\s>]+)", tail, re.IGNORECASE)
    return match[1] if match else ""


def uri_of(value: str) -> str:
    """The URI of a name-addr or addr-spec, or nothing."""
    match = _URI.search(value)
    return (match["uri"] or match["bare"] or "") if match else ""


def user_of(value: str) -> str:
    """The user part of the URI in a header or of a URI itself, without its parameters."""
    match = re.match(r"sips?:([^@;]+)@", uri_of(value) or value)
    return match[1] if match else ""


def address_of(uri: str) -> tuple[str, int]:
    """Where a request for the URI is sent. Raises :class:`NoSipError`."""
    match = re.match(r"sips?:(?:[^@]+@)?([0-9A-Za-z.-]+)(?::(\d+))?", uri)
    if match is None:
        raise NoSipError(f"{uri!r} is no SIP URI")
    return match[1], int(match[2] or 5060)


def authorization(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """The answer to a digest challenge (RFC 2617, with or without qop=auth)."""
    given: Mapping[str, str] = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))

    def digest(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

    secret, request = digest(user, given["realm"], password), digest(method, uri)
    fields = {"username": user, "realm": given["realm"], "nonce": given["nonce"], "uri": uri}
    more = ", algorithm=MD5"
    if "qop" in given:
        nonce_count, own_nonce = "00000001", "6d72aa1c"
        fields["response"] = digest(secret, given["nonce"], nonce_count, own_nonce, "auth", request)
        more += f', qop=auth, nc={nonce_count}, cnonce="{own_nonce}"'
    else:
        fields["response"] = digest(secret, given["nonce"], request)
    if "opaque" in given:
        fields["opaque"] = given["opaque"]
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items()) + more
