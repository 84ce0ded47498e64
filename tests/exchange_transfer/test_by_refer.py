"""SIP phones transfer with REFER; Asterisk leaves the decision to us, or does it by itself where it is too old."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from appliance.exchange import attempt
from appliance.roster.models import Roster
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import SERVICE, Rig, Said, rig, until
from tests.exchange_transfer.people import ACCEPTS, QUICK, calls, hang_up, line, talking, with_extensions


def with_sip_phone(world: Rig) -> Roster:
    """Anna is at a SIP phone; what is dialled there is her mobile number still, for the bench to know her by."""
    document = with_extensions().model_dump(mode="json", by_alias=True)
    for person in document["person"]:
        if person["id"] == "anna":
            person |= {"sip": f"sip:{person['mobile']}@{world.phones.agent.contact}", "ring": ["sip"]}
    return Roster.model_validate(document)


async def refer(world: Rig, to: str) -> list[str]:
    """Anna transfers; what she is told."""
    call = line(world, "anna")
    assert await call.refer(f"sip:{to}@{world.asterisk.address}") == 202
    await until(lambda: any("100" not in told for told in call.told))
    return call.told


async def test_blind_to_an_extension(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        world.said.roster = with_sip_phone(world)
        name = await talking(world)
        assert any("200" in told for told in await refer(world, "302"))
        assert await world.talkers.hears(name, "boris", 15)
        await until(lambda: len(world.lasting()) == 1)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:two, blind: boris answered",)


@pytest.mark.parametrize("to", ["999", "+420900123456"])
async def test_to_somebody_outside_the_roster_is_declined_and_the_talk_goes_on(tmp_path: Path, to: str) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        world.said.roster = with_sip_phone(world)
        name = await talking(world)
        told = await refer(world, to)
        assert not any("200" in one for one in told)
        await asyncio.sleep(0.5)
        assert line(world, "anna")
        assert world.talkers.call(name).ended_at is None
        assert {one["who"] for one in world.rung()} == {"anna"}
        hang_up(world, "anna")
        (record,) = await world.ended()
        assert record.transfers == ()


async def test_an_older_asterisk_transfers_by_itself_and_the_caller_comes_back_to_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "HANDLING", {})
    async with rig(tmp_path, Said(with_extensions())) as world:
        world.said.roster = with_sip_phone(world)
        name = await talking(world, cyril=Behaviour(refuses=603), **{"tech-1": ACCEPTS})
        await refer(world, "302")
        assert await world.talkers.hears(name, "boris", 15)
        await until(lambda: len(world.lasting()) == 1)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:two, blind: boris answered",)


__all__ = ["QUICK", "SERVICE", "calls"]
