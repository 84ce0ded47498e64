"""Calls as the log keeps them (MISSION K5): who called, when, how long they waited, who answered, how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """How a call ended for its caller."""

    ANSWERED = "answered"  # a human talked with the caller
    ABANDONED = "abandoned"  # the caller hung up before anybody answered
    UNANSWERED = "unanswered"  # everybody was tried, the technician too, and nobody answered
    CUT = "cut"  # broken off by a fault: Asterisk restarted, the power failed
    MESSAGE = "message"  # the caller left a message
    SERVED = "served"  # the caller heard what a menu tells, and ended there
    REFUSED = "refused"  # not taken: no such line, a limit, no right to call
    CALLBACK = "callback"  # the caller asked to be called back; another record tells how that went
    CANCELLED = "cancelled"  # a callback that was taken back, or was needless: the caller had called again


class LegResult(StrEnum):
    """How one attempt to reach one person ended."""

    TALKED = "talked"  # connected with the caller
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"  # the trunk or the network refused or swallowed it
    MACHINE = "machine"  # an answering machine or announcement took it
    NOT_ACCEPTED = "not_accepted"  # asked to press a key, and did not
    ELSEWHERE = "elsewhere"  # somebody else was quicker
    CALLER_GONE = "caller_gone"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Leg:
    """One attempt. Times are RFC 3339 in UTC; ``via`` is the trunk's name, or ``sip`` for a phone of our own."""

    person: str | None
    number: str
    via: str
    dialled_at: str
    rang_at: str | None = None
    answered_at: str | None = None
    ended_at: str | None = None
    result: LegResult | None = None
    cause: int | None = None  # Q.850
    screening: str | None = None  # what decided: "human", "machine", "key", "off"
    screening_ms: int | None = None  # audio of the answering side that was needed for it
    connected: str | None = None  # the number that answered, where the network told another than the one dialled


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call through one exchange. ``caller`` and ``called`` are E.164 or what the network gave; ``None`` hidden.

    ``waited_s`` is from arrival to a human's answer, or to the end; ``talked_s`` from that answer to the end.
    """

    exchange: str
    id: str
    arrived_at: str
    caller: str | None
    called: str
    line: str | None = None
    trunk: str | None = None
    internal: bool | None = None  # True for a call from a phone of ours to an extension
    situation: str | None = None  # which plan of the line: "open", "closed", "holiday"
    queue: str | None = None  # the last queue the call waited in
    queued_at: str | None = None  # when it came there
    place_since: str | None = None  # since when its place there counted: when it came to the chain's first queue
    place: int | None = None  # which one it was in the queue when it came, 1 for the next
    queue_left: str | None = None  # how it left the queue: "agent", "full", "waited", "nobody", "callback", "gone"
    callback: str | None = None  # the callback that was asked for in it; its own id where the call is that callback
    answered_at: str | None = None
    ended_at: str | None = None
    outcome: Outcome | None = None  # None while it lasts
    answered_by: str | None = None  # person id
    answered_number: str | None = None
    watched: bool | None = None  # True while whoever answered may yet turn out to be a machine
    group: str | None = None  # the group that answered, or the last one tried
    waited_s: float | None = None
    talked_s: float | None = None
    ended_by: str | None = None  # "caller", "member", "exchange", "operator" (by command), "cut", "fault"
    last_phone_rang_after_s: float | None = None  # pacing: from the first INVITE of the group to the last ring
    recording: str | None = None
    steps: tuple[str, ...] = ()  # "group:ops", "duty": what was tried, in order
    led_from: int | None = None  # while it is at a step it was led to: the place in the plan of what led there
    message_s: float | None = None  # how long the message is that the caller left
    transfers: tuple[str, ...] = ()
    legs: tuple[Leg, ...] = field(default=())
