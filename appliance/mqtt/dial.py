"""Connecting that can be given up at once.

Name look-ups and the TLS handshake block; in the default executor they would hold up the end of the process, for the
interpreter waits for its threads. The service must be gone two seconds after SIGTERM though a broker is behind a
black hole, so blocking calls run in daemon threads of their own and sockets are connected on the event loop.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def in_daemon_thread(job: Callable[[], T], name: str) -> T:
    """The job's result; cancelling gives up the answer and leaves the thread to itself."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def tell(how: Callable[[Any], None], what: object) -> None:
        def settle() -> None:
            if not future.done():
                how(what)

        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle)

    def work() -> None:
        try:
            result = job()
        except Exception as error:
            tell(future.set_exception, error)
        else:
            tell(future.set_result, result)

    threading.Thread(target=work, name=name, daemon=True).start()
    return await future


async def dial(host: str, port: int) -> socket.socket:
    """A connected, non-blocking TCP socket. Raises ``OSError`` with the last address's reason."""
    refused: OSError | None = None
    for family, address in await _addresses(host, port):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(sock, address)
        except OSError as error:
            sock.close()
            refused = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise refused or OSError(f"{host} has no address")


async def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        found = await in_daemon_thread(
            lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), f"look up {host}"
        )
        return [(family, address) for family, _, _, _, address in found]
    return [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))]
