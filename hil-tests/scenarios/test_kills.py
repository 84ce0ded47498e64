"""S10: the guard is killed in the middle of a change, for real."""

from __future__ import annotations

import asyncio
import random

import pytest

from bench.lab.roles import Box, Carrier, Customer, Faults


@pytest.mark.timeout(900)
@pytest.mark.hotline(outlast=1.5)  # the change is under way about when the guard is killed
async def test_killed_in_the_middle_of_a_change_it_ends_at_the_right_forwarding(
    box: Box, customer: Customer, faults: Faults, carrier: Carrier
) -> None:
    chance = random.Random(10)
    begun = len(await carrier.history())
    for _ in range(6):
        await carrier.misbehave("slow", seconds=0.3)
        await faults.break_("trunk-a")
        await asyncio.sleep(chance.uniform(0.5, 3.5))
        await box.kill()
        await asyncio.sleep(chance.uniform(0.0, 0.5))
        await box.start()
        await box.wait_for_route("secondary", timeout_s=60)
        await carrier.behave()
        await faults.mend("trunk-a")
        await box.wait_for_route("primary", timeout_s=60)
    erased = [one for one in (await carrier.history())[begun:] if one["number"] is None]
    assert erased == [], "never erased in between"
    assert (await customer.dial()).reached_a_human


async def test_sigterm_leaves_and_waits_for_nobody(box: Box) -> None:
    took_s = await box.stop()
    await box.start()
    assert took_s < 20.0, "it was killed, or waited for something: the network, a broker, a probe"
    await box.wait_for_route("primary")
