"""The box's way to a part: a relay for UDP and TCP that can be cut, slowed down and made to lose packets.

Only what the box sends passes here. Calls between the parts themselves do not, so that what the box sees and what
is true can be made to differ. TCP over a lossy wire is late and not torn: each lost piece costs one retransmission
time (RFC 6298 §5.5 doubles it). A cut wire lets no connection come about, as no SYN would get through.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace

RETRANSMISSION_S = 0.2  # Linux' smallest
FULL_S = 0.05  # a connection of this machine to itself comes about at once, or not
MAX_FLOWS = 256
CHUNK = 65536

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Impairment:
    """What a wire does to packets, each way: ``loss`` is the share (0 to 1) lost, ``delay_s`` comes on top."""

    cut: bool = False
    loss: float = 0.0
    delay_s: float = 0.0
    swallow: str = ""  # datagrams that begin so are lost, such as "INVITE"


GOOD = Impairment()


class Wire:
    """Relays between ``outside`` (where the box looks for the part) and ``inside`` (where the part is).

    Packets reach the part from ``source``. ``seed`` makes losses the same in every run.
    """

    def __init__(self, name: str, outside: Address, inside: Address, source: str, seed: int = 0) -> None:
        self.name = name
        self.outside = outside
        self.inside = inside
        self.source = source
        self._random = random.Random(f"{name}/{seed}")
        self._impairment = GOOD
        self._udp: asyncio.DatagramTransport | None = None
        self._flows: dict[Address, _SocketFlow] = {}
        self._tcp = _TcpRelay(self)

    @property
    def impairment(self) -> Impairment:
        """What it does now."""
        return self._impairment

    async def start(self) -> None:
        """Listen on ``outside``."""
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self._outbound), self.outside)
        self._tcp.start()

    async def close(self) -> None:
        """Let go of everything."""
        if self._udp:
            self._udp.close()
        for flow in self._flows.values():
            flow.close()
        self._flows.clear()
        await self._tcp.close()

    def set(self, **changes: float | str) -> None:
        """Change some of :class:`Impairment`'s fields."""
        self._impairment = replace(self._impairment, **changes)  # type: ignore[arg-type]
        self._tcp.cut(self._impairment.cut)

    def repair(self) -> None:
        """Make it good again."""
        self._impairment = GOOD
        self._tcp.cut(False)

    def lost(self) -> bool:
        """Whether the next packet is lost."""
        return self._impairment.cut or self._random.random() < self._impairment.loss

    def retransmission_delay_s(self) -> float:
        """How late a piece of a TCP stream comes: the way's delay and its retransmissions."""
        delay_s, timeout_s = self._impairment.delay_s, RETRANSMISSION_S
        while self._random.random() < self._impairment.loss and delay_s < 60:
            delay_s, timeout_s = delay_s + timeout_s, timeout_s * 2
        return delay_s

    def _carry(self, send: Callable[[], None]) -> None:
        if self.lost():
            return
        if self._impairment.delay_s:
            asyncio.get_running_loop().call_later(self._impairment.delay_s, send)
        else:
            send()

    def _outbound(self, data: bytes, client: Address) -> None:
        if self._impairment.swallow and data.startswith(self._impairment.swallow.encode()):
            return
        self._carry(lambda: self._forward(data, client))

    def _forward(self, data: bytes, client: Address) -> None:
        flow = self._flows.get(client)
        if flow is None:
            flow = self._open_flow(client)
        if not flow.is_closing():
            flow.sendto(data)

    def _open_flow(self, client: Address) -> _SocketFlow:
        """A socket of its own per client, so that answers find back; the oldest gives way when there are many."""
        if len(self._flows) >= MAX_FLOWS:
            self._flows.pop(next(iter(self._flows))).close()
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.bind((self.source, 0))
        sock.connect(self.inside)

        def answered(data: bytes, _: Address) -> None:
            self._carry(lambda: self._answer(data, client))

        flow = _SocketFlow(sock, answered)
        self._flows[client] = flow
        return flow

    def _answer(self, data: bytes, client: Address) -> None:
        if self._udp and not self._udp.is_closing():
            self._udp.sendto(data, client)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes, Address], None]) -> None:
        self.datagram_received = received  # type: ignore[assignment]


class _SocketFlow:
    """A connected UDP socket on the loop: asyncio's own endpoint needs an await to open, and order would be lost."""

    def __init__(self, sock: socket.socket, received: Callable[[bytes, Address], None]) -> None:
        self._sock = sock
        self._received = received
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)

    def is_closing(self) -> bool:
        return self._sock.fileno() < 0

    def sendto(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # refused: the part is dead, which outside is silence
            self._sock.send(data)

    def close(self) -> None:
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    def _readable(self) -> None:
        with contextlib.suppress(OSError):
            self._received(self._sock.recv(CHUNK), ("", 0))


class _TcpRelay:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._whole = asyncio.Event()
        self._whole.set()
        self._plug: socket.socket | None = None

    def start(self) -> None:
        self._listener = socket.create_server(self._wire.outside, backlog=100)
        self._listener.setblocking(False)
        self._accepting = asyncio.create_task(self._accept(), name=f"wire {self._wire.name}")

    async def close(self) -> None:
        tasks = [task for task in (self._accepting, *self._connections) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for sock in (self._listener, self._plug):
            if sock:
                sock.close()

    def cut(self, cut: bool) -> None:
        if cut != self._whole.is_set() or self._listener is None:
            return
        if cut:
            self._whole.clear()
            if self._accepting:
                self._accepting.cancel()
            # A full queue of connections nobody accepts makes the kernel drop further SYNs without a word.
            self._listener.listen(0)
            # Where somebody has just come whom nobody accepts any more it is full already: this SYN is dropped, too.
            with contextlib.suppress(TimeoutError):
                self._plug = socket.create_connection(self._wire.outside, timeout=FULL_S)
        else:
            if self._plug:
                self._plug.close()
                self._plug = None
            self._listener.listen(100)
            self._accepting = asyncio.create_task(self._accept(), name=f"wire {self._wire.name}")
            self._whole.set()

    async def _accept(self) -> None:
        assert self._listener is not None
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(self._listener)
            task = asyncio.create_task(self._relay(client), name=f"wire {self._wire.name} connection")
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _relay(self, client: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(client.close)
            part = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            stack.callback(part.close)
            part.setblocking(False)
            part.bind((self._wire.source, 0))
            with contextlib.suppress(OSError):
                await asyncio.get_running_loop().sock_connect(part, self._wire.inside)
                ways = [asyncio.create_task(self._pump(*pair)) for pair in ((client, part), (part, client))]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, from_: socket.socket, to: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(from_, CHUNK):
            if delay_s := self._wire.retransmission_delay_s():
                await asyncio.sleep(delay_s)
            await self._whole.wait()
            await loop.sock_sendall(to, data)
