"""Call records for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from appliance.domain.calls import CallRecord, Leg, LegResult, Outcome

CALLER = "+420605123456"
SERVICE = "+420777000100"


def arrived(id_: str = "c1", exchange: str = "box", **more: Any) -> CallRecord:
    """A call that has just come in."""
    return CallRecord(
        exchange, id_, **{"arrived_at": "2026-07-14T02:00:00.000Z", "caller": CALLER, "called": SERVICE, **more}
    )


def answered(id_: str = "c1", exchange: str = "box", **more: Any) -> CallRecord:
    """A call that Eva took, after Jan's voicemail had been found out."""
    legs = (
        Leg(
            "jan",
            "+420777000112",
            "trunk-a",
            "2026-07-14T02:00:01.000Z",
            "2026-07-14T02:00:03.000Z",
            "2026-07-14T02:00:05.000Z",
            "2026-07-14T02:00:07.000Z",
            LegResult.MACHINE,
            16,
            "machine",
            1_240,
        ),
        Leg(
            "eva",
            "+420777000111",
            "trunk-b",
            "2026-07-14T02:00:01.000Z",
            "2026-07-14T02:00:03.500Z",
            "2026-07-14T02:00:09.000Z",
            "2026-07-14T02:01:09.000Z",
            LegResult.TALKED,
            16,
            "human",
            480,
        ),
    )
    record = replace(
        arrived(id_, exchange),
        line="service",
        situation="closed",
        answered_at="2026-07-14T02:00:09.500Z",
        ended_at="2026-07-14T02:01:09.000Z",
        outcome=Outcome.ANSWERED,
        answered_by="eva",
        answered_number="+420777000111",
        group="ops",
        waited_s=9.5,
        talked_s=59.5,
        ended_by="caller",
        last_phone_rang_after_s=2.5,
        steps=("play:hello", "group:ops"),
        legs=legs,
    )
    return replace(record, **more)
