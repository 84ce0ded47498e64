"""Who picks up is heard: a person is connected, an answering machine never is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.calls import LegResult
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import SERVICE, Said, rig, roster, spoken, until


async def test_a_person_is_connected_by_a_word(tmp_path: Path) -> None:
    async with rig(
        tmp_path, Said(roster(screening="auto", members=["anna"])), sounds=await spoken(tmp_path)
    ) as world:
        world.manners(anna=Behaviour(answers_after_s=1.6, says="hello", tone_after_s=3))
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert [(leg.screening, leg.result) for leg in record.legs] == [("human", LegResult.TALKED)]
        assert record.legs[0].screening_ms is not None


@pytest.mark.parametrize("manners", ["voicemail", "early-voicemail"])
async def test_a_voicemail_is_never_connected_and_the_others_ring_on(tmp_path: Path, manners: str) -> None:
    said = Said(roster(screening="auto", members=["anna", "boris"], ring_s=30))
    async with rig(tmp_path, said, sounds=await spoken(tmp_path)) as world:
        voicemail = {
            "voicemail": Behaviour(answers_after_s=1.6, says="voicemail", tone=False),
            "early-voicemail": Behaviour(answers_after_s=None, early="unavailable", tone=False),
        }
        world.manners(anna=voicemail[manners], boris=Behaviour(answers_after_s=12, says="hello", tone_after_s=3))
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "boris", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        results = {leg.person: leg.result for leg in record.legs}
        assert results == {"anna": LegResult.MACHINE, "boris": LegResult.TALKED}
        assert len(world.rung("boris")) == 1


async def test_who_is_not_the_one_that_was_dialled_presses_a_key_however_human_they_sound(tmp_path: Path) -> None:
    said = Said(roster(screening="auto", strategy="firstavailable", ring_s=30))
    other = "+420603399999"
    async with rig(tmp_path, said, sounds=await spoken(tmp_path)) as world:
        person = Behaviour(answers_after_s=1.6, says="hello", tone_after_s=6, presses="1", presses_after_s=6)
        for ways in (("asserted", "ringing", "remote-party"), ("diverted", "history", "")):
            names = []
            for who, way in zip(("anna", "boris", "cyril"), ways, strict=True):
                as_other = replace(person, answers_as=other, tells_by=way)
                himself = replace(person, answers_as="777000115", presses="", tone_after_s=3)  # as at home
                world.manners(**{who: as_other if way else himself})
                names.append(world.talkers.dial(SERVICE))
                await until(lambda who=who: any(call.rang_at for call in world.phones_of(who)))  # type: ignore[misc]
            for name, who in zip(names, ("anna", "boris", "cyril"), strict=True):
                assert await world.talkers.hears(name, who, 90), who
                world.talkers.call(name).hang_up()
            await until(lambda: not world.lasting())
        records = await world.ended(6)
        told = {(one.person, one.screening, one.connected) for record in records for one in record.legs}
        assert told == {
            ("anna", "key", other),
            ("boris", "key", other),
            ("cyril", "key", other),
            ("anna", "key", None),
            ("boris", "key", None),
            ("cyril", "human", None),
        }


async def test_a_key_is_asked_for_where_the_group_says_so(tmp_path: Path) -> None:
    said = Said(roster(screening="key", members=["anna", "boris"], strategy="firstavailable"))
    async with rig(tmp_path, said) as world:
        world.manners(
            anna=Behaviour(answers_after_s=0.3, says=None, tone=False, presses="2", presses_after_s=1),
            boris=Behaviour(answers_after_s=0.3, says=None, tone_after_s=3, presses="1", presses_after_s=1),
        )
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "boris", 90)
        (anna,) = world.rung("anna", heard=True)
        assert any(one["what"] == "sound" for one in anna["heard"])  # was asked
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert [(leg.result, leg.screening) for leg in record.legs] == [
            (LegResult.REJECTED, None),
            (LegResult.TALKED, "key"),
        ]


async def test_the_caller_hangs_up_while_somebody_is_screened(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(screening="auto", members=["anna"]))) as world:
        world.manners(anna=Behaviour(answers_after_s=0.3, says=None, tone=False))
        name = world.talkers.dial(SERVICE)
        await until(lambda: any(call.answered_at for call in world.lasting()))
        await asyncio.sleep(0.5)
        world.talkers.call(name).hang_up()
        await until(lambda: not world.lasting())
        (record,) = await world.ended()
        assert record.legs[0].result is LegResult.CALLER_GONE
        assert world.hub is not None
        await until(lambda: not world.hub.world.switch.busy)  # type: ignore[union-attr]
        await world.no_channels()
