"""What the exchange found when it came to an Asterisk, and which end calls had that ended meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from appliance.asterisk.channels import Snapshot
from appliance.asterisk.site import APPLICATION
from appliance.domain.calls import CallRecord, Leg, LegResult, Outcome
from appliance.domain.times import rfc3339
from appliance.exchange.call import seconds_between
from appliance.exchange.unseen import Note, arrival_of, completed

STASIS = "Stasis"
UP, DOWN = "Up", "Down"
ARRIVALS = ("in", "phone")


@dataclass(frozen=True, slots=True)
class Inventory:
    """Channels by id, bridges with who is in them, and the dialplan's notes of calls' ends. ``asterisk_started`` is
    since when it runs (RFC 3339), where that is known."""

    channels: Mapping[str, Snapshot]
    bridges: Mapping[str, tuple[str, ...]]
    notes: Mapping[str, Note]
    asterisk_started: str | None = None


def arrived(channel: Snapshot) -> tuple[str, ...] | None:
    """What ``Stasis(hotline,…)`` said of a caller's channel, its kind first; ``None`` for other channels."""
    application, *args = channel.app_data.split(",")
    return tuple(args) if application == APPLICATION and args and args[0] in ARRIVALS else None


def record_of(channel: Snapshot, exchange: str, now: datetime) -> CallRecord | None:
    """The record of a caller whom only Asterisk knows of, since the log cannot be read."""
    args = arrived(channel) if channel.app == STASIS else None
    if args is None:
        return None
    _kind, called, trunk, *_rest = (*args, "", "")
    arrived_at = rfc3339(arrival_of(channel.id) or now)
    return CallRecord(exchange, channel.id, arrived_at, channel.caller, called, trunk=trunk or None)


def closed(record: CallRecord, found: Inventory, now: datetime) -> CallRecord:
    """A call that ended while nobody looked, with the end it had."""
    note = found.notes.get(record.id)
    if note is not None and note.status:
        return completed(record, note)
    ended, cut = _end_of(record, found, now)
    answered = record.answered_at
    result = LegResult.CUT if cut else LegResult.CALLER_GONE
    legs = tuple(
        leg
        if leg.result is not None
        else replace(leg, ended_at=ended, result=LegResult.TALKED if _talked(record, leg) else result)
        for leg in record.legs
    )
    return replace(
        record,
        legs=legs,
        outcome=_outcome(record, cut=cut),
        watched=None,
        led_from=None,
        ended_at=ended,
        ended_by="cut" if cut else None if answered else "caller",
        waited_s=seconds_between(record.arrived_at, answered or ended),
        talked_s=seconds_between(answered, ended) if answered else None,
    )


def _outcome(record: CallRecord, *, cut: bool) -> Outcome:
    if cut:
        return Outcome.CUT
    if record.answered_at is not None:
        return Outcome.ANSWERED
    return Outcome.ABANDONED if record.callback is None else Outcome.CALLBACK


def _talked(record: CallRecord, leg: Leg) -> bool:
    return (
        record.answered_at is not None
        and (leg.number == record.answered_number or bool(record.transfers))
        and leg.answered_at is not None
    )


def _end_of(record: CallRecord, found: Inventory, now: datetime) -> tuple[str, bool]:
    """When it ended, and whether it was cut off: Asterisk began anew and never saw its end."""
    if (note := found.notes.get(record.id)) is not None:
        return rfc3339(note.ended), False
    if found.asterisk_started is not None:
        started = datetime.fromisoformat(found.asterisk_started).astimezone(UTC)
        if rfc3339(started) > record.arrived_at:
            return rfc3339(min(started, now)), True
    return rfc3339(now), False
