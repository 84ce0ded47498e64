"""How a simulated modem is reached: TCP, a pseudo-terminal, or memory.

Every port has the modem's side (``on_bytes``, ``write``, ``plug``, ``unplug``) and an address for the other side.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Port(Protocol):
    """The modem's side of a port. ``on_bytes`` is set by the modem before the first :meth:`plug`."""

    on_bytes: Callable[[bytes], None]

    @property
    def address(self) -> str:
        """Where the other side finds it, in pyserial's spelling."""

    async def plug(self) -> None:
        """Make it reachable; does nothing when it is."""

    async def unplug(self) -> None:
        """Make it vanish: the other side is cut off, and cannot open it any more."""

    def write(self, data: bytes) -> None:
        """Send to the other side; lost when nobody listens, as on a serial line."""


def _nobody(data: bytes) -> None:
    del data


class TcpPort:
    """``socket://HOST:PORT`` for pyserial. One client at a time: a new one takes the place of the old."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self.on_bytes: Callable[[bytes], None] = _nobody
        self.host = host
        self.port = port
        self._server: asyncio.Server | None = None
        self._client: asyncio.StreamWriter | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """The URL; the number is known after the first :meth:`plug`."""
        return f"socket://{self.host}:{self.port}"

    async def plug(self) -> None:
        """Listen; after the first time always on the same number."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, self.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        """Close the listener and the connection."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        self._drop_client()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await server.wait_closed()

    def write(self, data: bytes) -> None:
        """Send to the client there is."""
        if self._client is not None and not self._client.is_closing():
            self._client.write(data)

    def _drop_client(self) -> None:
        if self._client is not None:
            self._client.transport.abort()
            self._client = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._drop_client()
        self._client = writer
        task = asyncio.create_task(self._serve(reader, writer), name="tcp-port")
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(4096):
                self.on_bytes(data)
        except ConnectionError:
            return
        finally:
            if self._client is writer:
                self._client = None
            writer.transport.abort()


class PtyPort:
    """A pseudo-terminal under a stable symbolic link, as a modem has under ``/dev/serial/by-path``.

    Unplugged, the link is gone and who has it open gets a hang-up; plugged again, another ``/dev/pts`` number stands
    behind the same link, as another ttyUSB would.
    """

    def __init__(self, link: Path) -> None:
        self.on_bytes: Callable[[bytes], None] = _nobody
        self.link = link
        self.device: str | None = None
        self._master: int | None = None
        self._slave: int | None = None
        self._last: str | None = None

    @property
    def address(self) -> str:
        """The link."""
        return str(self.link)

    async def plug(self) -> None:
        """Open a new pseudo-terminal and point the link at it."""
        if self._master is not None:
            return
        master, slave = os.openpty()
        if os.ttyname(slave) == self._last:
            other = os.openpty()  # opened while the old number is taken, so it gets another
            os.close(master)
            os.close(slave)
            master, slave = other
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._master, self._slave, self.device = master, slave, os.ttyname(slave)
        self._last = self.device
        asyncio.get_running_loop().add_reader(master, self._readable)
        await asyncio.to_thread(_point, self.link, self.device)

    async def unplug(self) -> None:
        """Remove the link and hang up."""
        if self._master is None or self._slave is None:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        master, slave = self._master, self._slave
        self._master = self._slave = self.device = None
        await asyncio.to_thread(self.link.unlink, missing_ok=True)
        os.close(slave)
        os.close(master)

    def write(self, data: bytes) -> None:
        """Send; what does not fit because nobody reads is lost."""
        if self._master is not None:
            with contextlib.suppress(BlockingIOError, OSError):
                os.write(self._master, data)

    def _readable(self) -> None:
        if self._master is None:
            return
        try:
            data = os.read(self._master, 4096)
        except (BlockingIOError, OSError):
            return
        if data:
            self.on_bytes(data)


def _point(link: Path, device: str) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(device)
    fresh.replace(link)


class MemoryPort:
    """No sockets and no files: for tests under a virtual-time event loop.

    The other side calls :meth:`open`; while the port is unplugged that raises ``FileNotFoundError``, as opening a
    vanished device does. As on a serial line there is one reader: opening again takes the place of the old link.
    """

    def __init__(self, name: str = "memory") -> None:
        self.on_bytes: Callable[[bytes], None] = _nobody
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
