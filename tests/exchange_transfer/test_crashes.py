"""The exchange is killed while a caller is being handed on: who talks goes on talking, nobody is forgotten."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from appliance.domain.calls import LegResult
from bench.phones.behaviour import Behaviour
from bench.phones.timeline import OTHER
from tests.exchange.rig import Said, rig, until
from tests.exchange.test_recovery import killed
from tests.exchange_transfer.people import NEVER, calls, hang_up, hears, press, rings, talking, with_extensions

SLOW = Behaviour(answers_after_s=2.5, says=None, tone_after_s=0.0)


async def test_while_the_target_of_a_blind_one_rings(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world, boris=SLOW)
        press(world, "anna", "*1302#")
        await until(lambda: rings(world, "boris"))
        await asyncio.sleep(0.2)
        await killed(world)
        await world.start()
        assert await world.talkers.hears(name, "boris", 90)
        assert len(calls(world, "boris")) == 1
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:two, blind: boris answered",)
        assert {leg.person: leg.result for leg in record.legs} == dict.fromkeys(("anna", "boris"), LegResult.TALKED)
        await until(lambda: not world.lasting())


async def test_while_the_target_of_an_attended_one_rings(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world, boris=SLOW)
        press(world, "anna", "*2302#")
        await until(lambda: rings(world, "boris"))
        await asyncio.sleep(0.2)
        await killed(world)
        await world.start()
        await hears(world, "boris", "anna")
        assert len(calls(world, "boris")) == 1
        hang_up(world, "anna")
        assert await world.talkers.hears(name, "boris", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:two, attended: boris has the caller",)


async def test_during_the_consultation_and_it_goes_on(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world)
        press(world, "anna", "*2302#")
        await hears(world, "boris", "anna")
        await killed(world)
        await asyncio.sleep(0.5)
        await world.start()
        since = time.time()
        await hears(world, "boris", "anna", since)
        press(world, "anna", "*")
        assert await world.talkers.hears(name, "anna", 90, since)
        hang_up(world, "anna")
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:two, attended: taken back",)
        await until(lambda: not world.lasting())


async def test_during_the_consultation_and_the_member_hangs_up_meanwhile(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world)
        press(world, "anna", "*2302#")
        await hears(world, "boris", "anna")
        await killed(world)
        hang_up(world, "anna")
        await asyncio.sleep(0.3)
        await world.start()
        assert await world.talkers.hears(name, "boris", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers[-1] == "anna to group:two, attended: boris has the caller"


async def test_both_leave_a_waiting_caller_meanwhile_who_is_not_forgotten(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world)
        press(world, "anna", "*2302#")
        await hears(world, "boris", "anna")
        await killed(world)
        hang_up(world, "anna")
        hang_up(world, "boris")
        world.manners(boris=NEVER)
        await asyncio.sleep(0.3)
        since = time.time()
        await world.start()
        await until(lambda: len(calls(world, "anna")) == 2)
        assert await world.talkers.hears(name, "anna", 90, since)
        world.talkers.call(name).hang_up()
        await world.ended()
        await until(lambda: not world.lasting())


async def test_while_it_is_on_its_way_back_to_the_member(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world, cyril=Behaviour(refuses=603))
        world.manners(anna=SLOW)
        press(world, "anna", "*1301#")
        await until(lambda: rings(world, "anna"))
        await asyncio.sleep(0.2)
        await killed(world)
        since = time.time()
        await world.start()
        assert await world.talkers.hears(name, "anna", 90, since)
        assert len(calls(world, "anna")) == 2
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:one, blind: nobody answered; anna took it back",)


async def test_while_a_wrong_extension_is_announced(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world)
        press(world, "anna", "*1999#")
        await hears(world, "anna", OTHER)
        await killed(world)
        since = time.time()
        await world.start()
        assert await world.talkers.hears(name, "anna", 90, since)
        await hears(world, "anna", "customer-1", since)
        assert len(calls(world, "anna")) == 1
        hang_up(world, "anna")
        (record,) = await world.ended()
        assert record.ended_by == "member"
