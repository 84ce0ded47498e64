"""Connecting that can be given up at once.

Libraries connect and shake hands in a thread of the default executor, and the interpreter waits for those before it
ends. The service must be gone two seconds after SIGTERM though a broker is behind a black hole: so sockets are
connected on the event loop, the TLS handshake too, and name look-ups run in daemon threads of their own.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from typing import Any

from appliance.threads import in_daemon_thread

# small packets are not held back until the one before is acknowledged (Nagle, and 40 ms of a delayed acknowledgement)
AT_ONCE = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def dial(host: str, port: int, tls: ssl.SSLContext | None = None) -> socket.socket:
    """A connected, non-blocking socket, with TLS where asked for. Raises ``OSError`` with the last address's reason.

    ``ssl.SSLError``, a certificate that does not fit among them, is an ``OSError`` too.
    """
    refused: OSError | None = None
    for family, address in await _addresses(host, port):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(*AT_ONCE)
            await asyncio.get_running_loop().sock_connect(sock, address)
            return sock if tls is None else await _shake_hands(sock, host, tls)
        except OSError as error:
            sock.close()
            refused = error
        except BaseException:
            sock.close()
            raise
    raise refused or OSError(f"{host} has no address")


async def _shake_hands(sock: socket.socket, host: str, tls: ssl.SSLContext) -> ssl.SSLSocket:
    secured = tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    try:
        while True:
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(secured, write=False)
            except ssl.SSLWantWriteError:
                await _ready(secured, write=True)
            else:
                return secured
    except BaseException:
        secured.close()
        raise


async def _ready(sock: socket.socket, *, write: bool) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    add, remove = (loop.add_writer, loop.remove_writer) if write else (loop.add_reader, loop.remove_reader)
    add(sock, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        remove(sock)


async def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        found = await in_daemon_thread(
            lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), f"look up {host}"
        )
        return [(family, address) for family, _, _, _, address in found]
    return [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))]
