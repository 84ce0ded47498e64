"""A SIP user agent on one UDP socket (RFC 3261): transactions and dialogs of many telephones.

What it does not know is answered with 501, never with OK.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence

from bench.phones.call import Call, Side
from bench.phones.message import Message, NoSipError, authorization, parameter, parse, response
from bench.phones.rtp import Pump, Stream

T1_S = 0.5
FINAL_TRIES = 6  # of a 2xx, doubling from T1: until an ACK comes, or 15 s
REQUEST_S = 8.0
ALLOW = "INVITE, ACK, CANCEL, BYE, REFER, NOTIFY, OPTIONS, UPDATE, INFO"

Address = tuple[str, int]
OnCall = Callable[[Call], Awaitable[None]]


class Agent:
    """Listens on ``address``; ``on_call`` is run for each call that comes in."""

    def __init__(self, on_call: OnCall) -> None:
        self.address = ""
        self.port = 0
        self.calls: list[Call] = []
        self._on_call = on_call
        self._sock: socket.socket | None = None
        self._waiting: dict[tuple[str, str], asyncio.Queue[Message]] = {}  # branch and method → responses
        self._answered: dict[tuple[str, str], bytes] = {}  # what retransmissions of a request are answered with
        self._dialogs: dict[str, Call] = {}  # Call-ID → call
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, address: str, port: int) -> None:
        """Listen."""
        self.address, self.port = address, port
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.setblocking(False)
        self._sock.bind((address, port))
        asyncio.get_running_loop().add_reader(self._sock.fileno(), self._readable)
        self.spawn(Pump(self._streams).run(), "telephones' sound")

    async def close(self) -> None:
        """Let go of everything; nobody is told."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for call in self.calls:
            call.stream.close()
        if self._sock:
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            self._sock.close()

    def spawn(self, work: Awaitable[None], name: str) -> asyncio.Task[None]:
        """A task that ends with the agent."""

        async def run() -> None:
            await work

        task = asyncio.create_task(run(), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def contact(self) -> str:
        """Where we are."""
        return f"{self.address}:{self.port}"

    def dialog(self, call_id: str) -> Call | None:
        """The call of a Call-ID that lasts still."""
        return self._dialogs.get(call_id)

    def keep(self, call: Call) -> None:
        """Take a call in."""
        self.calls.append(call)
        self._dialogs[call.call_id] = call

    def forget(self, call: Call) -> None:
        """A call is over; its record stays."""
        self._dialogs.pop(call.call_id, None)
        call.stream.close()

    def send(self, message: Message, to: Address) -> None:
        """Put a message on the wire."""
        self._put(message.encode(), to)

    def via(self) -> tuple[str, str]:
        """The Via of a new transaction."""
        return "via", f"SIP/2.0/UDP {self.contact};branch=z9hG4bK{secrets.token_hex(8)};rport"

    async def request(
        self, message: Message, to: Address, *, on_provisional: Callable[[Message], None] | None = None
    ) -> Message | None:
        """Send a request until it is answered; its final response, or ``None`` when none came in time.

        An INVITE waits for its final response as long as provisional ones came.
        """
        queue: asyncio.Queue[Message] = asyncio.Queue()
        key = (message.branch, message.method)
        self._waiting[key] = queue
        data = message.encode()
        pause_s, provisional = T1_S, False
        try:
            async with asyncio.timeout(REQUEST_S) as limit:
                self._put(data, to)
                while True:
                    try:
                        answer = await asyncio.wait_for(queue.get(), None if provisional else pause_s)
                    except TimeoutError:
                        pause_s *= 2
                        self._put(data, to)
                        continue
                    if answer.status >= 200:
                        return answer
                    provisional = message.method == "INVITE"
                    if provisional:
                        limit.reschedule(None)
                    if on_provisional:
                        on_provisional(answer)
        except TimeoutError:
            return None
        finally:
            del self._waiting[key]

    async def challenged(
        self, make: Callable[[Sequence[tuple[str, str]]], Message], to: Address, user: str, password: str
    ) -> Message | None:
        """A request that may have to prove who we are: ``make`` builds it with these further headers."""
        first = make(())
        answer = await self.request(first, to)
        if answer is None or answer.status not in (401, 407):
            return answer
        name, header = (
            ("www-authenticate", "authorization")
            if answer.status == 401
            else (
                "proxy-authenticate",
                "proxy-authorization",
            )
        )
        proof = authorization(answer.get(name), first.method, first.uri, user, password)
        return await self.request(make(((header, proof),)), to)

    def answer(
        self,
        request: Message,
        status: int,
        to: Address,
        tag: str = "",
        extra: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> None:
        """Answer a request; its retransmissions get the same."""
        said = response(request, status, tag, extra)
        said.body = body
        if body:
            said.headers.append(("content-type", "application/sdp"))
        data = said.encode()
        self._answered[(request.branch, request.method)] = data
        self._put(data, to)

    def _streams(self) -> list[Stream]:
        return [call.stream for call in self._dialogs.values()]

    def _put(self, data: bytes, to: Address) -> None:
        if self._sock and self._sock.fileno() >= 0:
            with contextlib.suppress(OSError):  # refused: the peer is dead
                self._sock.sendto(data, to)

    def _readable(self) -> None:
        assert self._sock is not None
        while True:
            try:
                data, sender = self._sock.recvfrom(65535)
            except BlockingIOError:
                return
            except OSError:
                continue  # an earlier datagram was refused
            with contextlib.suppress(NoSipError, ValueError):
                message = parse(data)
                if message.method:
                    self._request(message, sender)
                else:
                    self._response(message, sender)

    def _response(self, message: Message, sender: Address) -> None:
        queue = self._waiting.get((message.branch, message.cseq[1]))
        if queue is not None:
            queue.put_nowait(message)
            return
        # a repeated 2xx: our ACK got lost
        repeated = message.cseq[1] == "INVITE" and 200 <= message.status < 300
        if repeated and (call := self._dialogs.get(message.call_id)):
            call.acknowledge()

    def _request(self, message: Message, sender: Address) -> None:
        if message.method == "ACK":
            if call := self._dialogs.get(message.call_id):
                call.acknowledged(message)
            return
        if repeated := self._answered.get((message.branch, message.method)):
            self._put(repeated, sender)
            return
        call = self._dialogs.get(message.call_id)
        if message.method == "OPTIONS":
            self.answer(message, 200, sender, "bench", (("allow", ALLOW),))
        elif call is not None:
            call.take(message, sender)
        elif message.method == "INVITE" and not parameter(message.get("to"), "tag"):
            self._ring(message, sender)
        else:
            self.answer(message, 481, sender)

    def _ring(self, message: Message, sender: Address) -> None:
        self.answer(message, 100, sender)
        call = Call(self, Side.CALLED, message.call_id, Stream(self.address))
        call.invited(message, sender)
        self.keep(call)
        self.spawn(self._on_call(call), f"telephone {call.number}")


async def register(agent: Agent, registrar: Address, user: str, password: str, expires_s: int = 300) -> int | None:
    """Register ``user`` at a registrar; the status of its answer. ``expires_s`` 0 takes it back."""
    call_id, tag, count = secrets.token_hex(8), secrets.token_hex(4), iter(range(1, 100))
    host = f"{registrar[0]}:{registrar[1]}"

    def make(extra: Sequence[tuple[str, str]]) -> Message:
        headers = [
            agent.via(),
            ("max-forwards", "70"),
            ("from", f"<sip:{user}@{host}>;tag={tag}"),
            ("to", f"<sip:{user}@{host}>"),
            ("call-id", call_id),
            ("cseq", f"{next(count)} REGISTER"),
            ("contact", f"<sip:{user}@{agent.contact}>;expires={expires_s}"),
            ("expires", str(expires_s)),
            *extra,
        ]
        return Message("REGISTER", f"sip:{host}", headers=headers)

    answer = await agent.challenged(make, registrar, user, password)
    return answer.status if answer else None
