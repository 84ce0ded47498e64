from __future__ import annotations

import asyncio
import time
from pathlib import Path

from appliance.domain.calls import LegResult, Outcome
from bench.phones.behaviour import Behaviour
from bench.phones.timeline import OTHER
from tests.exchange.rig import Said, rig, until
from tests.exchange_transfer.people import (
    ACCEPTS,
    NEVER,
    calls,
    hang_up,
    hears,
    line,
    press,
    rings,
    talking,
    with_extensions,
)


async def test_blind_to_a_person(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world)
        press(world, "anna", "*1302#")
        assert await world.talkers.hears(name, "boris", 90)
        await until(lambda: len(world.lasting()) == 1)  # anna was let go
        await hears(world, "boris", "customer-1")
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.outcome, record.answered_by, record.ended_by) == (Outcome.ANSWERED, "anna", "caller")
        assert record.transfers == ("anna to group:two, blind: boris answered",)
        assert {leg.person: leg.result for leg in record.legs} == {
            "anna": LegResult.TALKED,
            "boris": LegResult.TALKED,
        }
        await until(lambda: not world.lasting())


async def test_keys_that_arrive_in_one_bunch_count_once_each(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world)
        line(world, "anna").stream.hold(1.5)
        press(world, "anna", "*1302#")
        assert await world.talkers.hears(name, "boris", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:two, blind: boris answered",)


async def test_blind_to_nobody_who_answers_comes_back_once_then_to_the_technician(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world, cyril=NEVER, **{"tech-1": ACCEPTS})
        at = time.time()
        press(world, "anna", "*1301#")
        await until(lambda: rings(world, "cyril"))
        assert await world.talkers.hears(name, "ringing", 90, at)
        back = time.time()
        await until(lambda: len(calls(world, "anna")) == 2)
        assert await world.talkers.hears(name, "anna", 90, back)
        world.manners(anna=Behaviour(refuses=603))
        press(world, "anna", "*1301#")
        assert await world.talkers.hears(name, "tech-1", 90)
        hang_up(world, "tech-1")
        (record,) = await world.ended()
        assert record.transfers == (
            "anna to group:one, blind: nobody answered; anna took it back",
            "anna to group:one, blind: nobody answered; tech-1 took it back",
        )
        assert (record.answered_by, record.ended_by) == ("anna", "member")
        await until(lambda: not world.lasting())


async def test_a_wrong_extension_is_said_and_leads_back(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world)
        press(world, "anna", "*1999#")
        await hears(world, "anna", OTHER)  # speech
        since = time.time()
        assert await world.talkers.hears(name, "anna", 90, since)
        await hears(world, "anna", "customer-1", since)
        press(world, "anna", "*1201#")  # her own
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ()
        assert {one["who"] for one in world.rung()} == {"anna"}


async def test_the_caller_presses_in_vain(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world)
        world.talkers.call(name).stream.press("*1302#")
        await until(lambda: "#" in [digit for _, digit in line(world, "anna").stream.pressed], 90)
        since = time.time()
        assert await world.talkers.hears(name, "anna", 90, since)
        assert {one["who"] for one in world.rung()} == {"anna"}


async def test_attended_and_the_member_hangs_up(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world)
        press(world, "anna", "*2302#")
        await hears(world, "anna", "ringing")
        await hears(world, "anna", "boris")
        await hears(world, "boris", "anna")
        assert "boris" not in [one["what"] for one in world.talkers.told(name)["heard"]]
        hang_up(world, "anna")
        assert await world.talkers.hears(name, "boris", 90)
        await hears(world, "boris", "customer-1")
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:two, attended: boris has the caller",)
        assert {leg.person: leg.result for leg in record.legs} == {
            "anna": LegResult.TALKED,
            "boris": LegResult.TALKED,
        }
        await until(lambda: not world.lasting())


async def test_attended_and_back_by_the_star(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world, cyril=NEVER)
        press(world, "anna", "*2301#")
        await until(lambda: rings(world, "cyril"))
        press(world, "anna", "*")  # while it rings
        await until(lambda: len(world.lasting()) == 1)
        since = time.time()
        assert await world.talkers.hears(name, "anna", 90, since)
        press(world, "anna", "*2302#")
        await hears(world, "boris", "anna")
        press(world, "anna", "*")  # while they talk
        await until(lambda: len(world.lasting()) == 1)
        since = time.time()
        assert await world.talkers.hears(name, "anna", 90, since)
        await hears(world, "anna", "customer-1", since)
        hang_up(world, "anna")
        (record,) = await world.ended()
        assert record.ended_by == "member"
        assert record.transfers == (
            "anna to group:one, attended: taken back",
            "anna to group:two, attended: taken back",
        )
        assert [leg.result for leg in record.legs if leg.person != "anna"] == [LegResult.ELSEWHERE] * 2


async def test_attended_to_nobody_who_answers_leads_back(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world, cyril=Behaviour(refuses=486))
        press(world, "anna", "*2301#")
        await hears(world, "anna", OTHER)
        async with asyncio.timeout(90):  # what is heard tells nothing before that: the talk, or the talk again
            while not "".join((await world.records())[0].transfers).endswith("caller"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        since = time.time()
        assert await world.talkers.hears(name, "anna", 90, since)
        hang_up(world, "anna")
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:one, attended: nobody answered; back to the caller",)


async def test_attended_and_the_member_hangs_up_while_it_rings(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        slow = Behaviour(answers_after_s=2.0, says=None, tone_after_s=0.0)
        name = await talking(world, boris=slow)
        press(world, "anna", "*2302#")
        await until(lambda: rings(world, "boris"))
        hang_up(world, "anna")
        assert await world.talkers.hears(name, "boris", 90)
        assert len(calls(world, "boris")) == 1  # it went on ringing
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:two, blind: boris answered",)
        await until(lambda: not world.lasting())


async def test_the_caller_leaves_during_the_consultation(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        name = await talking(world)
        press(world, "anna", "*2302#")
        await hears(world, "boris", "anna")
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, "caller")
        assert {leg.person: leg.result for leg in record.legs} == {
            "anna": LegResult.TALKED,
            "boris": LegResult.CALLER_GONE,
        }
        await until(lambda: not world.lasting())
        name = await talking(world)  # nobody is held for busy
        press(world, "anna", "*1302#")
        assert await world.talkers.hears(name, "boris", 90)
