"""The other ends of probes: they keep what they were asked, answer as told, and refuse what is no proper request."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import cast

from appliance.domain.health import Target, TargetKind

TRUNK = Target(TargetKind.TRUNK, "trunk-a")
REFERENCE = Target(TargetKind.REFERENCE, "elsewhere")
MANDATORY = {"via", "max-forwards", "from", "to", "call-id", "cseq", "contact", "content-length"}


@dataclass(frozen=True)
class Request:
    """An OPTIONS request, read strictly. Raises ``ValueError`` for what RFC 3261 §8.1.1 does not allow."""

    line: str
    headers: dict[str, str]

    @classmethod
    def read(cls, message: bytes) -> Request:
        head, end, body = message.partition(b"\r\n\r\n")
        line, *rest = head.decode("ascii").split("\r\n")
        headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
        method, uri, version = line.split(" ")
        if (method, version) != ("OPTIONS", "SIP/2.0") or not uri.startswith("sip:") or not end or body:
            raise ValueError(f"no OPTIONS request: {message!r}")
        if missing := MANDATORY - set(headers):
            raise ValueError(f"lacks {missing}")
        if ";branch=z9hG4bK" not in headers["via"] or ";tag=" not in headers["from"] or "tag" in headers["to"]:
            raise ValueError(f"is not outside a dialog: {headers}")
        return cls(line, headers)

    def response(self, status: int = 200, **changed: str) -> bytes:
        """The response a user agent gives; ``changed`` overwrites headers (``call_id="…"``)."""
        headers = {name: self.headers[name] for name in ("via", "from", "to", "call-id", "cseq")}
        headers["to"] += ";tag=peer"
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        lines = [f"SIP/2.0 {status} Whatever", *(f"{name.title()}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode()


Behaviour = Callable[[Request], Iterable[bytes]]


def answers(status: int = 200) -> Behaviour:
    return lambda request: [request.response(status)]


def silence(_request: Request) -> Iterable[bytes]:
    return []


class SipPeer:
    """A SIP user agent over UDP or a stream; ``behave`` may be changed while it runs."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.asked: list[Request] = []
        self.connections = 0
        self.complaints: list[str] = []
        self.port = 0
        self.sources: set[tuple[str, int]] = set()

    def replies(self, message: bytes) -> Iterable[bytes]:
        try:
            request = Request.read(message)
        except ValueError as error:
            self.complaints.append(str(error))
            return []
        self.asked.append(request)
        return self.behave(request)


class DatagramPeer(asyncio.DatagramProtocol):
    """Answers each datagram with what ``replies`` gives for it."""

    def __init__(self, replies: Callable[[bytes], Iterable[bytes]], sources: set[tuple[str, int]]) -> None:
        self._replies = replies
        self._sources = sources
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._sources.add(addr)
        for reply in self._replies(data):
            self.transport.sendto(reply, addr)


@contextlib.asynccontextmanager
async def udp(
    replies: Callable[[bytes], Iterable[bytes]], host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[tuple[int, set[tuple[str, int]]]]:
    """A datagram peer on a free port; gives the port and who has asked."""
    sources: set[tuple[str, int]] = set()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: DatagramPeer(replies, sources), local_addr=(host, port)
    )
    try:
        yield transport.get_extra_info("sockname")[1], sources
    finally:
        transport.close()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def sip_udp(behave: Behaviour, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[SipPeer]:
    peer = SipPeer(behave)
    async with udp(peer.replies, host, port) as (peer.port, peer.sources):
        yield peer
    assert peer.complaints == []


class StreamPeer(asyncio.Protocol):
    """One connection to a :class:`SipPeer`. An empty reply (``b""``) closes it."""

    def __init__(self, peer: SipPeer, open_connections: set[asyncio.Transport]) -> None:
        self._peer = peer
        self._open = open_connections
        self._unread = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self._transport)
        self._peer.connections += 1

    def data_received(self, data: bytes) -> None:
        *requests, self._unread = (self._unread + data).split(b"\r\n\r\n")
        for request in requests:
            for reply in self._peer.replies(request + b"\r\n\r\n"):
                if reply:
                    self._transport.write(reply)
                else:
                    self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self._transport)


@contextlib.asynccontextmanager
async def sip_stream(behave: Behaviour, trust: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[SipPeer]:
    """A peer over TCP or TLS; all its connections end with it."""
    peer = SipPeer(behave)
    still_open: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: StreamPeer(peer, still_open), "127.0.0.1", port, ssl=trust)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for transport in list(still_open):
            transport.abort()
        while still_open:  # noqa: ASYNC110  (connection_lost comes with the next turns of the loop)
            await asyncio.sleep(0)
    assert peer.complaints == []


async def until(condition: Callable[[], object]) -> None:
    """Return once ``condition`` holds."""
    while not condition():  # noqa: ASYNC110  (what is awaited has no event)
        await asyncio.sleep(0.005)
