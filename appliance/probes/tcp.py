"""A reference asked by opening a TCP connection, and SIP's way to one."""

from __future__ import annotations

import asyncio
import socket

from appliance.domain.health import Target
from appliance.domain.phrase import phrase
from appliance.probes.addresses import Addresses, Place
from appliance.probes.prober import Answer, BaseProber
from appliance.probes.words import no_address_of, no_connection


async def connect(place: Place) -> socket.socket:
    """A connected, non-blocking TCP socket. Raises ``OSError``; a caller that gives up leaves no socket behind."""
    family, address = place
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


class TcpProber(BaseProber):
    """An accepted connection is the answer; it is closed at once."""

    def __init__(self, target: Target, host: str, port: int) -> None:
        super().__init__(target)
        self._addresses = Addresses(host, port)

    async def close(self) -> None:
        """Nothing is kept between probes."""

    async def _ask(self, timeout_s: float) -> Answer:
        clock = asyncio.get_running_loop().time
        self._late = no_address_of(self._addresses.host)
        place = await self._addresses.current()
        self._late = no_connection
        started = clock()
        connection = await connect(place)
        took_s = clock() - started
        connection.close()
        self._addresses.answered()
        return Answer(True, phrase("connected"), took_s)

    def _start_over(self) -> None:
        self._addresses.missed()
