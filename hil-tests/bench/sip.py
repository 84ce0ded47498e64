"""One SIP OPTIONS over UDP (RFC 3261 §11): how the bench itself sees whether a part serves."""

from __future__ import annotations

import asyncio
import secrets
import socket

from bench.addresses import SIP_PORT


async def options(address: str, source: str, timeout_s: float = 1.0) -> int | None:
    """The status code of the first final response, ``None`` when nothing came in time."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((source, 0))
        sock.connect((address, SIP_PORT))
        port, tag = sock.getsockname()[1], secrets.token_hex(8)
        request = (
            f"OPTIONS sip:{address} SIP/2.0\r\nVia: SIP/2.0/UDP {source}:{port};branch=z9hG4bK{tag};rport\r\n"
            f"From: <sip:bench@{source}>;tag={tag}\r\nTo: <sip:{address}>\r\nCall-ID: {tag}@{source}\r\n"
            f"CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContact: <sip:bench@{source}:{port}>\r\n"
            "Content-Length: 0\r\n\r\n"
        )
        try:
            async with asyncio.timeout(timeout_s):
                await loop.sock_sendall(sock, request.encode())
                while True:
                    status = int((await loop.sock_recv(sock, 4096)).split(b" ", 2)[1])
                    if status >= 200:
                        return status
        except (TimeoutError, OSError, ValueError, IndexError):
            return None
