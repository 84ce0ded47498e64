"""A callback as tests begin with."""

from __future__ import annotations

from typing import Any

from appliance.queueing.callback_life import Callback, Rule

RULE = Rule(tries=3, retry_after_s=300.0, give_up_after_s=8 * 3600.0)
NUMBER = "+420601000001"
T0 = 1_800_000_000.0


def wish(id_: str = "cb-1", **changes: Any) -> Callback:
    return Callback(
        **{
            "id": id_,
            "exchange": "box",
            "queue": "desk",
            "number": NUMBER,
            "language": "en",
            "call": f"call-of-{id_}",
            "queued_at": T0 - 60.0,
            "asked_at": T0,
            "line": "service",
            "situation": "open",
            **changes,
        }
    )
