"""S11: the broker is away for a while, and the guard is killed meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bench.lab.roles import Box, Event, Faults

WITHIN_S = 120.0


async def all_told(box: Box, since: int, kept: list[int]) -> list[Event]:
    """What the operator heard, once everything that the journal keeps has been told."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            told = list(await box.events(since))
            if {event["id"] for event in told} >= set(kept):
                return told
            await asyncio.sleep(0.2)


async def until_kept(box: Box, since: int, wanted: Callable[[Sequence[Event]], bool]) -> None:
    """Wait for what nobody can be told of: the box's own journal has it."""
    async with asyncio.timeout(WITHIN_S):
        while not wanted(await box.journaled(since)):  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.2)


def led_to(route: str) -> Callable[[Sequence[Event]], bool]:
    """Calls were led there, and the network confirmed it, after whatever happened before."""

    def wanted(kept: Sequence[Event]) -> bool:
        decided = [event["id"] for event in kept if event["type"] == "route.decided" and event["data"]["to"] == route]
        verified = [event["id"] for event in kept if event["type"] == "forwarding.verified"]
        return bool(decided and verified) and verified[-1] > decided[-1]

    return wanted


async def test_every_event_comes_once_by_id_in_order_after_the_broker_was_away(box: Box, faults: Faults) -> None:
    since = await box.last_event_id()
    await faults.break_("broker")
    await faults.break_("trunk-a")
    await until_kept(box, since, led_to("secondary"))
    await box.kill()
    await box.start_blind()
    await faults.mend("trunk-a")
    await until_kept(box, since, led_to("primary"))
    await faults.mend("broker")
    await box.wait_for_route("primary", timeout_s=90)
    kept = [event["id"] for event in await box.journaled(since)]
    told = await all_told(box, since, kept)

    first_time = list(dict.fromkeys(event["id"] for event in told))
    assert first_time == sorted(first_time), "out of order"
    assert set(kept) <= set(first_time), "an event was lost"
    assert any(event.get("backlog") for event in told)
    assert {"health.changed", "route.decided", "forwarding.verified", "boot"} <= {event["type"] for event in told}
