"""The cluster dies: the guard diverts to the box's own number, and the box's exchange takes the calls."""

from __future__ import annotations

from bench.lab.exchange_roles import Exchanges, Phones
from bench.lab.roles import Box, Faults
from bench.lab.rows import row_of
from bench.rosters import group, line, roster


async def test_the_box_takes_the_calls_of_a_dead_cluster_and_gives_them_back(
    phones: Phones, exchanges: Exchanges, box: Box, faults: Faults
) -> None:
    await exchanges.roster(roster(group("ops", "anna"), line=line("group:ops", greeting="bench/greeting")))
    await faults.break_("cluster")
    state = await box.wait_for_route("local", 180)
    assert state["service"] != "normal"
    caller = "+420606000061"
    call = await phones.dial(caller=caller)
    told = await call.hears("anna")
    assert "greeting" in told.heard_names()
    await call.hang_up()
    assert {one["by"] for one in await phones.outgoing(told.began)} == {"box"}
    row = await row_of(exchanges, caller)
    assert (row["exchange"], row["answered_by"]) == ("box", "anna")
    await faults.mend("cluster")
    await box.wait_for_route("primary", 180)


async def test_without_its_registration_the_local_route_is_not_taken(
    phones: Phones, exchanges: Exchanges, box: Box, faults: Faults
) -> None:
    await exchanges.roster(roster(group("ops", "anna"), line=line("group:ops")))
    await faults.break_("asterisk@box")
    await faults.break_("cluster")
    state = await box.wait_for_route("technician", 180)
    assert state["service"] == "total"
    call = await phones.dial()
    await call.hears("tech-1")
    await call.hang_up()
