"""Busy and unreachable members, sick trunks, two callers, backup and the technician."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.domain.calls import LegResult, Outcome
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import ANNA, PEOPLE, SERVICE, Rig, Said, rig, roster, until

QUICK = Behaviour(answers_after_s=0.5, tone_after_s=0.1)
NEVER = Behaviour(answers_after_s=None)


def heard_of(world: Rig, name: int) -> str | None:
    return next((one["what"] for one in world.talkers.told(name)["heard"] if one["what"] in PEOPLE.values()), None)


async def test_nobody_answers_and_the_technician_is_rung_last(tmp_path: Path) -> None:
    said = Said(roster(ring_s=2, members=["anna", "boris"], strategy="firstavailable"))
    async with rig(tmp_path, said) as world:
        world.manners(anna=Behaviour(refuses=486, rings=False), boris=NEVER)
        world.manners(**{"tech-1": Behaviour(answers_after_s=1.5, says=None, tone_after_s=4, presses="1")})
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "tech-1", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.steps == ("group:team", "duty")
        assert [(leg.person, leg.result) for leg in record.legs] == [
            ("anna", LegResult.BUSY),
            ("boris", LegResult.NO_ANSWER),
            ("tech-1", LegResult.TALKED),
        ]
        assert record.answered_by == "tech-1"
        assert record.legs[-1].screening == "key"


async def test_nobody_at_all_answers(tmp_path: Path) -> None:
    said = Said(roster(ring_s=1, members=["anna"]))
    async with rig(tmp_path, said) as world:
        world.manners(anna=NEVER, **{"tech-1": Behaviour(refuses=603, refuses_after_s=0.2)})
        name = world.talkers.dial(SERVICE)
        (record,) = await world.ended()
        assert record.outcome is Outcome.UNANSWERED
        await until(world.talkers.call(name).over.is_set)
        assert any(one["what"] == "sound" for one in world.talkers.told(name)["heard"])  # told so
        assert world.talkers.call(name).answered_at is None  # and not charged for it


async def test_a_phone_that_is_hard_to_find_is_not_rung_twice(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(ring_s=30))) as world:
        silent = Behaviour(rings=False, answers_after_s=12.0, says=None, tone_after_s=0.1)
        world.manners(anna=silent, boris=NEVER, cyril=NEVER)
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        via = {leg.person: leg.via for leg in record.legs}
        # another phone rang by the same trunk: so that had not swallowed anything
        assert via["anna"] in (via["boris"], via["cyril"])
        assert len(world.rung("anna")) == 1


@pytest.mark.parametrize("refuses", [503, 403, 500])
async def test_a_trunk_refuses_and_the_other_one_is_taken(tmp_path: Path, refuses: int) -> None:
    async with rig(tmp_path, Said(roster(members=["anna"]))) as world:
        world.phones.set("anna", Behaviour(refuses=refuses, rings=False))
        world.phones_b.set("anna", QUICK)
        assert world.hub is not None
        world.hub.world.trunks.suspect("trunk-b")  # so that the sick one is tried first
        for number in (1, 2):
            name = world.talkers.dial(SERVICE)
            assert await world.talkers.hears(name, "anna", 90)
            world.talkers.call(name).hang_up()
            await world.ended(number)
        assert len(world.phones.records()) == 1  # suspected from then on


async def test_a_trunk_swallows_the_call(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(members=["anna"], ring_s=30))) as world:
        world.phones.set("anna", Behaviour(rings=False, answers_after_s=None))
        world.phones_b.set("anna", QUICK)
        assert world.hub is not None
        world.hub.world.trunks.suspect("trunk-b")
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert [(leg.via, leg.result) for leg in record.legs] == [
            ("trunk-a", LegResult.UNREACHABLE),
            ("trunk-b", LegResult.TALKED),
        ]
        assert [leg.rang_at is None for leg in record.legs] == [True, False]
        (silent,), (rang,) = world.phones.calls("anna"), world.phones_b.calls("anna")
        assert (silent.ended_by, silent.rang_at) == ("cancel", None)
        assert silent.ended_at is not None
        assert silent.ended_at <= rang.began, "a phone that is found late would have rung twice at once"


async def test_the_last_trunk_is_given_the_time_that_a_phone_abroad_takes(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(members=["anna"], ring_s=30))) as world:
        world.phones.set("anna", Behaviour(rings=False, answers_after_s=12.0, says=None, tone_after_s=0.1))
        world.phones_b.set("anna", Behaviour(refuses=503, rings=False))
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert [(leg.via, leg.result) for leg in record.legs][-1] == ("trunk-a", LegResult.TALKED)
        assert record.steps == ("group:team",)


async def test_a_busy_phone_is_not_rung_over_the_other_trunk(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(members=["anna", "boris"]))) as world:
        world.manners(anna=Behaviour(refuses=486, rings=False), boris=QUICK)
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "boris", 90)
        assert len(world.rung("anna")) == 1
        world.talkers.call(name).hang_up()
        await world.ended()


async def test_two_callers_at_once_never_ring_a_phone_twice(tmp_path: Path) -> None:
    said = Said(roster(strategy="firstavailable", ring_s=20))
    async with rig(tmp_path, said) as world:
        world.manners(anna=QUICK, boris=QUICK)
        first, second = world.talkers.dial(SERVICE), world.talkers.dial(SERVICE)
        await until(lambda: {heard_of(world, first), heard_of(world, second)} == {"anna", "boris"})
        assert len(world.rung(None)) == 2
        for name in (first, second):
            world.talkers.call(name).hang_up()
        records = await world.ended(2)
        assert {record.answered_by for record in records} == {"anna", "boris"}


async def test_who_wraps_up_is_left_alone(tmp_path: Path) -> None:
    said = Said(roster(strategy="firstavailable", members=["anna", "boris"], wrap_up_s=30))
    async with rig(tmp_path, said) as world:
        world.manners(anna=QUICK, boris=QUICK)
        first = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(first, "anna", 90)
        world.talkers.call(first).hang_up()
        await world.ended()
        second = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(second, "boris", 90)
        assert len(world.rung("anna")) == 1
        world.talkers.call(second).hang_up()
        await world.ended(2)


async def test_the_member_hangs_up(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(members=["anna"]))) as world:
        world.manners(anna=Behaviour(answers_after_s=0.3, tone_after_s=0.1, hangs_up_after_s=1.5))
        name = world.talkers.dial(SERVICE)
        (record,) = await world.ended()
        assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, "member")
        assert record.talked_s is not None
        await until(world.talkers.call(name).over.is_set)


async def test_the_caller_hangs_up_while_it_rings(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(hears="music"))) as world:
        world.manners(anna=NEVER, boris=NEVER, cyril=NEVER)
        name = world.talkers.dial(SERVICE)
        await until(lambda: len(world.lasting()) == 3)
        assert world.hub is not None
        (session,) = world.hub.reception.sessions.values()
        await until(lambda: [leg.rang_at is not None for leg in session.call.record.legs] == [True] * 3)
        world.talkers.call(name).hang_up()
        await until(lambda: not world.lasting())
        (record,) = await world.ended()
        assert record.outcome is Outcome.ABANDONED
        assert {leg.result for leg in record.legs} == {LegResult.CALLER_GONE}
        assert record.last_phone_rang_after_s is not None


async def test_the_callers_number_is_shown(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(members=["anna"]))) as world:
        world.manners(anna=QUICK)
        name = world.talkers.dial(SERVICE, "+420601000001")
        assert await world.talkers.hears(name, "anna", 90)
        (anna,) = world.rung("anna")
        world.talkers.call(name).hang_up()
        await world.ended()
        assert anna["from"] == "+420601000001"
        assert anna["number"] == ANNA
        assert anna["pai"] == "+420777000100"
        assert anna["diversion"] == SERVICE


async def test_who_answers_and_sends_no_sound_is_asked_and_given_up(tmp_path: Path) -> None:
    said = Said(roster(members=["anna", "boris"], strategy="firstavailable", screening="auto"))
    async with rig(tmp_path, said) as world:
        world.manners(
            anna=Behaviour(answers_after_s=0.3, says=None, tone=False, mute=True),
            boris=Behaviour(answers_after_s=0.3, says=None, tone_after_s=3, presses="1"),
        )
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "boris", 90)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert [leg.result for leg in record.legs] == [LegResult.NOT_ACCEPTED, LegResult.TALKED]
