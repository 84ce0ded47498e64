"""The exchange is killed, or its Asterisk: talkers notice nothing, and the log comes out right."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from appliance.domain.calls import LegResult, Outcome
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import SERVICE, Rig, Said, rig, roster, until

QUICK = Behaviour(answers_after_s=0.5, tone_after_s=0.1)
NEVER = Behaviour(answers_after_s=None)


async def killed(world: Rig) -> None:
    """As SIGKILL: nothing of the exchange is done any more."""
    assert world.hub is not None
    world.hub.errands.run = lambda job: job.close()  # type: ignore[method-assign]
    await world.stop()


async def talking(world: Rig) -> int:
    world.manners(anna=QUICK, boris=NEVER, cyril=NEVER)
    name = world.talkers.dial(SERVICE)
    assert await world.talkers.hears(name, "anna", 90)
    await until(lambda: len(world.lasting()) == 1)
    return name


async def test_talkers_notice_nothing_and_their_call_is_taken_up(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster())) as world:
        name = await talking(world)
        await killed(world)
        await asyncio.sleep(1)
        await world.start()
        await asyncio.sleep(0.5)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.outcome, record.answered_by, record.ended_by) == (Outcome.ANSWERED, "anna", "caller")
        assert record.talked_s is not None
        assert record.talked_s > 1.4
        assert {leg.person: leg.result for leg in record.legs}["anna"] is LegResult.TALKED
        heard = [one for one in world.talkers.told(name)["heard"] if one["what"] == "anna"]
        assert len(heard) == 1  # without a gap
        await until(lambda: not world.lasting())


async def test_a_talk_that_ended_meanwhile_gets_its_true_end(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster())) as world:
        name = await talking(world)
        await killed(world)
        world.talkers.call(name).hang_up()
        ended_at = world.talkers.call(name).ended_at
        await asyncio.sleep(5)
        assert world.lasting()  # the member waits for somebody to end it
        await world.start()
        (record,) = await world.ended()
        assert record.outcome is Outcome.ANSWERED
        assert record.ended_at is not None
        assert ended_at is not None
        assert (
            abs(datetime.fromisoformat(record.ended_at).timestamp() - ended_at) < 4
        )  # it came back after five seconds
        await until(lambda: not world.lasting())


async def test_ringing_goes_on_after_a_crash(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(ring_s=20))) as world:
        world.manners(anna=Behaviour(answers_after_s=4, tone_after_s=0.1), boris=NEVER, cyril=NEVER)
        name = world.talkers.dial(SERVICE)
        await until(lambda: len(world.lasting()) == 3)
        await asyncio.sleep(0.3)
        await killed(world)
        await world.start()
        assert await world.talkers.hears(name, "anna", 90)
        assert len(world.rung()) == 3  # nobody was rung anew
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.outcome, record.answered_by) == (Outcome.ANSWERED, "anna")
        assert len(record.legs) == 3
        await until(lambda: not world.lasting())


async def test_the_caller_left_while_it_rang_and_nobody_looked(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(ring_s=20))) as world:
        world.manners(anna=NEVER, boris=NEVER, cyril=NEVER)
        name = world.talkers.dial(SERVICE)
        await until(lambda: len(world.lasting()) == 3)
        await asyncio.sleep(0.3)
        await killed(world)
        world.talkers.call(name).hang_up()
        await asyncio.sleep(0.5)
        await world.start()
        (record,) = await world.ended()
        assert record.outcome is Outcome.ABANDONED
        await until(lambda: not world.lasting())  # orphans are hung up


async def test_a_call_in_the_gap_rings_the_technician_and_is_logged(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster())) as world:
        await killed(world)
        world.manners(**{"tech-1": QUICK})
        name = world.talkers.dial(SERVICE, "+420601000001")
        assert await world.talkers.hears(name, "tech-1", 90)
        world.talkers.call(name).hang_up()
        await until(lambda: not world.lasting())
        await world.noted()
        await world.start()
        (record,) = await world.ended()
        assert (record.outcome, record.caller, record.called) == (Outcome.ANSWERED, "+420601000001", SERVICE)
        assert record.steps == ("technician by the dialplan",)
        assert record.legs[0].number == "+420777000111"


async def test_asterisk_is_restarted(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster())) as world:
        await talking(world)
        world.connected.clear()
        await world.asterisk.process.kill()
        await world.asterisk.start()
        await asyncio.wait_for(world.connected.wait(), 30)
        (record,) = await world.ended()
        assert (record.outcome, record.ended_by) == (Outcome.CUT, "cut")
        for call in world.lasting():
            call.hang_up()
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)
        world.talkers.call(name).hang_up()
        await world.ended(2)
