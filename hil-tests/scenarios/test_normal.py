"""S1: everything works."""

from __future__ import annotations

from bench.lab.roles import Box, Carrier, Customer


async def test_the_service_number_is_diverted_to_the_primary_and_a_customer_hears_a_node(
    box: Box, customer: Customer, carrier: Carrier
) -> None:
    state = await box.wait_for_route("primary")
    assert state["service"] == "normal"
    assert state["forwarding"]["status"] == "verified"
    assert state["forwarding"]["verified_at"] is not None
    table = await carrier.table()
    assert table["cfu"] == state["route"]["number"]
    assert {table["cfb"], table["cfnry"], table["cfnrc"]} == {state["duty"]["number"]}

    heard = await customer.dial()
    assert heard.reached_a_human, str(heard)
    assert heard.who in state["nodes"]
    assert heard.via == "trunk-a"
