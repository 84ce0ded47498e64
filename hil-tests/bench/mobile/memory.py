"""A modem's port without sockets and files, for tests under a virtual-time event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bench.mobile.ports import nobody


class MemoryPort:
    """A port in this process's memory.

    The other side calls :meth:`open`; while the port is unplugged that raises ``FileNotFoundError``, as opening a
    vanished device does. As on a serial line there is one reader: opening again takes the place of the old link.
    """

    def __init__(self, name: str = "memory") -> None:
        self.on_bytes: Callable[[bytes], None] = nobody
        self.name = name
        self.plugged = False
        self._link: MemoryLink | None = None

    @property
    def address(self) -> str:
        """A name for messages; nothing can be opened by it."""
        return f"memory://{self.name}"

    async def plug(self) -> None:
        """Make :meth:`open` work."""
        self.plugged = True

    async def unplug(self) -> None:
        """Cut the open link."""
        self.plugged = False
        if self._link is not None:
            self._link.hang_up()
            self._link = None

    def write(self, data: bytes) -> None:
        """Hand to the open link; lost without one."""
        if self._link is not None:
            self._link.deliver(data)

    def open(
        self,
        on_bytes: Callable[[bytes], None] | None = None,
        on_hang_up: Callable[[], None] | None = None,
    ) -> MemoryLink:
        """Open the other side. With ``on_bytes`` data is pushed; without, it is read with ``await link.read()``."""
        if not self.plugged:
            raise FileNotFoundError(self.address)
        if self._link is not None:
            self._link.hang_up()
        self._link = MemoryLink(self, on_bytes, on_hang_up)
        return self._link

    def from_link(self, link: MemoryLink, data: bytes) -> None:
        """Bytes from the other side; raises ``ConnectionResetError`` when it was cut off."""
        if self._link is not link:
            raise ConnectionResetError(self.address)
        self.on_bytes(data)

    def forget(self, link: MemoryLink) -> None:
        """The other side closed."""
        if self._link is link:
            self._link = None


class MemoryLink:
    """The other side of a :class:`MemoryPort`."""

    def __init__(
        self,
        port: MemoryPort,
        on_bytes: Callable[[bytes], None] | None,
        on_hang_up: Callable[[], None] | None,
    ) -> None:
        self._port = port
        self._on_bytes = on_bytes
        self._on_hang_up = on_hang_up
        self._incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self.closed = False

    def write(self, data: bytes) -> None:
        """Send to the modem. Raises ``ConnectionResetError`` after a hang-up."""
        self._port.from_link(self, data)

    async def read(self) -> bytes:
        """What came, at least a byte; ``b""`` after a hang-up, for good."""
        if self.closed and self._incoming.empty():
            return b""
        data = await self._incoming.get()
        while data and not self._incoming.empty():
            data += self._incoming.get_nowait()
        return data

    def close(self) -> None:
        """Let go of the port."""
        self.closed = True
        self._port.forget(self)

    def deliver(self, data: bytes) -> None:
        """Called by the port: bytes from the modem."""
        if self._on_bytes is not None:
            self._on_bytes(data)
        else:
            self._incoming.put_nowait(data)

    def hang_up(self) -> None:
        """Called by the port: it vanished."""
        self.closed = True
        self._incoming.put_nowait(b"")
        if self._on_hang_up is not None:
            self._on_hang_up()
