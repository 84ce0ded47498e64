"""Where a host is: its addresses, looked up without blocking and without depending on the name server for long."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from appliance.threads import in_daemon_thread

SocketAddress = tuple[Any, ...]
Place = tuple[socket.AddressFamily, SocketAddress]

PATIENCE = 2


class Addresses:
    """The addresses of one host, one of which is current.

    An address once known is used on while the name is looked up again, so that a dead name server never makes a
    living target look dead. One that has answered is given up only after :data:`PATIENCE` misses in a row: on a lossy
    link each stray to an address that never answers would double the loss.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self._port = port
        self._turn = 0
        self._patience = 1
        self._lookup: asyncio.Future[tuple[Place, ...]] | None = None
        self._places: tuple[Place, ...] = ()
        try:
            self._places = self._resolve(socket.AI_NUMERICHOST)  # an address is read, never looked up
        except OSError:
            self._is_name = True
        else:
            self._is_name = False

    async def current(self) -> Place:
        """The address to use now. Raises ``OSError`` when the name is unknown; the caller keeps the deadline."""
        if not self._places:
            # shielded: a probe that gives up leaves the look-up to the next one
            await asyncio.shield(self._look_up())
        return self._places[self._turn % len(self._places)]

    def answered(self) -> None:
        """The current address answered."""
        self._patience = PATIENCE

    def missed(self) -> None:
        """The current address did not answer: the name is asked anew, and soon the next address has its turn."""
        self._patience -= 1
        if self._patience <= 0:
            self._turn, self._patience = self._turn + 1, 1
        if self._is_name:
            self._look_up()

    def _look_up(self) -> asyncio.Future[tuple[Place, ...]]:
        if self._lookup is None:
            self._lookup = in_daemon_thread(self._resolve, "probe-helper")
            self._lookup.add_done_callback(self._looked_up)
        return self._lookup

    def _looked_up(self, lookup: asyncio.Future[tuple[Place, ...]]) -> None:
        self._lookup = None
        if not lookup.cancelled() and lookup.exception() is None and set(lookup.result()) != set(self._places):
            self._places, self._turn = lookup.result(), 0

    def _resolve(self, flags: int = 0) -> tuple[Place, ...]:
        try:
            found = socket.getaddrinfo(self.host, self._port, type=socket.SOCK_STREAM, flags=flags)
        except UnicodeError as error:  # a label of a name longer than 63 bytes
            raise socket.gaierror(socket.EAI_NONAME, "no valid host name") from error
        return tuple((family, address) for family, _, _, _, address in found)
