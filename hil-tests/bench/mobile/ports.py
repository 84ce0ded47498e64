"""How a simulated modem is reached from another process: TCP or a pseudo-terminal (``memory.py``: from this one).

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


def nobody(data: bytes) -> None:
    """Takes bytes while no modem has the port."""
    del data


class TcpPort:
    """``socket://HOST:PORT`` for pyserial. One client at a time: a new one takes the place of the old."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self.on_bytes: Callable[[bytes], None] = nobody
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
        self.on_bytes: Callable[[bytes], None] = nobody
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
