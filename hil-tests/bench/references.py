"""References outside the cluster: a name server that answers every question, and a port that takes connections."""

from __future__ import annotations

import asyncio
from typing import cast

DNS_HEADER_BYTES = 12
RESPONSE_NO_ERROR = b"\x81\x80"  # QR, RD, RA; RCODE 0 (RFC 1035 §4.1.1)


class References:
    """Both on given addresses."""

    def __init__(self, dns: tuple[str, int], tcp: tuple[str, int]) -> None:
        self.dns = dns
        self.tcp = tcp
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(_NameServer, self.dns)
        self._server = await asyncio.start_server(_take, *self.tcp)

    async def close(self) -> None:
        """Stop listening."""
        if self._transport:
            self._transport.close()
        if self._server:
            self._server.close()


class _NameServer(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) >= DNS_HEADER_BYTES:  # anything shorter is no question (RFC 1035 §4.1.1)
            self._transport.sendto(data[:2] + RESPONSE_NO_ERROR + data[4:6] + bytes(6) + data[12:], addr)


async def _take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.read(4096):
            pass
    except ConnectionError:
        pass
    finally:
        writer.close()
