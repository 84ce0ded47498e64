"""S2, S3: a trunk or a node fails, in every way it can."""

from __future__ import annotations

import asyncio
import os

import pytest

from bench.lab.roles import Box, Carrier, Customer, Faults

# ten minutes at inter = 2 are so many probes; the quick bench probes ten times as fast. `make soak` takes the time.
LOSSY_S = float(os.environ.get("HOTLINE_SOAK_S", "60"))


@pytest.mark.parametrize("how", ["kill", "stop", "refuse"])
async def test_calls_move_to_the_secondary_when_the_primary_trunk_dies(
    box: Box, customer: Customer, faults: Faults, how: str
) -> None:
    await faults.break_("trunk-a", how)
    state = await box.wait_for_route("secondary")
    assert state["service"] == "partial"
    assert state["trunks"]["trunk-a"]["health"] == "down"
    assert "trunk-a" in state["route"]["reason"]
    heard = await customer.dial()
    assert heard.reached_a_human, str(heard)
    assert heard.via == "trunk-b"
    await faults.mend("trunk-a")
    await box.wait_for_route("primary", timeout_s=60)
    assert (await customer.dial()).via == "trunk-a"


@pytest.mark.timeout(900)
async def test_heavy_loss_does_not_switch_and_a_death_on_top_of_it_does(
    box: Box, customer: Customer, faults: Faults, carrier: Carrier
) -> None:
    before = await box.last_event_id()
    written = len(await carrier.history())
    await faults.break_("trunk-a", "lose", percent=30)
    await asyncio.sleep(LOSSY_S)
    assert [event for event in await box.events(before) if event["type"] == "route.decided"] == []
    assert (await box.state())["route"]["active"] == "primary"
    assert len(await carrier.history()) == written
    assert (await customer.dial()).reached_a_human

    await faults.break_("trunk-a", "kill")
    state = await box.wait_for_route("secondary", timeout_s=60)
    assert "loss" in state["trunks"]["trunk-a"]["reason"]
    assert (await customer.dial()).via == "trunk-b"


async def test_one_node_down_is_a_partial_outage_on_the_primary(box: Box, customer: Customer, faults: Faults) -> None:
    await faults.break_("node-1")
    state = await box.wait_for(lambda state: state["service"] == "partial", "service partial")
    assert state["route"]["active"] == "primary"
    heard = await customer.dial()
    assert (heard.who, heard.via) == ("node-2", "trunk-a"), str(heard)


async def test_the_whole_cluster_down_leads_to_the_technician(box: Box, customer: Customer, faults: Faults) -> None:
    await faults.break_("cluster")
    state = await box.wait_for_route("technician")
    assert state["service"] == "total"
    heard = await customer.dial()
    assert heard.reached_a_human, str(heard)
    assert heard.who == f"technician:{state['duty']['person']}"
    assert heard.via is None
