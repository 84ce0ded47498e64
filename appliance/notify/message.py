"""One message on its way out, part by part: what may be done next, and what each outcome makes of it. Pure.

Theory of operation. A part is marked ``sending``, durably, before the modem gets it. What is found so after a crash,
or got no answer, is in doubt: nobody knows whether the network took it. Such a part waits for a delivery report that
can only be its own; without one it is sent again, once. If that is in doubt, too, the message has failed and says
that it may have arrived: a text that comes twice is a nuisance, one that comes never costs a caller, and one that
comes every few minutes for a day helps nobody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from appliance.domain.phone import PhoneNumber
from appliance.domain.sms import Delivery, DeliveryReport, Fate, SmsError, Submitted

DOUBTS = 2  # so often may nobody know what became of a part
DOUBT_WAIT_S = 120.0  # for a report on a part in doubt; networks report within seconds where a phone is on
_PAUSES_S = (5.0, 15.0, 60.0, 300.0, 900.0)


class PartState(StrEnum):
    """How far one part has come."""

    WAITING = "waiting"
    SENDING = "sending"
    DOUBT = "doubt"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class State(StrEnum):
    """How far the whole message has come."""

    WAITING = "waiting"
    SENDING = "sending"
    MAYBE_SENT = "maybe_sent"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"

    @property
    def on_its_way(self) -> bool:
        """Whether something is still to be sent."""
        return self in (State.WAITING, State.SENDING, State.MAYBE_SENT)


@dataclass(frozen=True, slots=True)
class Part:
    """One part. ``reference`` is TP-MR; ``sent_at`` Unix seconds; ``report``: a delivery report was asked for."""

    state: PartState = PartState.WAITING
    reference: int | None = None
    report: bool = False
    doubts: int = 0
    sent_at: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message. ``key`` is its sender's; ``reference`` holds its parts together. ``text`` is empty once it was sent.

    ``digest`` outlasts the text, to tell whether another one came under the key; empty in old databases.
    Times are Unix seconds. ``reason`` is why it waits or has failed; ``failures`` counts refusals since a success.
    """

    id: int
    key: str
    number: PhoneNumber
    text: str
    reference: int
    accepted_at: float
    parts: tuple[Part, ...]
    reason: str = ""
    code: int | None = None
    failures: int = 0
    given_up: bool = False
    done_at: float | None = None
    digest: str = ""

    def says(self, number: PhoneNumber, text: str) -> bool:
        """Whether it is this text to this number, as far as is still known."""
        known = self.digest or (digest_of(self.key, self.text) if self.text else "")
        return number == self.number and known in ("", digest_of(self.key, text))

    @property
    def state(self) -> State:
        """The state by its parts."""
        states = {part.state for part in self.parts}
        if self.given_up or PartState.FAILED in states:
            return State.FAILED
        if states == {PartState.DELIVERED}:
            return State.DELIVERED
        if states <= {PartState.SENT, PartState.DELIVERED}:
            return State.SENT
        if PartState.DOUBT in states:
            return State.MAYBE_SENT
        return State.WAITING if states == {PartState.WAITING} else State.SENDING

    @property
    def next_part(self) -> int | None:
        """The part to send next, or ``None``."""
        if not self.state.on_its_way:
            return None
        open_ = (PartState.WAITING, PartState.DOUBT)
        return next((place for place, part in enumerate(self.parts) if part.state in open_), None)


