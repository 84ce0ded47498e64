"""The dialogue with a modem: one command in flight, its reply told from what comes by itself. Pure.

Theory of operation. A request is sent only when nothing is in flight. While its answer is awaited, a line belongs to
the reply if it carries one of the prefixes the request expects (or, for a *bare* request, no prefix at all); any
other line is unsolicited, wherever it falls. The first final result code ends the request. Some unsolicited codes
have their message on the line behind them (TS 27.005 §3.4.1); both go out as one, with a line feed between.

A request that is not answered in time leaves the dialogue *out of step*: its answer may still come and must not be
taken for the next one's. Before the next request a marker is sent, a query whose answer has a line of its own
(``markers.py``): modems work strictly in order, so the final result behind the newest marker's line is the marker's,
and all that came before it was late. A modem that refuses the marker is in step once it has answered something and
then kept quiet. One that answers nothing at all is lost.

Time comes in as monotonic seconds with every call; ``deadline`` says when :meth:`Dialogue.tick` is due.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from appliance.modem.markers import MARKERS, Marker, OpenMarkers, marker_of
from appliance.modem.tokens import CALL_RESULTS, Final, Line, Prompt, Token, Tokenizer

_MARKER_WAITS_S = (1.0, 2.0, 3.0)  # a healthy modem answers a local query in some 10 ms, one that boots in seconds
_QUIET_S = 0.5
_RESYNC_LIMIT_S = 20.0  # stray results may go on and on: a port that only babbles is lost
_MAX_REPLY_LINES = 1000
_ESCAPE, _CTRL_Z = b"\x1b", b"\x1a"
_UNSOLICITED = re.compile(
    r"^(?:[+^#%*$!&_][A-Z0-9_ ]{1,20}:|RING\b|RDY\b|(?:SMS|CALL|PB) (?:READY|DONE)|NORMAL POWER|UNDER-VOLTAGE)", re.I
)

_HAS_A_PDU = re.compile(r"^\+(?:CDS|CBM|CMT): *(?:[^,]*, *)?[0-9]+$")  # in PDU mode: the length stands last
_PDU = re.compile(r"^(?:[0-9A-Fa-f]{2}){8,}$")


@dataclass(frozen=True, slots=True)
class Request:
    """One command line, without its CR.

    ``prefixes`` name the information lines of its reply, ``shape`` narrows them where an unsolicited code has the
    same prefix. ``bare``: the reply also has lines without any prefix (``AT+CGMI``). ``dials``: NO CARRIER and its
    like are the result. ``payload`` is sent at the prompt, closed by Ctrl-Z. ``secret``: never shown to anybody.
    """

    text: str
    prefixes: tuple[str, ...] = ()
    timeout_s: float = 5.0
    shape: re.Pattern[str] | None = None
    bare: bool = False
    dials: bool = False
    payload: str | None = None
    secret: bool = False

    def owns(self, line: str) -> bool:
        """Whether an information line belongs to the reply of this request."""
        if self.prefixes and line.startswith(self.prefixes):
            return self.shape is None or self.shape.match(line) is not None
        return self.bare and _UNSOLICITED.match(line) is None

    def is_echo(self, line: str) -> bool:
        """Whether the modem repeats what was sent to it (ATE1)."""
        return line == self.text or (self.payload is not None and line == self.payload)


@dataclass(frozen=True, slots=True)
class Transmit:
    """These bytes go to the modem now."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """The request was answered. ``sent_at`` is when it went out, later than asked if the dialogue was out of step."""

    request: Request
    lines: tuple[str, ...]
    final: Final
    sent_at: float


@dataclass(frozen=True, slots=True)
class Silence:
    """No final result in the request's time; ``lines`` is what came of the reply."""

    request: Request
    lines: tuple[str, ...]
    sent_at: float


@dataclass(frozen=True, slots=True)
class Lost:
    """The modem answers nothing at all; the request was not sent."""

    request: Request


