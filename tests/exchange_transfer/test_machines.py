"""A caller who was handed on to a machine that sounds like a person at first is taken back from it."""

from __future__ import annotations

from pathlib import Path

from appliance.domain.calls import LegResult
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import Said, rig, until
from tests.exchange.test_second_net import PAUSING, pausing
from tests.exchange_transfer.people import press, rings, talking, with_extensions


async def test_blind_to_a_machine_comes_back(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions()), sounds=await pausing(tmp_path)) as world:
        name = await talking(world, boris=PAUSING)
        world.manners(anna=Behaviour(answers_after_s=1.0, says=None, tone_after_s=0.1))
        press(world, "anna", "*1303#")
        await until(lambda: rings(world, "boris"), 90)
        await until(lambda: rings(world, "anna"), 90)
        assert await world.talkers.hears(name, "anna", 90, world.phones_of("anna")[0].began)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == (
            "anna to group:ears, blind: boris answered",
            "anna to group:ears, blind: nobody answered; anna took it back",
        )
        assert record.answered_by == "anna"
        legs = {leg.person: leg for leg in record.legs if leg.person != "anna"}
        # a busy machine brings the voice with gaps: then it is a doubt, and nobody presses the key
        told = (legs["boris"].result, legs["boris"].screening)
        assert told in ((LegResult.MACHINE, "machine"), (LegResult.NOT_ACCEPTED, "doubt"))
        assert record.steps == ("group:team",)
        await until(lambda: not world.lasting())
        await world.no_channels()
