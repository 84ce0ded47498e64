"""SIP messages as a prober needs them: an OPTIONS request out, a response in (RFC 3261 §7, §8, §11). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from appliance import __version__
from appliance.domain.endpoints import SipEndpoint, Transport

MAGIC_COOKIE = "z9hG4bK"  # §8.1.1.7: a branch that begins so is unique, and matched by equality alone
MESSAGE_LIMIT = 65_535  # the largest a UDP datagram can be; larger is no answer to OPTIONS

_COMPACT = {"v": "via", "i": "call-id"}  # §7.3.3; CSeq has no compact form
_STATUS_LINE = re.compile(r"SIP/2\.0[ \t]+([1-6][0-9]{2})(?:[ \t].*)?", re.IGNORECASE)
_BRANCH = re.compile(r';\s*branch\s*=\s*"?([^\s;,"]+)', re.IGNORECASE)
_CSEQ = re.compile(r"([0-9]{1,10})[ \t]+([A-Za-z]+)")
_FOLD = re.compile(r"\n[ \t]+")


@dataclass(frozen=True, slots=True)
class OptionsRequest:
    """One OPTIONS request outside a dialog; ``identity`` is the prober's random token, ``number`` counts from 1."""

    endpoint: SipEndpoint
    local: tuple[str, int]
    identity: str
    number: int

    @property
    def branch(self) -> str:
        """The transaction's name, new for each request."""
        return f"{MAGIC_COOKIE}{self.identity}{self.number:x}"

    @property
    def call_id(self) -> str:
        """New for each request too: no two of them belong together."""
        return f"{self.identity}-{self.number:x}"

    def encode(self) -> bytes:
        """The request as it goes over the wire.

        The Request-URI names no transport: the Via says which was taken, and ``transport=tls`` is deprecated
        (RFC 5630 §3.1.4). ``rport`` asks for the answer where the request came from (RFC 3581), through any NAT.
        """
        remote = f"sip:{_bracketed(self.endpoint.host)}:{self.endpoint.port}"
        host, port = _bracketed(self.local[0]), self.local[1]
        contact = f"sip:hotline@{host}:{port}"
        if self.endpoint.transport is not Transport.UDP:
            contact += ";transport=tcp"
        return (
            f"OPTIONS {remote} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self.endpoint.transport.upper()} {host}:{port};rport;branch={self.branch}\r\n"
            "Max-Forwards: 70\r\n"
            f"From: <sip:hotline@{host}>;tag={self.identity}\r\n"
            f"To: <{remote}>\r\n"
            f"Call-ID: {self.call_id}\r\n"
            f"CSeq: {self.number} OPTIONS\r\n"
            f"Contact: <{contact}>\r\n"
            "Accept: application/sdp\r\n"
            f"User-Agent: Hotline/{__version__}\r\n"
            "Content-Length: 0\r\n"
            "\r\n"
        ).encode()

    def is_answered_by(self, response: SipResponse) -> bool:
        """Whether the response belongs to this request (§17.1.3) and is final."""
        return (
            response.status >= 200
            and response.branch == self.branch
            and response.call_id == self.call_id
            and response.cseq == self.number
            and response.method == "OPTIONS"
        )


@dataclass(frozen=True, slots=True)
class SipResponse:
    """What of a response tells whose it is and what it says."""

    status: int
    branch: str
    call_id: str
    cseq: int
    method: str


def parse_response(message: bytes) -> SipResponse | None:
    """Read a response; ``None`` for whatever is none, a request included.

    Takes what real peers send: header names in any case or compact, folded lines, bare line feeds, empty lines before
    the start (§7.5), bytes that are no UTF-8.
    """
    text = message[:MESSAGE_LIMIT].decode("utf-8", "replace").replace("\r\n", "\n").lstrip("\n")
    start, *lines = _FOLD.sub(" ", text.partition("\n\n")[0]).split("\n")
    status = _STATUS_LINE.fullmatch(start)
    if status is None:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers.setdefault(_COMPACT.get(name, name), value.strip())  # the topmost Via is the one we wrote
    branch = _BRANCH.search(headers.get("via", "").partition(",")[0])
    cseq = _CSEQ.fullmatch(headers.get("cseq", ""))
    if branch is None or cseq is None or "call-id" not in headers:
        return None
    return SipResponse(int(status[1]), branch[1], headers["call-id"], int(cseq[1]), cseq[2].upper())


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
