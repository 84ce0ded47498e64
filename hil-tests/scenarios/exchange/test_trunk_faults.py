"""Outgoing calls and their trunks: swallowed, refused, ringing for ever, answered without sound."""

from __future__ import annotations

import asyncio

import pytest

from bench.lab.exchange_roles import Exchanges, Phones
from bench.lab.roles import Faults
from bench.lab.rows import row_of
from bench.rosters import group, line, roster

REFUSALS = ("forbid", "unavailable", "swallow")
CALLER = "+420606000091"


async def only_one_is_trusted(phones: Phones, faults: Faults, trusted: str, other: str) -> None:
    """An exchange asks the one first then: a trunk that failed, in the scenario before too, is left alone a while."""
    await faults.break_(other, "forbid")
    for _ in range(2):  # the calls of a group are spread over the trunks
        call = await phones.dial()
        began = (await call.told()).began
        rings = await phones.wait_for_rings(
            lambda rings: len([one for one in rings if one.rang_at]) == 2, "both ring", began
        )
        assert {one.via for one in rings} == {trusted}
        await call.hang_up()
        await phones.wait_for_rings(lambda rings: all(one.ended_at for one in rings), "nobody rings", began)
    await faults.mend(other)


@pytest.mark.parametrize("how", REFUSALS)
async def test_a_trunk_that_takes_no_calls_is_passed_over(
    phones: Phones, exchanges: Exchanges, faults: Faults, how: str
) -> None:
    ops = group("ops", "anna", "boris", ring_s=90.0)
    await exchanges.roster(roster(ops, line=line("group:ops")))
    for who in ("anna", "boris"):
        await phones.set(who, "never")
    await only_one_is_trusted(phones, faults, "trunk-a", "trunk-b")
    await faults.break_("trunk-a", how)
    call = await phones.dial(caller=CALLER)
    told = await call.told()
    rings = await phones.wait_for_rings(
        lambda rings: len({one.who for one in rings}) == 2, "both ring", told.began, 60
    )
    assert {one.via for one in rings} == {"trunk-b"}
    await call.hang_up()
    legs = (await row_of(exchanges, CALLER, told.began))["legs"]
    ways = {(leg["person"], leg["via"]) for leg in legs}
    assert ways == {(who, via) for who in ("anna", "boris") for via in ("trunk-a", "trunk-b")}


@pytest.mark.usefixtures("rested_phones")
async def test_busy_is_the_persons_and_not_the_trunks(phones: Phones, exchanges: Exchanges, faults: Faults) -> None:
    await exchanges.roster(roster(group("ops", "anna", ring_s=4.0), line=line("group:ops")))
    await faults.break_("trunk-a", "busy")
    await faults.break_("trunk-b", "busy")
    call = await phones.dial()
    told = await call.told()
    out: list[str] = []
    async with asyncio.timeout(60):
        while "+420777000111" not in out:
            await asyncio.sleep(0.2)
            out = [one["number"] for one in await phones.outgoing(told.began)]
    assert out == ["+420777000113", "+420777000111"], "a busy person was tried through the other trunk too"
    await call.hang_up()


async def test_a_trunk_that_rings_for_ever_and_one_that_answers_without_sound_lead_on(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    ops = group("ops", "anna", ring_s=3.0, screening="auto")
    await exchanges.roster(roster(ops, group("night", "boris", ring_s=10.0), line=line("group:ops", "group:night")))
    for how in ("ring", "mute"):
        await faults.mend_all()
        await faults.break_("trunk-a", how)
        await faults.break_("trunk-b", how)
        call = await phones.dial()
        told = await call.told()
        rings = await phones.wait_for_rings(
            lambda rings: any(one.who == "boris" for one in rings), f"boris is rung ({how})", told.began, 60
        )
        assert rings[0].who == "anna"
        assert "anna" not in (await call.told()).heard_names()
        await call.hang_up()
        await phones.wait_for_rings(lambda rings: all(one.ended_at for one in rings), "nobody rings", told.began)
