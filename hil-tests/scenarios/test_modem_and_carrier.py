"""S7, S8: the modem vanishes; the network refuses, lies, is silent, or is changed behind our back."""

from __future__ import annotations

import pytest

from bench.lab.roles import Box, Carrier, Customer, Faults

STRANGER = "+420600000999"


async def test_a_modem_unplugged_while_a_change_is_wanted_does_it_when_plugged_in_again(
    box: Box, customer: Customer, faults: Faults, carrier: Carrier
) -> None:
    await faults.break_("modem")
    await box.wait_for(lambda state: state["modem"]["health"] == "down", "modem down")
    await faults.break_("trunk-a")
    await box.wait_for(lambda state: state["route"]["desired"] == "secondary", "secondary desired")
    assert (await box.state())["route"]["active"] == "primary"
    await faults.mend("modem")
    state = await box.wait_for_route("secondary", timeout_s=60)
    assert state["forwarding"]["status"] == "verified"
    assert (await carrier.table())["cfu"] == state["route"]["number"]
    assert (await customer.dial()).via == "trunk-b"


@pytest.mark.parametrize("code", [30, 100, 258])
async def test_a_refused_change_is_told_and_done_when_the_network_relents(
    box: Box, customer: Customer, faults: Faults, carrier: Carrier, code: int
) -> None:
    since = await box.last_event_id()
    await carrier.misbehave("refuse", code=code)
    await faults.break_("trunk-a")
    failed = await box.wait_for_event("forwarding.failed", since_id=since)
    assert str(code) in failed["data"]["message"] or failed["data"]["code"] == code
    await box.wait_for(lambda state: state["forwarding"]["status"] == "unverified", "unverified", timeout_s=60)
    assert (await box.state())["route"]["active"] == "primary"
    await carrier.behave()
    await box.wait_for_route("secondary", timeout_s=60)
    assert (await customer.dial()).via == "trunk-b"


async def test_an_ok_that_does_nothing_is_never_verified(box: Box, faults: Faults, carrier: Carrier) -> None:
    since = await box.last_event_id()
    await carrier.misbehave("lie")
    await faults.break_("trunk-a")
    failed = await box.wait_for_event(
        "forwarding.failed", since_id=since, wanted=lambda one: one["data"]["kind"] == "not_done"
    )
    assert "OK" in failed["data"]["message"]
    # what was told of the state is up to a moment older than the event
    state = await box.wait_for(lambda state: state["route"]["desired"] == "secondary", "secondary desired")
    assert state["forwarding"]["status"] != "verified"
    await carrier.behave()
    await box.wait_for_route("secondary", timeout_s=60)


async def test_a_silent_network_is_asked_again(box: Box, faults: Faults, carrier: Carrier) -> None:
    since = await box.last_event_id()
    await carrier.misbehave("silent")
    await faults.break_("trunk-a")
    await box.wait_for_event("forwarding.requested", since_id=since)
    failed = await box.wait_for_event("forwarding.failed", since_id=since, timeout_s=60)
    assert failed["data"]["kind"] in ("silent", "refused"), "the modem may give up before we do"
    await carrier.behave()
    await box.wait_for_route("secondary", timeout_s=60)


async def test_a_table_changed_behind_our_back_is_disputed_and_repaired(box: Box, carrier: Carrier) -> None:
    since = await box.last_event_id()
    await carrier.change("cfu", STRANGER)
    answer = await box.command("forwarding.verify")
    assert answer["ok"], answer
    disputed = await box.wait_for_event("forwarding.disputed", since_id=since)
    assert disputed["data"]["seen"] == STRANGER
    await box.wait_for_event("forwarding.verified", since_id=disputed["id"])
    await box.wait_for_route("primary")
    assert (await carrier.table())["cfu"] != STRANGER


async def test_failing_queries_are_unverified_never_set(box: Box, carrier: Carrier) -> None:
    await carrier.misbehave("deaf")
    await box.command("forwarding.verify")
    await box.wait_for(lambda state: state["forwarding"]["status"] == "unverified", "unverified", timeout_s=60)
    await carrier.behave()
    await box.wait_for(lambda state: state["forwarding"]["status"] == "verified", "verified", timeout_s=60)


async def test_conditionals_wiped_by_the_network_are_armed_again(box: Box, faults: Faults, carrier: Carrier) -> None:
    await carrier.misbehave("wipe")
    await faults.break_("trunk-a")
    state = await box.wait_for_route("secondary")
    assert state["forwarding"]["net"] == "armed"
    table = await carrier.table()
    assert {table["cfb"], table["cfnry"], table["cfnrc"]} == {state["duty"]["number"]}
