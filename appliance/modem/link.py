"""What the AT stack needs of a line to a modem; serial ports, sockets and tests provide it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol


class LinkHandler(Protocol):
    """Is told what the line brings. Called on the event loop; must not block."""

    def data_received(self, data: bytes) -> None:
        """Bytes from the modem, in order, cut anywhere."""

    def link_ended(self, reason: str) -> None:
        """The line is gone and stays gone; called at most once, and not after :meth:`Link.close`."""


class Link(Protocol):
    """An open line."""

    def write(self, data: bytes) -> None:
        """Send in order, without blocking; nothing happens on a line that has ended."""

    async def close(self) -> None:
        """Let go of the line and of everything behind it; may be called twice."""


LinkFactory = Callable[[str, int, LinkHandler], Awaitable[Link]]
"""Opens ``(port, baudrate, handler)``; raises ``OSError`` with a reason a person can read."""
