"""S11: the broker is away for a while, and the guard is killed meanwhile."""

from __future__ import annotations

import asyncio

from bench.lab.roles import Box, Faults


async def test_every_event_comes_once_by_id_in_order_after_the_broker_was_away(box: Box, faults: Faults) -> None:
    since = await box.last_event_id()
    await faults.break_("broker")
    await faults.break_("trunk-a")
    await asyncio.sleep(6)
    await box.kill()
    await box.start_blind()
    await faults.mend("trunk-a")
    await asyncio.sleep(6)
    await faults.mend("broker")
    await box.wait_for_route("primary", timeout_s=90)
    told = await box.events(since)
    ids = [event["id"] for event in told]
    assert ids == sorted(ids)
    first_of_each = {event["id"]: event for event in reversed(told)}
    distinct = sorted(first_of_each)
    assert distinct == list(range(since + 1, distinct[-1] + 1)), "a gap: an event was lost"
    assert any(event.get("backlog") for event in told)
    assert {"health.changed", "route.decided", "forwarding.verified", "boot"} <= {event["type"] for event in told}
