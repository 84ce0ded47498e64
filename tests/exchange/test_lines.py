"""What a line says: greeting, recording, own phones, a fault of ours, phones that nobody registered."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from appliance.domain.calls import LegResult, Outcome
from appliance.exchange.ringing import Ringing
from appliance.roster.models import Roster
from bench.phones.agent import register
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import SERVICE, Said, rig, roster, until

QUICK = Behaviour(answers_after_s=0.5, tone_after_s=0.1)


def changed(base: Roster, **line: object) -> Roster:
    document = base.model_dump(mode="json", by_alias=True)
    document["line"][0] |= line
    return Roster.model_validate(document)


async def test_greeting_and_recording(tmp_path: Path) -> None:
    said = Said(changed(roster(members=["anna"]), greeting="hello-world", record=True))
    async with rig(tmp_path, said) as world:
        world.manners(anna=QUICK)
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)
        heard = world.talkers.told(name)["heard"]
        assert heard[0]["what"] == "sound"  # the greeting, before anything rang
        assert world.rung("anna")[0]["began"] >= heard[0]["end"] - 0.5
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.steps == ("play:hello-world", "group:team")
        assert record.recording == f"hl-{record.id}.wav"
        kept = await world.recorded(record.recording)
        assert kept.state == "whole"
        with wave.open(str(world.archive.keeper.path(kept))) as sound:
            assert sound.getnframes() > 8000 * 0.2


async def test_a_night_switch_leads_elsewhere(tmp_path: Path) -> None:
    base = changed(roster(members=["anna"]), closed=["person:boris"], mode={"situation": "closed", "by": "somebody"})
    async with rig(tmp_path, Said(base)) as world:
        world.manners(boris=Behaviour(answers_after_s=0.3, says=None, tone_after_s=3, presses="1"))
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "boris", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert (record.situation, record.steps) == ("closed", ("person:boris",))
        assert world.rung("anna") == []


async def test_a_number_without_a_line_is_refused(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(changed(roster(), numbers=["+420226000999"]))) as world:
        name = world.talkers.dial(SERVICE)
        (record,) = await world.ended()
        assert record.outcome is Outcome.REFUSED
        await until(world.talkers.call(name).over.is_set)
        assert world.talkers.call(name).status == 404


async def test_a_fault_of_ours_leads_the_caller_to_the_technician(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rig(tmp_path, Said(roster())) as world:
        world.manners(anna=QUICK, **{"tech-1": QUICK})
        other = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(other, "anna", 90)

        async def broken(*_: object) -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(Ringing, "run", broken)
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "tech-1", 90)
        assert not world.talkers.call(other).over.is_set()
        world.talkers.call(name).hang_up()
        world.talkers.call(other).hang_up()
        await until(lambda: not world.lasting())
        records = await world.tidied(2)
        assert {record.outcome for record in records} == {Outcome.ANSWERED}
        assert any("technician by the dialplan" in record.steps for record in records)


async def test_mobile_and_own_phone_ring_together_as_one(tmp_path: Path) -> None:
    base = roster(members=["anna"], screening="auto")
    document = base.model_dump(mode="json", by_alias=True)
    for person in document["person"]:
        if person["id"] == "anna":
            person |= {"ring": ["mobile", "sip"], "sip": "anna-desk", "sip_password": "correct horse"}
    said = Said(Roster.model_validate(document))
    async with rig(tmp_path, said) as world:
        await world.push_accounts()
        where = (world.asterisk.address, 5060)
        assert await register(world.desk.agent, where, "anna-desk", "correct horse") == 200
        world.manners(anna=Behaviour(answers_after_s=None))
        world.desk.set("anna-desk", QUICK)
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "cyril", 90)  # without screening: the phone is ours
        await until(lambda: len(world.lasting()) == 1)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.answered_by == "anna"
        assert {leg.via: leg.result for leg in record.legs if leg.via == "sip"} == {"sip": LegResult.TALKED}
        assert {leg.result for leg in record.legs if leg.via != "sip"} == {LegResult.ELSEWHERE}
