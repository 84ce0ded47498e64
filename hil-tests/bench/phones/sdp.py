"""Session descriptions (RFC 4566): one audio stream of A-law with telephone-events (RFC 4733). Pure."""

from __future__ import annotations

import re

A_LAW, EVENT = 8, 101


def describe(address: str, port: int, version: int = 1) -> bytes:
    """What we offer, and answer to every offer that has A-law."""
    lines = (
        "v=0",
        f"o=bench 1 {version} IN IP4 {address}",
        "s=-",
        f"c=IN IP4 {address}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {A_LAW} {EVENT}",
        f"a=rtpmap:{A_LAW} PCMA/8000",
        f"a=rtpmap:{EVENT} telephone-event/8000",
        f"a=fmtp:{EVENT} 0-15",
        "a=ptime:20",
        "a=sendrecv",
    )
    return "\r\n".join((*lines, "")).encode()


def remote(body: bytes) -> tuple[str, int] | None:
    """Where the other side wants its audio, or ``None`` for a body without."""
    text = body.decode(errors="replace")
    media = re.search(r"^m=audio (\d+) ", text, re.MULTILINE)
    connection = re.findall(r"^c=IN IP4 (\S+)", text, re.MULTILINE)
    if media is None or not connection:
        return None
    return connection[-1], int(media[1])
