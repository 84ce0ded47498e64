"""Lines to a modem: tty devices (by-path names too), ``socket://host:port``, and what else pyserial opens.

A tty is read by the event loop itself; opening and closing happen in a worker thread, since both may hang in a
driver. URLs whose pyserial handler has no file descriptor (``rfc2217://``) get one thread of their own, joined on
close. A line that fails is ended, never mended: the service opens a new one, by name, so that a device that comes
back under the same by-path name but another ttyUSB number is found.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import termios
import threading
from collections import deque
from typing import Any, cast
from urllib.parse import urlsplit

import serial

from appliance.domain.phrase import Phrase, number, phrase
from appliance.modem.link import Link, LinkHandler

_PORT_ERRORS = (OSError, serial.SerialException, termios.error)  # the last is no OSError
_READ_BYTES = 4096
_CONNECT_TIMEOUT_S = 10.0
_THREAD_READ_S = 0.02  # how long a waiting read of a URL handler keeps a write waiting


async def open_link(port: str, baudrate: int, handler: LinkHandler) -> Link:
    """Open ``port``; a :data:`appliance.modem.link.LinkFactory`. Raises ``OSError``."""
    if port.startswith("socket://"):
        return await _open_socket(port, handler)
    try:
        line = await _cancellable_open(port, baudrate)
    except _PORT_ERRORS as error:
        raise OSError(_closed(port, _plainly(error))) from error
    except ValueError as error:
        raise OSError(phrase("{port} is no port that can be opened: {why}", port=port, why=str(error))) from error
    descriptor = _descriptor(line)
    if descriptor is None:
        return ThreadLink(line, handler)
    return DescriptorLink(line, descriptor, handler)


def _closed(port: str, why: str) -> Phrase:
    return phrase("{port} cannot be opened: {why}", port=port, why=why)


def _plainly(error: Exception) -> str:
    """The cause once, without the port's name: pyserial and asyncio repeat it around the system's own words."""
    match error.args:
        case (errno.ENOENT, *_):
            return phrase("there is no such device")
        case (errno.EAGAIN, *_):
            return phrase("another program has it open")
        case (int(number), *_) if number > 0:
            return os.strerror(number)
        case (int(), str(words)):  # the resolver's errors have negative numbers of their own
            return words
    return str(error)


async def _cancellable_open(port: str, baudrate: int) -> Any:
    # A thread cannot be cancelled: if nobody waits any more, what it opens must still be closed.
    opening = asyncio.ensure_future(asyncio.to_thread(_open_serial, port, baudrate))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_unwanted)
        raise


def _close_unwanted(opening: asyncio.Future[Any]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def _open_serial(port: str, baudrate: int) -> Any:
    line = serial.serial_for_url(port, do_not_open=True)
    line.baudrate = baudrate
    line.timeout = _THREAD_READ_S
    if "://" not in port:
        line.timeout = 0
        line.exclusive = True  # two programs on one AT port read each other's answers
    line.open()
    return line


def _descriptor(line: Any) -> int | None:
    try:
        return int(line.fileno())
    except (AttributeError, OSError, ValueError):  # io.UnsupportedOperation is both of the latter
        return None


class DescriptorLink:
    """A tty the event loop reads."""

    def __init__(self, line: Any, descriptor: int, handler: LinkHandler) -> None:
        self._line = line
        self._descriptor = descriptor
        self._handler = handler
        self._loop = asyncio.get_running_loop()
        self._outgoing = bytearray()
        self._open = True
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._readable)

    def write(self, data: bytes) -> None:
        """Send as the device takes it."""
        if not self._open:
            return
        self._outgoing += data
        self._writable()

    async def close(self) -> None:
        """Close without waiting for output that a dead device will never take."""
        if self._open:
            self._detach()
        line, self._line = self._line, None
        if line is not None:
            await asyncio.to_thread(_close_serial, line)

    def _readable(self) -> None:
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(phrase("the port failed: {why}", why=str(error.strerror)))
            return
        if data:
            self._handler.data_received(data)
        else:
            self._end(phrase("the port vanished"))

    def _writable(self) -> None:
        try:
            while self._outgoing:
                del self._outgoing[: os.write(self._descriptor, self._outgoing)]
        except (BlockingIOError, InterruptedError):
            self._loop.add_writer(self._descriptor, self._writable)
            return
        except OSError as error:
            self._end(phrase("the port failed: {why}", why=str(error.strerror)))
            return
        self._loop.remove_writer(self._descriptor)

    def _detach(self) -> None:
        self._open = False
        self._outgoing.clear()
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_writer(self._descriptor)

    def _end(self, reason: str) -> None:
        if self._open:
            self._detach()
            # not from within write(): the caller has not got its hands free yet
            self._loop.call_soon(self._tell_end, reason)

    def _tell_end(self, reason: str) -> None:
        if self._line is not None:
            self._handler.link_ended(reason)


def _close_serial(line: Any) -> None:
    # Without the discard, close() of a ttyUSB waits up to 30 s (closing_wait) for a device that takes nothing.
    with contextlib.suppress(*_PORT_ERRORS):
        line.reset_output_buffer()
    with contextlib.suppress(*_PORT_ERRORS):
        line.close()


async def _open_socket(port: str, handler: LinkHandler) -> Link:
    try:
        parts = urlsplit(port)
        host, tcp_port = parts.hostname, parts.port
    except ValueError as error:
        raise OSError(phrase("{port} is no socket address: {why}", port=port, why=str(error))) from error
    if not host or not tcp_port:
        raise OSError(phrase("{port} is no socket address; write socket://HOST:PORT", port=port))
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            _, link = await loop.create_connection(lambda: SocketLink(handler), host, tcp_port)
    except TimeoutError:
        late = phrase("no connection in {s} s", s=number(_CONNECT_TIMEOUT_S))
        raise OSError(_closed(port, late)) from None
    except OSError as error:
        raise OSError(_closed(port, _plainly(error))) from error
    return link


class SocketLink(asyncio.Protocol):
    """A TCP connection that carries the bytes as they are."""

    def __init__(self, handler: LinkHandler) -> None:
        self._handler = handler
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        if not self._closing:
            self._handler.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._lost.set()
        if not self._closing:
            self._handler.link_ended(f"the connection failed: {exc}" if exc else "the connection was closed")

    def write(self, data: bytes) -> None:
        """Send."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def close(self) -> None:
        """Close at once: what a dead peer has not taken is of no use any more."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()
            await self._lost.wait()


class ThreadLink:
    """A pyserial URL handler without a file descriptor, served by a thread of its own."""

    def __init__(self, line: Any, handler: LinkHandler) -> None:
        self._line = line
        self._handler = handler
        self._loop = asyncio.get_running_loop()
        self._outgoing: deque[bytes] = deque()
        self._stop = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name=f"modem {line.port}", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Send with the thread's next round."""
        self._outgoing.append(data)

    async def close(self) -> None:
        """Stop the thread and wait for it."""
        self._closing = True
        self._stop.set()
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        reason = ""
        try:
            while not self._stop.is_set():
                while self._outgoing:
                    self._line.write(self._outgoing.popleft())
                if data := self._line.read(max(1, min(self._line.in_waiting, _READ_BYTES))):
                    self._loop.call_soon_threadsafe(self._received, data)
        except _PORT_ERRORS as error:
            reason = phrase("the port failed: {why}", why=str(error))
        finally:
            with contextlib.suppress(*_PORT_ERRORS):
                self._line.close()
        if reason:
            with contextlib.suppress(RuntimeError):  # the loop was closed first
                self._loop.call_soon_threadsafe(self._ended, reason)

    def _received(self, data: bytes) -> None:
        if not self._closing:
            self._handler.data_received(data)

    def _ended(self, reason: str) -> None:
        if not self._closing:
            self._handler.link_ended(reason)
