"""A question and its answer over a connected datagram socket that is kept from probe to probe."""

from __future__ import annotations

import asyncio
import errno
import socket
from abc import abstractmethod
from collections.abc import Iterator

from appliance.domain.health import Target
from appliance.domain.phrase import phrase
from appliance.probes.addresses import Addresses, SocketAddress
from appliance.probes.prober import Answer, BaseProber, Question, Read
from appliance.probes.schedule import resend_waits
from appliance.probes.words import MissError, no_address_of, no_answer

# What is longer is cut off: heads come first, and what a probe looks at lies in the first kilobyte or two.
DATAGRAM_LIMIT = 8192


class Channel:
    """One connected, non-blocking datagram socket on the running loop. Raises ``OSError`` when it cannot be had.

    Connected, so that the kernel hands us only what comes from the target, and the ICMP errors it sends.
    """

    def __init__(self, family: int, kind: int, protocol: int, address: SocketAddress) -> None:
        self._loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[tuple[bool, str]] | None = None
        self._read: Read | None = None
        self._resend: asyncio.TimerHandle | None = None
        self._socket = socket.socket(family, kind, protocol)
        try:
            self._socket.setblocking(False)
            self._socket.connect(address)
            self._loop.add_reader(self._socket, self._readable)
        except BaseException:
            self._socket.close()
            raise

    @property
    def local(self) -> tuple[str, int]:
        """Own address and port, as the target sees them where no NAT is between."""
        host, port, *_ = self._socket.getsockname()
        return host, port

    async def ask(self, question: Question, waits: Iterator[float]) -> Answer:
        """Send the question, again after each of ``waits``, until it is answered. Raises ``OSError``.

        ``took_s`` counts from the first sending: which of several equal questions was answered cannot be told.
        """
        started = self._loop.time()
        self._answered = self._loop.create_future()
        self._read = question.read
        try:
            self._send(question.payload, waits)
            ok, detail = await self._answered
        finally:
            self._answered = self._read = None
            if self._resend is not None:
                self._resend.cancel()
                self._resend = None
        return Answer(ok, detail, self._loop.time() - started)

    def close(self) -> None:
        """Let go of the socket."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _send(self, payload: bytes, waits: Iterator[float]) -> None:
        try:
            self._socket.send(payload)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ENOBUFS):  # a full queue is a lost packet, not a dead target
                self._fail(error)
                return
        wait = next(waits, None)
        self._resend = None if wait is None else self._loop.call_later(wait, self._send, payload, waits)

    def _readable(self) -> None:
        try:
            datagram = self._socket.recv(DATAGRAM_LIMIT)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
            return
        verdict = None if self._read is None else self._read(datagram)
        if verdict is not None and self._answered is not None and not self._answered.done():
            self._answered.set_result(verdict)

    def _fail(self, error: OSError) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(error)


class DatagramProber(BaseProber):
    """A prober that asks over datagrams; what it asks is its subclass's matter."""

    def __init__(self, target: Target, host: str, port: int) -> None:
        super().__init__(target)
        self._addresses = Addresses(host, port)
        self._channel: Channel | None = None

    async def close(self) -> None:
        """Let go of the socket."""
        self._drop()

    async def _ask(self, timeout_s: float) -> Answer:
        if self._channel is None:
            self._late = no_address_of(self._addresses.host)
            family, address = await self._addresses.current()
            self._channel = self._open(family, address)
        self._late = no_answer
        try:
            answer = await self._channel.ask(self._question(self._channel), resend_waits(timeout_s))
        except ConnectionRefusedError:
            raise MissError(phrase("port unreachable")) from None
        self._addresses.answered()
        return answer

    def _start_over(self) -> None:
        self._drop()
        self._addresses.missed()

    def _drop(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _open(self, family: int, address: SocketAddress) -> Channel:
        return Channel(family, socket.SOCK_DGRAM, 0, address)

    @abstractmethod
    def _question(self, channel: Channel) -> Question:
        """The next question, unlike any before it, so that no late answer to another is taken for its own."""
