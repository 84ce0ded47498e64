"""Viewers of "Now" without a browser: bare connections that note when the picture came."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from appliance.web.cookies import SESSION_COOKIE


def trusting() -> ssl.SSLContext:
    """Takes the box's own certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@dataclass(slots=True)
class Viewer:
    """``heard``: monotonic times at which an event was complete, with its text."""

    heard: list[tuple[float, str]] = field(default_factory=list)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self, host: str, port: int, token: str) -> None:
        """Read until cancelled."""
        reader, writer = await asyncio.open_connection(host, port, ssl=trusting())
        try:
            head = f"GET /live/now HTTP/1.1\r\nHost: {host}\r\nCookie: {SESSION_COOKIE}={token}\r\n\r\n"
            writer.write(head.encode())
            text = ""
            while line := await reader.readline():
                if line.startswith(b"data:"):
                    text += line.decode()
                elif text and line.strip() == b"":
                    self.heard.append((time.monotonic(), text))
                    self.began.set()
                    text = ""
        finally:
            writer.close()

    def first_with(self, words: str, since: float) -> float | None:
        """When the first event after ``since`` came that has these words."""
        return next((at for at, text in self.heard if at >= since and words in text), None)


@asynccontextmanager
async def watching(count: int, host: str, port: int, token: str) -> AsyncIterator[list[Viewer]]:
    """So many viewers at once, all of whom have had a first picture."""
    viewers = [Viewer() for _ in range(count)]
    tasks = [asyncio.create_task(one.watch(host, port, token)) for one in viewers]
    try:
        async with asyncio.timeout(60):
            for one in viewers:
                await one.began.wait()
        yield viewers
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(Exception):
            await asyncio.gather(*tasks, return_exceptions=True)
