"""Calls that ended while no exchange was there to see it, as Asterisk's dialplan noted them. Pure.

A note is ``END:DIALSTATUS:ANSWEREDTIME:NUMBER:CALLED:CALLER:TRUNK`` under the id of the caller's channel;
``DIALSTATUS`` is set only where the dialplan itself rang the technician.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from appliance.domain.calls import CallRecord, Leg, LegResult, Outcome
from appliance.domain.times import rfc3339

STEP = "technician by the dialplan"
_RESULTS = {
    "ANSWER": LegResult.TALKED,
    "BUSY": LegResult.BUSY,
    "NOANSWER": LegResult.NO_ANSWER,
    "CANCEL": LegResult.CALLER_GONE,
}
_OUTCOMES = {"ANSWER": Outcome.ANSWERED, "CANCEL": Outcome.ABANDONED}


@dataclass(frozen=True, slots=True)
class Note:
    """``status`` is empty where the dialplan rang nobody."""

    ended: datetime
    status: str
    talked_s: float
    number: str
    called: str
    caller: str
    trunk: str


def read(value: str) -> Note | None:
    """The note, or ``None`` where it is none."""
    parts = value.split(":")
    if len(parts) != 7 or not parts[0].isdecimal():
        return None
    talked_s = float(parts[2]) if parts[2].isdecimal() else 0.0
    try:
        return Note(datetime.fromtimestamp(int(parts[0]), UTC), parts[1], talked_s, *parts[3:])
    except (ValueError, OverflowError, OSError):
        return None


def arrival_of(channel: str) -> datetime | None:
    """When a channel began: its id is ``[SYSTEM-]SECONDS.NUMBER``."""
    seconds = channel.rpartition("-")[2].partition(".")[0]
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def completed(record: CallRecord, note: Note) -> CallRecord:
    """A call whose caller was led to the technician by the dialplan, as it ended."""
    ended, arrived = rfc3339(note.ended), datetime.fromisoformat(record.arrived_at)
    answered_at = note.ended - timedelta(seconds=note.talked_s) if note.status == "ANSWER" else None
    answered = rfc3339(answered_at) if answered_at is not None else None
    leg = Leg(
        None,
        note.number,
        "dialplan",
        record.arrived_at,
        answered_at=answered,
        ended_at=ended,
        result=_RESULTS.get(note.status, LegResult.UNREACHABLE),
    )
    return replace(
        record,
        answered_at=answered,
        ended_at=ended,
        outcome=_OUTCOMES.get(note.status, Outcome.UNANSWERED),
        answered_by=None,
        watched=None,
        led_from=None,
        answered_number=note.number if answered else None,
        ended_by="caller" if note.status == "CANCEL" else None,
        waited_s=max(0.0, round(((answered_at or note.ended) - arrived).total_seconds(), 3)),
        talked_s=note.talked_s if answered else None,
        steps=record.steps if STEP in record.steps else (*record.steps, STEP),
        legs=(*record.legs, leg),
    )


def unseen(exchange: str, channel: str, note: Note) -> CallRecord:
    """A call that no exchange ever saw."""
    record = CallRecord(
        exchange,
        channel,
        rfc3339(arrival_of(channel) or note.ended),
        note.caller or None,
        note.called,
        trunk=note.trunk or None,
    )
    return completed(record, note)
