"""Outgoing calls and their trunks: swallowed, refused, ringing for ever, answered without sound."""

from __future__ import annotations

import asyncio

import pytest

from bench.lab.exchange_roles import Exchanges, Phones
from bench.lab.roles import Faults
from bench.rosters import group, line, roster

REFUSALS = ("forbid", "unavailable", "swallow")


@pytest.mark.parametrize("how", REFUSALS)
async def test_a_trunk_that_takes_no_calls_is_passed_over(
    phones: Phones, exchanges: Exchanges, faults: Faults, how: str
) -> None:
    ops = group("ops", "anna", "boris", ring_s=25.0)
    await exchanges.roster(roster(ops, line=line("group:ops")))
    await faults.break_("trunk-a", how)
    for who in ("anna", "boris"):
        await phones.set(who, answers_after_s=3.0)
    call = await phones.dial()
    told = await call.told()
    rings = await phones.wait_for_rings(
        lambda rings: len({one.who for one in rings}) == 2, "both ring", told.began, 20
    )
    assert {one.via for one in rings} == {"trunk-b"}
    await call.hang_up()


@pytest.mark.usefixtures("rested_phones")
async def test_busy_is_the_persons_and_not_the_trunks(phones: Phones, exchanges: Exchanges, faults: Faults) -> None:
    await exchanges.roster(roster(group("ops", "anna", ring_s=4.0), line=line("group:ops")))
    await faults.break_("trunk-a", "busy")
    await faults.break_("trunk-b", "busy")
    call = await phones.dial()
    told = await call.told()
    out: list[str] = []
    async with asyncio.timeout(20):
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
            lambda rings: any(one.who == "boris" for one in rings), f"boris is rung ({how})", told.began, 30
        )
        assert rings[0].who == "anna"
        assert "anna" not in (await call.told()).heard_names()
        await call.hang_up()
        await call.over()
