"""Writes recordings: Asterisk brings the sound by ``AudioSocket()``, a thread of its own puts it on the disk.

Theory of operation. What Asterisk writes into files by itself lies in a buffer of 32 KiB for two seconds (measured:
a block of 32,768 bytes each 2.04 s), which a power cut would cost. Here sound waits for the next tick, then for the
next sync: what a cut costs is what ``TICK_S``, ``SYNC_S`` and the disk's own time add up to. One thread drains all
connections each tick instead of being woken by each frame, so fifty recordings cost the processor little, and neither
a slow disk nor much sound touches the event loop of the calls. While the disk hangs, sound waits in the sockets.

Where this process dies, Asterisk's dialplan goes on by itself, into a *spare* file for each side; once somebody is
back, spares come between what was before and what follows. A connection that names nothing expected is turned away.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from appliance.recordings.connection import Connection
from appliance.recordings.file import GrowingFile
from appliance.recordings.writing import Writing

T = TypeVar("T")
LOOPBACK = "127.0.0.1"
TICK_S, SYNC_S = 0.1, 0.2
SLOW_SYNC_S = 0.5  # the disk takes its time: no more than a second may be lost
STOPS_WITHIN_S = 3.0
BACKLOG = 512
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SideLost:
    """A side of a recording brings no more: its call is over, or its connection is."""

    name: str
    side: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The disk took no more: the recording was closed with what it has."""

    name: str
    frames: int
    why: str


Told = SideLost | Broken


class Scribe:
    """Start it before use. ``tell`` is called in the event loop."""

    def __init__(self, spares: Path, tell: Callable[[Told], None]) -> None:
        self._spares, self._tell = spares, tell
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._writings: dict[str, Writing] = {}
        self._strangers: list[Connection] = []
        self._server: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._synced_at = self._slow_told_at = 0.0
        self._ended = asyncio.Event()

    @property
    def address(self) -> str:
        """``host:port``, as ``AudioSocket()`` wants it."""
        assert self._server is not None, "the scribe has not been started"
        host, port = self._server.getsockname()[:2]
        return f"{host}:{port}"

    async def start(self) -> None:
        """Begin to listen. Raises ``OSError``."""
        self._loop = asyncio.get_running_loop()
        self._server = socket.create_server((LOOPBACK, 0), backlog=BACKLOG)
        self._server.setblocking(False)
        self._thread = threading.Thread(target=self._work, name="recordings", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Bring what has come to the disk and let go; Asterisk goes on by itself."""
        if self._thread is not None:
            self._jobs.put(None)
            with suppress(TimeoutError):  # a disk that hangs: the thread is left to die with the process
                async with asyncio.timeout(STOPS_WITHIN_S):
                    await self._ended.wait()
        if self._server is not None:
            self._server.close()

    async def begin(self, name: str, path: Path, sides: int) -> None:
        """Begin a recording. Raises ``OSError``."""
        await self._do(lambda: self._open(name, sides, lambda: GrowingFile.begin(path, sides)))

    async def take_up(self, name: str, path: Path, sides: int) -> None:
        """Go on with one that was cut off. Raises ``OSError``."""
        await self._do(lambda: self._open(name, sides, lambda: GrowingFile.take_up(path, sides)))

    async def expect(self, name: str, side: int) -> str | None:
        """What the connection of a side must name; ``None`` where there is no such recording any more."""

        def expect() -> str | None:
            writing = self._writings.get(name)
            return None if writing is None else str(writing.expect(side, time.monotonic()))

        return await self._do(expect)

    async def finish(self, name: str) -> int | None:
        """Close a recording; how many frames it has, ``None`` where there is none. Raises ``OSError``."""

        def finish() -> int | None:
            self._welcome(time.monotonic())  # whoever has connected just now
            writing = self._writings.pop(name, None)
            return None if writing is None else writing.finish(time.monotonic())

        return await self._do(finish)

    def _open(self, name: str, sides: int, make: Callable[[], GrowingFile]) -> None:
        self._writings[name] = Writing(name, make(), sides, self._spares)

    def _do(self, job: Callable[[], T]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put((job, future))
        return future

    def _work(self) -> None:
        due = time.monotonic() + TICK_S
        while True:
            try:
                item = self._jobs.get(timeout=max(0.0, due - time.monotonic()))
            except queue.Empty:
                self._tick()
                due = time.monotonic() + TICK_S
                continue
            if item is None:
                break
            _carry_out(self._call, *item)
            if time.monotonic() > due:  # however much is asked for
                self._tick()
                due = time.monotonic() + TICK_S
        for writing in self._writings.values():
            writing.leave(time.monotonic())
        for stranger in self._strangers:
            stranger.close()
        self._call(self._ended.set)

    def _tick(self) -> None:
        try:
            self._round()
        except Exception:  # whatever it is: this thread is every recording's
            _log.exception("a round of the recordings failed")

    def _round(self) -> None:
        now = time.monotonic()
        self._welcome(now)
        for writing in [*self._writings.values()]:
            try:
                for side in writing.collect(now):
                    self._call(self._tell, SideLost(writing.name, side))
            except OSError as error:
                self._break(writing, error)
        if now - self._synced_at >= SYNC_S:
            self._sync()

    def _welcome(self, now: float) -> None:
        assert self._server is not None
        with suppress(OSError):
            while True:
                self._strangers.append(Connection(self._server.accept()[0], now))
        for stranger in [*self._strangers]:
            stranger.drain(now)
            if stranger.id is not None and any(one.claim(stranger, now) for one in self._writings.values()):
                self._strangers.remove(stranger)
            elif stranger.id is not None or stranger.over:
                _log.warning("AudioSocket: nobody expects %s", stranger.id)
                stranger.close()
                self._strangers.remove(stranger)

    def _sync(self) -> None:
        began = time.monotonic()
        for writing in [*self._writings.values()]:
            try:
                writing.sync()
            except OSError as error:
                self._break(writing, error)
        self._synced_at = time.monotonic()
        took_s = self._synced_at - began
        if took_s > SLOW_SYNC_S and self._synced_at - self._slow_told_at > 60:
            self._slow_told_at = self._synced_at
            _log.warning("the disk took %.1f s for recordings: a power cut would cost them as much", took_s)

    def _break(self, writing: Writing, error: OSError) -> None:
        del self._writings[writing.name]
        frames = writing.frames
        with suppress(OSError):
            frames = writing.finish(time.monotonic())
        writing.hang_up()
        self._call(self._tell, Broken(writing.name, frames, error.strerror or str(error)))

    def _call(self, job: Callable[..., object], *arguments: object) -> None:
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            self._loop.call_soon_threadsafe(job, *arguments)


def _carry_out(call: Callable[..., None], job: Callable[[], Any], future: asyncio.Future[Any]) -> None:
    def settle(result: Any, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    try:
        result = job()
    except Exception as error:
        call(settle, None, error)
    else:
        call(settle, result, None)
