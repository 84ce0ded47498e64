"""Half-open connections end; what is being answered goes on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from appliance.web import patience
from appliance.web.cookies import SESSION_COOKIE
from appliance.web.permission import Role
from appliance.web.server import bind
from tests.web.house import House


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LOOK_EVERY_S", 0.2)  # more than a busy machine makes a whole request wait
    monkeypatch.setattr(patience, "BODY_LOOKS", 4)


@asynccontextmanager
async def line(pages: House, sent: bytes) -> AsyncIterator[asyncio.StreamReader]:
    host, _, port = pages.base.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(sent)
        yield reader
    finally:
        writer.close()


HALF = (
    b"",
    b"GET / HT",
    b"GET / HTTP/1.1\r\nHost: box\r\nX: 1\r\n",
    b"GET /alive HTTP/1.1\r\nHost: box\r\n\r\nGET / HTTP/1.1\r\nHo",  # a whole one before
    b"POST /sign-in HTTP/1.1\r\nHost: box\r\nContent-Length: 500\r\n\r\ncsrf=",
)


@pytest.mark.parametrize("sent", HALF)
async def test_what_never_becomes_a_request_is_closed(pages: House, sent: bytes) -> None:
    async with line(pages, sent) as reader:
        await reader.read()  # ends, or the test's own time is over


async def test_a_stream_goes_on_however_long(pages: House) -> None:
    browser = await pages.signed_in(Role.TECHNICIAN)
    head = f"GET /live/now HTTP/1.1\r\nHost: box\r\nCookie: {SESSION_COOKIE}={browser.session_cookie}\r\n\r\n"
    async with line(pages, head.encode()) as stream:
        await stream.readuntil(b"event: ")
        for _ in range(2):  # each of these is closed after some looks
            async with line(pages, b"GET") as half:
                await half.read()
        pages.says(route={"active": "technician", "wanted": "technician", "reason": "told", "override": None})
        await stream.readuntil(b"event: ")
        assert not stream.at_eof()


async def test_small_packets_are_sent_at_once() -> None:
    accepted: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    async with await asyncio.start_server(
        lambda _, writer: accepted.put_nowait(writer), sock=bind("127.0.0.1:0")
    ) as server:
        host, port = server.sockets[0].getsockname()
        _, client = await asyncio.open_connection(host, port)
        served = await accepted.get()
        assert served.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        for writer in (client, served):
            writer.close()
            await writer.wait_closed()
