"""The exchange's state document: what it does now, for views and for the other services. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from appliance.domain.calls import CallRecord


def state_document(
    *,
    name: str,
    version: str,
    connected: bool,
    asterisk: str | None,
    calls: Iterable[CallRecord],
    trunks: Mapping[str, int],
    registered: Mapping[str, str],
    revision: int,
    duty: tuple[str | None, str | None],
    log: Mapping[str, Any],
    prompts: Mapping[str, Any],
    queues: Sequence[Mapping[str, Any]] = (),
    callbacks: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The document, without its ``schema`` and ``at``, which are put on when it is sent."""
    person, number = duty
    return {
        "name": name,
        "version": version,
        "ari": "connected" if connected else "lost",
        "asterisk": asterisk,
        "calls": [_call(record) for record in calls],
        "trunks_in_use": dict(trunks),
        "registered": dict(registered),
        "roster": {"revision": revision},
        "duty": {"person": person, "number": number},
        "log": dict(log),
        "prompts": dict(prompts),
        "queues": [dict(one) for one in queues],
        "callbacks": [dict(one) for one in callbacks],
    }


def _waits(record: CallRecord) -> bool:
    return record.queue is not None and record.queue_left is None


def _call(record: CallRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "since": record.arrived_at,
        "caller": record.caller,
        "called": record.called,
        "line": record.line,
        "group": record.group,
        "queue": record.queue,
        "state": "talking" if record.answered_at else "waiting" if _waits(record) else "ringing",
        "ringing": sorted(
            {leg.person or leg.number for leg in record.legs if leg.result is None and not record.answered_at}
        ),
        "with": record.answered_by or record.answered_number,
    }