@dataclass(frozen=True, slots=True)
class Unsolicited:
    """A line that came by itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Stray:
    """Something that belongs to nobody any more: a late answer, an echo without its command."""

    text: str


Output = Transmit | Reply | Silence | Lost | Unsolicited | Stray


@dataclass(slots=True)
class _Flight:
    request: Request
    sent_at: float
    lines: list[str] = field(default_factory=list)
    payload_sent: bool = False
    late_marker: bool = False


@dataclass(slots=True)
class _Resync:
    """Getting into step again, with ``request`` to be sent behind it."""

    request: Request
    attempt: int
    deadline: float
    limit: float
    seen: Marker | None = None
    refusals: int = 0


class Dialogue:
    """The state of one port, from opening to end. Starts out of step: somebody may have talked here before."""

    def __init__(self) -> None:
        self._tokens = Tokenizer()
        self._flight: _Flight | None = None
        self._resync: _Resync | None = None
        self._in_step = False
        self._markers = OpenMarkers()
        self._prompt_open = False
        self._late: Request | None = None
        self._head: str | None = None

    @property
    def idle(self) -> bool:
        """Whether a request may begin."""
        return self._flight is None and self._resync is None

    @property
    def deadline(self) -> float | None:
        """When :meth:`tick` must be called if nothing is received before."""
        if self._flight is not None:
            return self._flight.sent_at + self._flight.request.timeout_s
        return None if self._resync is None else self._resync.deadline

    def begin(self, request: Request, now: float) -> list[Output]:
        """Send ``request``, behind a resynchronisation where one is needed. Only when :attr:`idle`."""
        if not self.idle:
            raise RuntimeError("one command in flight: begin() was called before the last one ended")
        if self._in_step:
            return [self._send(request, now)]
        self._resync = _Resync(request, 0, now, now + _RESYNC_LIMIT_S)
        return self._next_marker(self._resync, now)

    def abandon(self) -> None:
        """Nobody waits for the answer any more; it may still come."""
        if self._flight is not None:
            self._fall_out_of_step(self._flight)
        self._flight = None
        self._resync = None

    def receive(self, data: bytes, now: float) -> list[Output]:
        """What ``data`` brings about."""
        outputs: list[Output] = []
        for token in self._tokens.feed(data):
            outputs += self._joined(token, now)
        return outputs

    def tick(self, now: float) -> list[Output]:
        """What the passing of time brings about. May be called at any time."""
        due = self.deadline
        if due is None or now < due:
            return []
        if self._flight is not None:
            flight, self._flight = self._flight, None
            self._fall_out_of_step(flight)
            return [Silence(flight.request, tuple(flight.lines), flight.sent_at)]
        resync = self._resync
        if resync is None:
            return []
        # The quiet after *any* answer of a modem that does not know the marker means that nothing more is owed.
        if resync.refusals > 0 and resync.attempt > 1 and now < resync.limit:
            return self._synchronised(resync, now)
        return self._next_marker(resync, now)

    def _send(self, request: Request, now: float) -> Output:
        self._flight = _Flight(request, now)
        return Transmit(request.text.encode("ascii", "replace") + b"\r")

    def _fall_out_of_step(self, flight: _Flight) -> None:
        self._in_step = False
        self._late = flight.request
        for marker in MARKERS:
            if flight.request.text == marker.command:
                self._markers.owe(marker)
        self._prompt_open = flight.request.payload is not None

    def _next_marker(self, resync: _Resync, now: float) -> list[Output]:
        may_send = resync.attempt < len(_MARKER_WAITS_S) and now < resync.limit
        marker = self._markers.send() if may_send else None
        if marker is None:
            self._resync = None
            return [Lost(resync.request)]
        resync.deadline = min(now + _MARKER_WAITS_S[resync.attempt], resync.limit)
        resync.attempt += 1
        resync.seen, resync.refusals = None, 0
        escape = _ESCAPE if self._prompt_open else b""  # else the marker would become the text of a message
        self._prompt_open = False
        return [Transmit(escape + marker.command.encode() + b"\r")]

    def _synchronised(self, resync: _Resync, now: float) -> list[Output]:
        self._resync = None
        self._in_step = True
        self._late = None
        return [self._send(resync.request, now)]

    def _joined(self, token: Token, now: float) -> list[Output]:
        """Keep an unsolicited code until its message has come, so that no reply takes the message for its own."""
        head, self._head = self._head, None
        if head is not None and isinstance(token, Line) and _PDU.match(token.text):
            return [Unsolicited(f"{head}\n{token.text}")]
        before: list[Output] = [] if head is None else [Unsolicited(head)]
        if isinstance(token, Line) and _HAS_A_PDU.match(token.text) and not self._awaits(token.text):
            self._head = token.text
            return before
        return before + self._take(token, now)

    def _awaits(self, line: str) -> bool:
        return self._flight is not None and (self._flight.request.owns(line) or self._flight.request.is_echo(line))

    def _take(self, token: Token, now: float) -> list[Output]:
        if self._flight is not None:
            return self._take_in_flight(self._flight, token)
        if self._resync is not None:
            return self._take_in_resync(self._resync, token, now)
        return self._take_idle(token)

    def _take_in_flight(self, flight: _Flight, token: Token) -> list[Output]:
        request = flight.request
        match token:
            case Line(text) if request.is_echo(text):
                return []
            case Line(text) if request.owns(text):
                if len(flight.lines) < _MAX_REPLY_LINES:
                    flight.lines.append(text)
                return []
            case Line(text) if marker_of(text) is not None:
                flight.late_marker = True  # nobody asked: the final result behind it is a marker's, too
                return [Stray(text)]
            case Line(text):
                return [Unsolicited(text)]
            case Prompt() if request.payload is not None and not flight.payload_sent:
                flight.payload_sent = True
                return [Transmit(request.payload.encode("ascii", "replace") + _CTRL_Z)]
            case Prompt():
                return []
            case Final(kind=kind, text=text) if kind in CALL_RESULTS and not request.dials:
                return [Unsolicited(text)]
            case Final(text=text) if flight.late_marker:
                flight.late_marker = False
                return [Stray(text)]
            case Final():
                self._flight = None
                return [Reply(request, tuple(flight.lines), token, flight.sent_at)]

    def _take_in_resync(self, resync: _Resync, token: Token, now: float) -> list[Output]:
        match token:
            case Line(text) if (marker := marker_of(text)) is not None:
                resync.seen = marker
                return []
            case Line() | Prompt():
                return self._take_idle(token)
            case Final(kind=kind) if kind in CALL_RESULTS:
                return self._take_idle(token)
            case Final(text=text):
                marker, resync.seen = resync.seen, None
                if marker is not None and self._markers.answered(marker):
                    return self._synchronised(resync, now)
                # A modem at work on what came before gets its time; one that refuses the marker soon gets another.
                first = marker is None and resync.attempt == 1
                wait_s = _QUIET_S if first else _MARKER_WAITS_S[resync.attempt - 1]
                resync.deadline = min(now + wait_s, resync.limit)
                resync.refusals += marker is None
                return [Stray(text)]

    def _take_idle(self, token: Token) -> list[Output]:
        match token:
            case Line(text) if (self._late is not None and self._late.owns(text)) or text[:2].upper() == "AT":
                return [Stray("" if self._late is not None and self._late.secret else text)]
            case Line(text):
                return [Unsolicited(text)]
            case Final(kind=kind, text=text):
                return [Unsolicited(text) if kind in CALL_RESULTS else Stray(text)]
            case Prompt():
                self._prompt_open = True
                return []
