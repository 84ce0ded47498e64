"""Ears for the judge: Asterisk's ``AudioSocket()`` connects here and brings what the answering side says.

Loopback only. A connection must name, within a moment, a UUID that somebody expects, and each UUID is good for one
connection: whoever else comes is turned away. The queue of a listener is bounded; a judge that does not keep up loses
the oldest sound, never the memory of the box.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from types import TracebackType
from uuid import UUID

from appliance.screening.audiosocket import Decoder, Kind, Message, ProtocolError, call_id

_log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
IDENTIFY_WITHIN_S = 2.0
SILENT_CONNECTION_S = 10.0  # AudioSocket sends a frame every 20 ms, sound or not; so long without one is a dead peer
READ_BYTES = 4096
MOST_QUEUED_BYTES = 16_000 * 10  # ten seconds of sound
MOST_EXPECTED = 1000


class TooManyError(RuntimeError):
    """More recordings are waited for than any exchange has legs."""


class Ear:
    """One expected connection: an asynchronous iterator of PCM that ends with the connection. Close it when done."""

    def __init__(self, listener: Listener, uuid: UUID) -> None:
        self._listener = listener
        self.uuid = uuid
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._news = asyncio.Event()
        self._ended = False
        self.lost_bytes = 0
        self.hang_up: Callable[[], None] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._queue:
            if self._ended:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        pcm = self._queue.popleft()
        self._queued -= len(pcm)
        return pcm

    def put(self, pcm: bytes) -> None:
        """Sound has come."""
        self._queue.append(pcm)
        self._queued += len(pcm)
        while self._queued > MOST_QUEUED_BYTES:
            lost = len(self._queue.popleft())
            self._queued -= lost
            self.lost_bytes += lost
        self._news.set()

    def end(self) -> None:
        """No more will come; what is queued is still read."""
        self._ended = True
        self._news.set()

    def close(self) -> None:
        """Nobody listens any more: the connection is closed, Asterisk's AudioSocket() returns."""
        self._listener.forget(self)
        self.end()
        if self.hang_up is not None:
            self.hang_up()

    def __enter__(self) -> Ear:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Listener:
    """The server. ``port`` 0 takes any free one."""

    def __init__(self, host: str = LOOPBACK, port: int = 0) -> None:
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._expected: dict[UUID, Ear] = {}
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """``host:port``, as ``AudioSocket()`` wants it. Raises ``RuntimeError`` before the start."""
        if self._server is None:
            raise RuntimeError("the listener has not been started")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    async def start(self) -> None:
        """Begin to listen. Raises ``OSError`` when the port is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self._port, limit=READ_BYTES)

    async def stop(self) -> None:
        """Close everything; iterators end."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        for ear in tuple(self._expected.values()):
            ear.close()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def expect(self, uuid: UUID | str) -> Ear:
        """Wait for the connection that names ``uuid``. Raises ``ValueError`` for one that is no UUID or is expected
        already, :class:`TooManyError` when there are too many."""
        uuid = UUID(str(uuid))
        if uuid in self._expected:
            raise ValueError(f"{uuid} is expected already")
        if len(self._expected) >= MOST_EXPECTED:
            raise TooManyError(f"{len(self._expected)} connections are expected already")
        self._expected[uuid] = ear = Ear(self, uuid)
        return ear

    def forget(self, ear: Ear) -> None:
        """A connection with this UUID is turned away from now on."""
        if self._expected.get(ear.uuid) is ear:
            del self._expected[ear.uuid]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio runs every connection in a task"
        self._connections.add(task)
        ear: Ear | None = None
        messages = _messages(reader)
        try:
            async with asyncio.timeout(IDENTIFY_WITHIN_S):
                first = await anext(messages, None)
            if first is not None and (ear := self._claim(call_id(first))):
                ear.hang_up = writer.close
                await _listen(ear, messages)
        except ProtocolError as error:
            _log.warning("AudioSocket: %s", error)
        except TimeoutError:
            _log.warning("AudioSocket: a connection fell silent")
        except OSError as error:
            _log.debug("AudioSocket: %s", error)
        finally:
            await messages.aclose()
            self._connections.discard(task)
            if ear is not None:
                ear.end()
            writer.close()

    def _claim(self, uuid: UUID) -> Ear | None:
        ear = self._expected.pop(uuid, None)
        if ear is None:
            _log.warning("AudioSocket: nobody expects %s", uuid)
        return ear


async def _messages(reader: asyncio.StreamReader) -> AsyncGenerator[Message, None]:
    """What comes, until the connection ends. Raises :class:`ProtocolError`, and ``TimeoutError`` after a silence."""
    decoder = Decoder()
    while True:
        async with asyncio.timeout(SILENT_CONNECTION_S):
            data = await reader.read(READ_BYTES)
        if not data:
            return
        for message in decoder.feed(data):
            yield message


async def _listen(ear: Ear, messages: AsyncGenerator[Message, None]) -> None:
    async for message in messages:
        if message.kind is Kind.AUDIO:
            ear.put(message.payload)
        elif message.kind in (Kind.HANGUP, Kind.ERROR):
            return
