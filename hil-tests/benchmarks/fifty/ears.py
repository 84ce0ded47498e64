"""The ends of the calls: a server that Asterisk's ``AudioSocket`` connects to, one connection an end.

The protocol: a kind (one byte), a length (two, big-endian), so many bytes; kind 1 is the UUID, 0x10 sound as 16-bit
signed little-endian at 8 kHz, 0 the end. Each end says its bursts frame by frame, in its own rhythm of 20 ms, and
keeps what it hears with the time it came. Both ends of every call live in one process, so there is one clock.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.fifty.sound import CYCLE_FRAMES, FRAME_S, Frame, bursts
from benchmarks.oncall.numbers import number_of

HEADER = 3
KIND_END, KIND_UUID, KIND_SOUND = 0x00, 0x01, 0x10


def unpack(buffer: bytearray) -> list[tuple[int, bytes]]:
    """Take whole messages off the front of ``buffer``."""
    messages = []
    while len(buffer) >= HEADER:
        length = int.from_bytes(buffer[1:HEADER], "big")
        if len(buffer) < HEADER + length:
            break
        messages.append((buffer[0], bytes(buffer[HEADER : HEADER + length])))
        del buffer[: HEADER + length]
    return messages


def pack(kind: int, content: bytes) -> bytes:
    """One message."""
    return bytes([kind]) + len(content).to_bytes(2, "big") + content


@dataclass(slots=True)
class End:
    """One end of a call. ``began`` are the times at which it began to say a burst."""

    number: str
    since: float
    began: list[float] = field(default_factory=list)
    heard: list[Frame] = field(default_factory=list)
    until: float | None = None


class Ears:
    """The server. ``code`` gives the tones of a number."""

    def __init__(self, code: Callable[[str], tuple[int, int]]) -> None:
        self.ends: dict[str, End] = {}
        self.changed = asyncio.Condition()
        self._code = code
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._telling: set[asyncio.Task[None]] = set()

    async def start(self, host: str) -> str:
        """Listen on a free port of ``host``; the address as ``AudioSocket()`` wants it."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), host, 0)
        return "{}:{}".format(*self._server.sockets[0].getsockname())

    async def close(self) -> None:
        """Hang up every end and stop listening."""
        self.hang_up()
        if self._server:
            self._server.close()
            await self._server.wait_closed()
        await asyncio.gather(*self._telling)

    def forget(self) -> None:
        """Begin anew: the ends so far are of no more interest."""
        self.ends = {}

    def hang_up(self, numbers: Sequence[str] | None = None) -> None:
        """These ends, or all, end their calls."""
        for connection in list(self._connections):
            if numbers is None or connection.number in numbers:
                connection.hang_up()

    async def all_here(self, count: int, timeout_s: float) -> bool:
        """Whether so many ends were connected at once before the time was over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s), self.changed:
                await self.changed.wait_for(lambda: len(self.talking()) >= count)
        return len(self.talking()) >= count

    def talking(self) -> list[End]:
        """The ends that are connected now."""
        return [end for end in self.ends.values() if end.until is None]

    def sayings(self, number: str) -> list[bytes]:
        """The messages that the end of this number sends, one a frame, over and over."""
        return [pack(KIND_SOUND, frame) for frame in bursts(self._code(number))]

    def connected(self, connection: _Connection) -> None:
        """A connection has named itself."""
        self._connections.add(connection)
        self._tell()

    def gone(self, connection: _Connection) -> None:
        """A connection has ended."""
        self._connections.discard(connection)
        self._tell()

    def _tell(self) -> None:
        async def tell() -> None:
            async with self.changed:
                self.changed.notify_all()

        task = asyncio.create_task(tell(), name="ears changed")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


class _Connection(asyncio.Protocol):
    def __init__(self, ears: Ears) -> None:
        self.number = ""
        self._ears = ears
        self._buffer = bytearray()
        self._end: End | None = None
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._sent = 0
        self._sayings: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "of a TCP server"
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        at = self._loop.time()
        self._buffer += data
        for kind, content in unpack(self._buffer):
            if kind == KIND_SOUND and self._end is not None:
                self._end.heard.append(Frame(at, content))
            elif kind == KIND_UUID:
                self._begin(number_of(content), at)
            elif kind == KIND_END:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._timer:
            self._timer.cancel()
        if self._end:
            self._end.until = self._loop.time()
        self._ears.gone(self)

    def hang_up(self) -> None:
        self._transport.write(pack(KIND_END, b""))
        self._transport.close()

    def _begin(self, number: str, at: float) -> None:
        self.number = number
        self._end = self._ears.ends[number] = End(number, at)
        self._sayings = self._ears.sayings(number)
        self._ears.connected(self)
        self._say(at)

    def _say(self, due: float) -> None:
        assert self._end is not None, "only a connection that named itself speaks"
        if self._transport.is_closing():
            return
        now = self._loop.time()
        if self._sent % CYCLE_FRAMES == 0:
            self._end.began.append(now)
        self._transport.write(self._sayings[self._sent % CYCLE_FRAMES])
        self._sent += 1
        self._timer = self._loop.call_at(due + FRAME_S, self._say, due + FRAME_S)