def digest_of(key: str, text: str) -> str:
    """What a text is known by. Under each key another, so that the same text twice is not seen to be the same."""
    return hashlib.sha256(f"{key}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def begun(message: Message, place: int) -> Message:
    """The part is about to be handed to the modem; must be durable before it is."""
    return _with(message, place, replace(message.parts[place], state=PartState.SENDING, reference=None))


def taken(message: Message, place: int, submitted: Submitted, now: float) -> Message:
    """The network took the part."""
    part = message.parts[place]
    done = replace(part, state=PartState.SENT, reference=submitted.reference, report=submitted.report, sent_at=now)
    return _settled(replace(_with(message, place, done), reason="", code=None, failures=0), now)


def refused(message: Message, place: int, error: SmsError, now: float) -> Message:
    """The part was not taken, or nobody knows."""
    part = message.parts[place]
    if error.fate is Fate.UNKNOWN:
        return in_doubt(message, place, error.message, now)
    # an earlier sending may still be in doubt: a refusal now says nothing of it
    state = PartState.DOUBT if part.doubts else PartState.WAITING
    after = replace(
        _with(message, place, replace(part, state=state)),
        reason=error.message,
        code=error.code,
        failures=message.failures + (error.fate is not Fate.NOT_SENT),
    )
    return given_up(after, error.message, now) if error.fate is Fate.IMPOSSIBLE else after


def in_doubt(message: Message, place: int, why: str, now: float) -> Message:
    """Nobody knows whether the network has the part."""
    part = message.parts[place]
    doubts = part.doubts + 1
    part = replace(part, state=PartState.DOUBT, doubts=doubts, sent_at=now)
    after = replace(_with(message, place, part), reason=f"maybe sent: {why}", failures=message.failures + 1)
    if doubts >= DOUBTS:
        return given_up(after, f"nobody knows whether it was sent, {doubts} times: {why}", now)
    return after


def after_restart(message: Message, now: float) -> Message:
    """A part that was being sent when the guard ended is in doubt."""
    for place, part in enumerate(message.parts):
        if part.state is PartState.SENDING:
            message = in_doubt(message, place, "the guard ended before the modem had answered", now)
    return message


def given_up(message: Message, why: str, now: float) -> Message:
    """It is not tried any more."""
    return _settled(replace(message, given_up=True, reason=why), now)


def sent_as(message: Message, report: DeliveryReport) -> int | None:
    """The part that was sent under the report's reference, the newest if there are several."""
    if not report.is_for(message.number):
        return None
    known = [
        (part.sent_at or 0.0, place)
        for place, part in enumerate(message.parts)
        if part.state in (PartState.SENT, PartState.DELIVERED) and part.report and part.reference == report.reference
    ]
    return max(known)[1] if known else None


def doubt_ended_by(message: Message, report: DeliveryReport) -> int | None:
    """The part in doubt that a report which belongs to no other part can only be about."""
    if message.given_up or not report.is_for(message.number):
        return None
    return next((place for place, part in enumerate(message.parts) if part.state is PartState.DOUBT), None)


def reported(message: Message, place: int, report: DeliveryReport, now: float) -> Message:
    """The network says what became of the part. An interim word proves at least that the network has it."""
    part = message.parts[place]
    if part.state is PartState.DELIVERED:
        return message  # a report that came twice
    if report.delivery is Delivery.UNDERWAY:
        known = replace(part, state=PartState.SENT, reference=report.reference, report=True)
        return _settled(_with(message, place, known), now) if part.state is PartState.DOUBT else message
    state = PartState.DELIVERED if report.delivery is Delivery.DELIVERED else PartState.FAILED
    after = _with(message, place, replace(part, state=state))
    if state is PartState.FAILED:
        reason = f"the network could not deliver it (status {report.status:#04x})"
        return _settled(replace(after, reason=reason), now)
    return _settled(replace(after, reason="") if after.state is not State.MAYBE_SENT else after, now)


def pause_s(message: Message) -> float:
    """How long to wait before the next try."""
    part = message.next_part
    if part is not None and message.parts[part].state is PartState.DOUBT and message.failures <= 1:
        return DOUBT_WAIT_S
    return _PAUSES_S[min(max(message.failures - 1, 0), len(_PAUSES_S) - 1)] if message.failures else 2.0


def _with(message: Message, place: int, part: Part) -> Message:
    return replace(message, parts=(*message.parts[:place], part, *message.parts[place + 1 :]))


def _settled(message: Message, now: float) -> Message:
    """Nothing is left to be sent: the text is not needed any more, so it is not kept."""
    if message.state.on_its_way or message.done_at is not None:
        return message
    return replace(message, text="", done_at=now)
