"""The dialogue on a real line: requests become awaitables, one at a time, fairly in turn."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from appliance.domain.forwarding import Exchange
from appliance.domain.phrase import Phrase, number, phrase
from appliance.modem.dialogue import Dialogue, Lost, Output, Reply, Request, Silence, Stray, Transmit, Unsolicited
from appliance.modem.link import Link, LinkFactory
from appliance.modem.redact import redact
from appliance.modem.tokens import Final

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with its final result, good or bad, and the exchange for the journal."""

    lines: tuple[str, ...]
    final: Final
    exchange: Exchange

    @property
    def ok(self) -> bool:
        """Whether the final result is a good one."""
        return self.final.ok

    @property
    def refusal(self) -> Phrase:
        """What was asked and refused, for people."""
        return phrase("{command} was refused: {answer}", command=self.exchange.sent, answer=self.final.text)


class ChannelError(Exception):
    """No answer. ``exchange`` is what went over the wire; ``None`` where nothing was sent."""

    def __init__(self, message: str, exchange: Exchange | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.exchange = exchange


class NoAnswerError(ChannelError):
    """The request's time ran out; the port may be well (a network that takes its time)."""


class PortSilentError(ChannelError):
    """The port does not answer the simplest command."""


class PortGoneError(ChannelError):
    """The line has ended; effects of a command in flight are unknown."""


class Channel:
    """One open line. Ends once, by :meth:`close` or when the line does; a new one is made for each opening.

    ``clock`` gives monotonic seconds, ``wall`` Unix seconds for the exchanges. ``on_unsolicited`` is called on the
    event loop for every line that came by itself, ``on_end`` once when the line has ended.
    """

    def __init__(
        self,
        on_unsolicited: Callable[[str], None],
        on_end: Callable[[], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._on_unsolicited = on_unsolicited
        self._on_end = on_end
        self._clock = clock
        self._wall = wall
        self._dialogue = Dialogue()
        self._turn = asyncio.Lock()
        self._ended = False
        self._end_reason = ""
        self._link: Link | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._pending: tuple[Request, asyncio.Future[Answer]] | None = None

    @property
    def end_reason(self) -> str:
        """Why the line ended; empty while it stands."""
        return self._end_reason

    async def open(self, factory: LinkFactory, port: str, baudrate: int) -> None:
        """Open the line. Raises ``OSError``."""
        self._link = await factory(port, baudrate, self)

    async def close(self) -> None:
        """Close the line; whoever waits for an answer is told that the port is gone."""
        self._end(phrase("the port was closed"))
        if self._link is not None:
            await self._link.close()

    async def ask(self, request: Request) -> Answer:
        """Send ``request`` when its turn comes and return its answer, an error result included.

        Raises :class:`NoAnswerError`, :class:`PortSilentError` or :class:`PortGoneError`.
        """
        async with self._turn:
            if self._ended or self._link is None:
                raise PortGoneError(self._end_reason or phrase("the port is not open"))
            future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            self._pending = (request, future)
            try:
                self._perform(self._dialogue.begin(request, self._clock()))
                return await future
            finally:
                self._pending = None
                if not self._dialogue.idle:
                    self._dialogue.abandon()
                    self._rearm()

    def data_received(self, data: bytes) -> None:
        """Called by the link."""
        self._perform(self._dialogue.receive(data, self._clock()))

    def link_ended(self, reason: str) -> None:
        """Called by the link."""
        self._end(reason)

    def _end(self, reason: str) -> None:
        if self._ended:
            return
        self._end_reason = reason
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pending is not None and not self._pending[1].done():
            request, future = self._pending
            future.set_exception(PortGoneError(reason, self._exchange(request, (), self._clock(), f"[{reason}]")))
        self._on_end()

    def _perform(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case Transmit(data):
                    if self._link is not None:
                        self._link.write(data)
                case Reply(request, lines, final, sent_at):
                    exchange = self._exchange(request, lines, sent_at, final.text)
                    log.debug("%s -> %s", exchange.sent, " | ".join(exchange.received))
                    self._resolve(Answer(lines, final, exchange))
                case Silence(request, lines, sent_at):
                    exchange = self._exchange(request, lines, sent_at, f"[no answer in {request.timeout_s:g} s]")
                    late = phrase(
                        "the modem gave no answer in {s} s to {command}",
                        s=number(request.timeout_s),
                        command=exchange.sent,
                    )
                    self._fail(NoAnswerError(late, exchange))
                case Lost():
                    self._fail(PortSilentError(phrase("the port does not answer AT commands")))
                case Unsolicited(text):
                    log.debug("unsolicited: %s", text)
                    self._on_unsolicited(text)
                case Stray(text):
                    log.debug("late or stray: %s", redact(text))
        self._rearm()

    def _exchange(self, request: Request, lines: tuple[str, ...], sent_at: float, end: str) -> Exchange:
        took_s = max(0.0, self._clock() - sent_at)
        sent = redact(request.text)
        received = ("***",) if request.secret and lines else lines
        return Exchange(at=self._wall() - took_s, sent=sent, received=(*received, end), took_s=took_s)

    def _resolve(self, answer: Answer) -> None:
        if self._pending is not None and not self._pending[1].done():
            self._pending[1].set_result(answer)

    def _fail(self, error: ChannelError) -> None:
        if self._pending is not None and not self._pending[1].done():
            self._pending[1].set_exception(error)

    def _rearm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._dialogue.deadline
        if due is not None and not self._ended:
            delay_s = max(0.0, due - self._clock())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._perform(self._dialogue.tick(self._clock()))
