"""The HTTP server in our own event loop: uvicorn without its signals and its set-up of logs."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from appliance.web.patience import PatientProtocol

MOST_CONNECTIONS = 500
KEEP_ALIVE_S = 20
LEAVE_WITHIN_S = 1
TICK_S = 1.0


async def serve(
    app: ASGIApp,
    listen: str,
    tls: ssl.SSLContext | None,
    trusted_proxies: tuple[str, ...],
    listening: Callable[[], None],
) -> None:
    """Serve until cancelled. Raises ``OSError`` where the address cannot be had."""
    config = uvicorn.Config(
        app,
        loop="none",
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=LEAVE_WITHIN_S,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )
    config.load()
    server = uvicorn.Server(config)  # its own serve() would take the signals
    server.lifespan = config.lifespan_class(config)
    bound = bind(listen)
    try:
        await server.startup(sockets=[bound])
        listening()
        while True:
            await server.on_tick(0)  # the header Date, once a second
            await asyncio.sleep(TICK_S)
    finally:
        if server.started:
            await server.shutdown(sockets=[bound])
        bound.close()


def bind(listen: str) -> socket.socket:
    """The socket the pages are served on. Raises ``OSError``."""
    host, _, port = listen.rpartition(":")
    address = host.strip("[]")
    found = socket.getaddrinfo(address, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, place = found[0]
    # asyncio sends small packets at once only where the socket says it is TCP; otherwise an answer waits 40 ms for
    # the receipt of what TLS said before it
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and address == "::":
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind(place)
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound
