"""One call of a telephone: its dialog (RFC 3261 §12), its times, and what can be done in it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from bench.phones import sdp
from bench.phones.message import Message, address_of, authorization, parameter, uri_of, user_of
from bench.phones.rtp import Stream

if TYPE_CHECKING:
    from bench.phones.agent import Address, Agent

Header = tuple[str, str]
T1_S = 0.5
FINAL_TRIES = 6


class Side(StrEnum):
    """Who began the call."""

    CALLER = "caller"
    CALLED = "called"


class Call:
    """Times are Unix seconds. ``connected`` are the identities told while it lasted (P-Asserted-Identity)."""

    def __init__(self, agent: Agent, side: Side, call_id: str, stream: Stream) -> None:
        self.side = side
        self.call_id = call_id
        self.stream = stream
        self.began = time.time()
        self.rang_at: float | None = None
        self.early_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.ended_by = ""  # "us", "them", "cancel", "refused"
        self.status: int | None = None  # the final SIP response
        self.cause: int | None = None  # Q.850, where a Reason told one
        self.number = ""
        self.invite: Message | None = None
        self.connected: list[str] = []
        self.told: list[str] = []  # what NOTIFY told of a transfer: the lines of its sipfrag
        self.over = asyncio.Event()
        self.picked_up = asyncio.Event()
        self.local_tag = secrets.token_hex(4)
        self._agent = agent
        self._peer: Address = ("", 0)
        self._remote_tag = ""
        self._local, self._remote, self._target = "", "", ""
        self._route: list[str] = []
        self._cseq = secrets.randbelow(1000) + 1
        self._ack: Message | None = None
        self._acked = asyncio.Event()
        self._cancelled = False

    # --- being called

    def invited(self, invite: Message, sender: Address) -> None:
        """A call came in."""
        self.invite, self._peer = invite, sender
        self.number = user_of(invite.uri)
        self._local, self._remote = invite.get("to"), invite.get("from")
        self._remote_tag = parameter(self._remote, "tag")
        self._route = invite.all("record-route")
        self._target = uri_of(invite.get("contact"))
        self.stream.send_to(sdp.remote(invite.body))

    def ring(self, extra: Sequence[Header] = ()) -> None:
        """180."""
        if self._open:
            self.rang_at = self.rang_at or time.time()
            self._respond(180, extra)

    def forward(self, extra: Sequence[Header]) -> None:
        """181: the call is being forwarded."""
        if self._open:
            self._respond(181, extra)

    def early_media(self) -> None:
        """183 with a session description: from now on what we play is heard, and nobody has answered."""
        if self._open:
            self.early_at = self.early_at or time.time()
            self._respond(183, body=sdp.describe(self.stream.address, self.stream.port))

    def answer(self, extra: Sequence[Header] = ()) -> None:
        """200."""
        if not self._open:
            return
        self.answered_at = time.time()
        self.picked_up.set()
        self._agent.spawn(self._answer(extra), f"answer of {self.number}")

    def refuse(self, status: int, cause: int | None = None) -> None:
        """A final response that is no answer, with its Q.850 ``cause`` (RFC 3326) where there is one."""
        if self._open:
            self._respond(status, [("reason", f"Q.850;cause={cause}")] if cause else [])
            self._end("refused", status)

    def identity(self, number: str) -> str:
        """A number as it stands in a header that names somebody."""
        return f"<sip:{number}@{self._agent.contact}>"

    async def _answer(self, extra: Sequence[Header]) -> None:
        assert self.invite is not None
        body = sdp.describe(self.stream.address, self.stream.port)
        pause_s = T1_S
        for _ in range(FINAL_TRIES):
            self._respond(200, extra, body)
            try:
                await asyncio.wait_for(self._acked.wait(), pause_s)
            except TimeoutError:
                pause_s *= 2
            else:
                return

    def acknowledged(self, ack: Message) -> None:
        """Our answer arrived."""
        self._acked.set()
        self.stream.send_to(sdp.remote(ack.body))

    @property
    def _open(self) -> bool:
        return self.answered_at is None and self.ended_at is None

    def _respond(self, status: int, extra: Sequence[Header] = (), body: bytes = b"") -> None:
        assert self.invite is not None
        contact = [("contact", f"<sip:{self.number}@{self._agent.contact}>")] if status < 300 else []
        self._agent.answer(self.invite, status, self._peer, self.local_tag, (*contact, *extra), body)

    # --- calling

    async def dial(
        self, to: Address, number: str, caller: str, extra: Sequence[Header] = (), secret: str = ""
    ) -> None:
        """Call ``number`` at ``to`` and follow the call until it is answered or has failed.

        Asked who it is (401, 407), it proves to be ``caller`` with the password ``secret``, where it has one.
        """
        self.number = number
        self._peer = to
        host = f"{to[0]}:{to[1]}"
        self._target = f"sip:{number}@{host}"
        self._remote = f"<{self._target}>"
        self._local = f"<sip:{caller}@{self._agent.contact}>;tag={self.local_tag}"
        body = sdp.describe(self.stream.address, self.stream.port)
        more = [("contact", f"<sip:{caller}@{self._agent.contact}>"), ("content-type", "application/sdp"), *extra]
        self.invite = self._request("INVITE", more)
        self.invite.body = body
        answer = await self._agent.request(self.invite, to, on_provisional=self._provisional)
        if answer is not None and answer.status in (401, 407) and secret and self.ended_at is None:
            self._ack_failure(answer)
            self.invite = self._request("INVITE", [*more, proof(answer, "INVITE", self._target, caller, secret)])
            self.invite.body = body
            answer = await self._agent.request(self.invite, to, on_provisional=self._provisional)
        if self.ended_at is not None:
            if answer is not None and answer.status < 300:  # answered while we gave up
                self._confirm(answer)
                self.acknowledge()
                self._send_bye()
            return
        if answer is None:
            self._end("refused", None)
        elif answer.status < 300:
            self._confirm(answer)
            self.acknowledge()
            self.answered_at = time.time()
            self.picked_up.set()
        else:
            self._ack_failure(answer)
            self._note_cause(answer)
            self._end("refused", answer.status)

    def _provisional(self, message: Message) -> None:
        now = time.time()
        self._remote_tag = parameter(message.get("to"), "tag") or self._remote_tag  # an early dialog's
        if message.status == 180:
            self.rang_at = self.rang_at or now
        if (media := sdp.remote(message.body)) is not None:
            self.early_at = self.early_at or now
            self.stream.send_to(media)
        self._note_identity(message)

    def _confirm(self, answer: Message) -> None:
        self._remote = answer.get("to")
        self._remote_tag = parameter(self._remote, "tag")
        self._route = list(reversed(answer.all("record-route")))
        self._target = uri_of(answer.get("contact")) or self._target
        self.stream.send_to(sdp.remote(answer.body))
        self._note_identity(answer)
        assert self.invite is not None
        self._ack = self._request("ACK", cseq=self.invite.cseq[0])

    def acknowledge(self) -> None:
        """Say that the answer arrived."""
        if self._ack is not None:
            self._agent.send(self._ack, self._hop)

    def _ack_failure(self, answer: Message) -> None:
        assert self.invite is not None
        headers = [self.invite.headers[0], ("max-forwards", "70"), ("from", self.invite.get("from"))]
        headers += [("to", answer.get("to")), ("call-id", self.call_id), ("cseq", f"{self.invite.cseq[0]} ACK")]
        self._agent.send(Message("ACK", self.invite.uri, headers=headers), self._peer)

    # --- both

    @property
    def peer(self) -> Address:
        """Where the other side's messages come from."""
        return self._peer

    @property
    def target(self) -> str:
        """The other side's contact."""
        return self._target

    @property
    def replaces(self) -> str:
        """This dialog as the other side would name it in a Replaces header (RFC 3891)."""
        return f"{self.call_id};to-tag={self._remote_tag};from-tag={self.local_tag}"

    async def refer(self, to_uri: str) -> int | None:
        """Transfer the other side (RFC 3515); the status of the answer. NOTIFYs are noted in ``told``."""
        me = f"<sip:{self.number}@{self._agent.contact}>"
        request = self._request("REFER", [("refer-to", f"<{to_uri}>"), ("referred-by", me), ("contact", me)])
        answer = await self._agent.request(request, self._hop)
        return answer.status if answer else None

    def hang_up(self) -> None:
        """BYE, CANCEL or 480: whatever ends it now."""
        if self.ended_at is not None:
            return
        if self.answered_at is not None:
            self._end("us", 200)
            self._send_bye()
        elif self.side is Side.CALLED:
            self._respond(480)
            self._end("us", 480)
        elif self.invite is not None:
            headers = [header for header in self.invite.headers if header[0] in ("via", "from", "to", "call-id")]
            headers += [("max-forwards", "70"), ("cseq", f"{self.invite.cseq[0]} CANCEL")]
            cancel = Message("CANCEL", self.invite.uri, headers=headers)
            self._end("us", None)
            self._agent.spawn(self._ask(cancel, self._peer), "CANCEL")

    def take(self, request: Message, sender: Address) -> None:
        """A request inside the dialog."""
        match request.method:
            case "CANCEL":
                self._agent.answer(request, 200, sender, self.local_tag)
                if self._open:
                    self._note_cause(request)
                    self._respond(487)
                    self._end("cancel", 487)
            case "BYE":
                self._agent.answer(request, 200, sender, self.local_tag)
                self._note_cause(request)
                self._end("them", 200)
            case "INVITE" | "UPDATE":
                self._note_identity(request)
                body = b""
                if request.body or request.method == "INVITE":
                    self.stream.send_to(sdp.remote(request.body))
                    body = sdp.describe(self.stream.address, self.stream.port, version=2)
                contact = ("contact", f"<sip:{self.number}@{self._agent.contact}>")
                self._agent.answer(request, 200, sender, self.local_tag, (contact,), body)
            case "NOTIFY":
                self._agent.answer(request, 200, sender, self.local_tag)
                self.told += [line for line in request.body.decode(errors="replace").splitlines() if line]
            case "INFO" | "MESSAGE":
                self._agent.answer(request, 200, sender, self.local_tag)
            case _:
                self._agent.answer(request, 501, sender, self.local_tag)

    def _request(self, method: str, extra: Sequence[Header] = (), cseq: int | None = None) -> Message:
        if cseq is None:
            self._cseq += 1
            cseq = self._cseq
        local = self._local if parameter(self._local, "tag") else f"{self._local};tag={self.local_tag}"
        headers = [self._agent.via(), ("max-forwards", "70"), ("from", local), ("to", self._remote)]
        headers += [("call-id", self.call_id), ("cseq", f"{cseq} {method}")]
        headers += [("route", route) for route in self._route]
        return Message(method, self._target, headers=[*headers, *extra])

    def _send_bye(self) -> None:
        self._agent.spawn(self._ask(self._request("BYE"), self._hop), "BYE")

    async def _ask(self, request: Message, to: Address) -> None:
        await self._agent.request(request, to)

    @property
    def _hop(self) -> Address:
        return address_of(uri_of(self._route[0]) if self._route else self._target)

    def _note_identity(self, message: Message) -> None:
        if identity := user_of(message.get("p-asserted-identity")):
            self.connected.append(identity)

    def _note_cause(self, message: Message) -> None:
        for reason in message.all("reason"):
            if "q.850" in reason.lower() and (cause := parameter(reason, "cause")).isdigit():
                self.cause = int(cause)

    def _end(self, by: str, status: int | None) -> None:
        if self.ended_at is not None:
            return
        self.ended_at, self.ended_by, self.status = time.time(), by, status
        self._acked.set()
        self.over.set()
        self._agent.forget(self)


def proof(challenge: Message, method: str, uri: str, user: str, secret: str) -> tuple[str, str]:
    """The header that answers a challenge (RFC 3261 §22)."""
    asked, header = (
        ("www-authenticate", "authorization")
        if challenge.status == 401
        else ("proxy-authenticate", "proxy-authorization")
    )
    return header, authorization(challenge.get(asked), method, uri, user, secret)
