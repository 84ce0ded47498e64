"""What is known of a recording, and who may hear it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from appliance.calls import codec
from appliance.domain.calls import CallRecord, LegResult
from appliance.recordings import wav
from appliance.roster.models import Person, Role

HEAR_ALL = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})


class State(StrEnum):
    """How far a recording is."""

    RECORDING = "recording"
    WHOLE = "whole"
    INCOMPLETE = "incomplete"  # something of the talk is missing; the reason says why
    ERASING = "erasing"  # on its way out: nobody hears it any more


@dataclass(frozen=True, slots=True)
class Recording:
    """One. ``name`` is its id. Times are RFC 3339 in UTC; ``record`` is its call's, once that has ended."""

    name: str
    call: str
    began_at: str
    sides: int
    keep_until: str
    state: State = State.RECORDING
    reason: str = ""
    frames: int = 0
    record: CallRecord | None = None

    @property
    def size(self) -> int:
        """Bytes of the file, head and all."""
        return wav.HEAD_BYTES + self.frames * self.sides * wav.SAMPLE_BYTES


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which recordings are looked for; what is ``None`` does not matter. Newest first.

    ``since`` (inclusive) and ``until`` (exclusive) are when the recording began, RFC 3339 in UTC; ``number`` takes
    part in whatever way, ``person`` talked with the caller. ``heard_by``: only those that this person may hear.
    """

    since: str | None = None
    until: str | None = None
    number: str | None = None
    person: str | None = None
    line: str | None = None
    queue: str | None = None
    heard_by: str | None = None
    limit: int = 50


def talkers(record: CallRecord) -> frozenset[str]:
    """Who talked with the caller, by person's id: the call is theirs, and so is its recording."""
    people = {leg.person for leg in record.legs if leg.result is LegResult.TALKED}
    return frozenset(one for one in people | {record.answered_by} if one is not None)


def hears_all(person: Person | None) -> bool:
    """Whether somebody hears every recording, not just their own."""
    return person is not None and bool(HEAR_ALL.intersection(person.roles))


def may_hear(person: Person, recording: Recording) -> bool:
    """Whether somebody may hear this one. While nobody knows whose it is, only those who hear all."""
    return hears_all(person) or (recording.record is not None and person.id in talkers(recording.record))


def told(recording: Recording, exchange: str) -> Mapping[str, Any]:
    """The recording as commands and programs get it."""
    record = recording.record
    call: dict[str, Any] = codec.to_mapping(record) if record is not None else {}
    return {
        "id": recording.name,
        "exchange": exchange,
        "call": recording.call,
        "began_at": recording.began_at,
        "seconds": round(wav.seconds(recording.frames), 3),
        "bytes": recording.size,
        "sides": "stereo" if recording.sides == 2 else "mixed",
        "state": recording.state,
        "reason": recording.reason,
        "keep_until": recording.keep_until,
        "people": sorted(talkers(record)) if record is not None else [],
        **{key: call.get(key) for key in ("caller", "called", "answered_number", "line", "queue", "outcome")},
    }
