"""S4, S5, S6: both trunks, the way back, and the box's own uplink."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bench.lab.roles import Box, Carrier, Customer, Event, Faults


@pytest.mark.hotline(failback_hold=12.0)
async def test_both_trunks_down_leads_to_the_technician_and_back(
    box: Box, customer: Customer, faults: Faults
) -> None:
    await faults.break_("trunks")
    state = await box.wait_for_route("technician")
    assert state["service"] == "total"
    heard = await customer.dial()
    assert heard.who == f"technician:{state['duty']['person']}", str(heard)

    since = await box.last_event_id()
    await faults.mend("trunks")
    up = await box.wait_for_event(
        "health.changed", since_id=since, wanted=lambda one: one["data"]["name"] == "trunk-a"
    )
    assert "in a row" in up["data"]["reason"], "back up only after `rise` answers"
    state = await box.wait_for(lambda state: "held back" in state["route"]["reason"], "primary held back")
    assert state["route"]["active"] == "technician", "back before the fail-back hold"
    await box.wait_for_route("primary", timeout_s=60)
    assert (await customer.dial()).via == "trunk-a"


@pytest.mark.hotline(outlast=30.0)  # shorter than that, on a starved machine too
async def test_a_blip_of_the_primary_moves_nothing(box: Box, faults: Faults, carrier: Carrier) -> None:
    written = len(await carrier.history())
    since = await box.last_event_id()
    await faults.break_("trunk-a", "cut")

    def turned(to: str) -> Callable[[Event], bool]:
        return lambda one: (one["data"]["name"], one["data"]["to"]) == ("trunk-a", to)

    await box.wait_for_event("health.changed", since_id=since, wanted=turned("down"))
    await faults.mend("trunk-a")
    await box.wait_for_event("health.changed", since_id=since, wanted=turned("up"))
    await box.wait_for(lambda state: state["service"] == "normal", "service normal")
    assert len(await carrier.history()) == written


@pytest.mark.hotline(on_isolation="hold")
async def test_an_isolated_box_holds(box: Box, customer: Customer, faults: Faults, carrier: Carrier) -> None:
    written = len(await carrier.history())
    await faults.break_("uplink")
    state = await box.wait_for(lambda state: state["service"] == "isolated", "service isolated")
    parts = [*state["trunks"].values(), *state["nodes"].values()]
    assert {part["health"] for part in parts} == {"unknown"}
    await asyncio.sleep(5)
    assert len(await carrier.history()) == written
    heard = await customer.dial()
    assert heard.via == "trunk-a", "what the box cannot see still works"
    await faults.mend("uplink")
    await box.wait_for(lambda state: state["service"] == "normal", "service normal")
    assert len(await carrier.history()) == written


@pytest.mark.hotline(on_isolation="technician")
async def test_an_isolated_box_that_was_told_so_calls_the_technician(
    box: Box, customer: Customer, faults: Faults
) -> None:
    await faults.break_("uplink")
    state = await box.wait_for_route("technician")
    assert state["service"] == "isolated"
    assert (await customer.dial()).who == f"technician:{state['duty']['person']}"
    await faults.mend("uplink")
    await box.wait_for_route("primary", timeout_s=60)
