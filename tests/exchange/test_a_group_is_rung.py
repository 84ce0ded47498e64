from __future__ import annotations

from pathlib import Path

from appliance.domain.calls import LegResult, Outcome
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import SERVICE, Said, rig, roster, until

QUICK = Behaviour(answers_after_s=0.5, tone_after_s=0.1)
NEVER = Behaviour(answers_after_s=None)


async def test_the_first_to_pick_up_has_the_call(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster())) as world:
        world.manners(anna=QUICK, boris=NEVER, cyril=NEVER)
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)
        assert {one["who"] for one in world.rung()} == {"anna", "boris", "cyril"}
        await until(lambda: len(world.lasting()) == 1)
        await until(lambda: "customer-1" in {one["what"] for one in world.rung("anna", heard=True)[0]["heard"]})
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.outcome, record.answered_by, record.ended_by) == (Outcome.ANSWERED, "anna", "caller")
        results = {leg.person: leg.result for leg in record.legs}
        assert results == {"anna": LegResult.TALKED, "boris": LegResult.ELSEWHERE, "cyril": LegResult.ELSEWHERE}
        await until(lambda: not world.lasting())
