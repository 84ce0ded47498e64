"""A test call, against a real Asterisk: what came of it is told, and nothing is left of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import Command, CommandError
from appliance.exchange import testcall as module
from appliance.exchange.commands.testcall import CallTestCommands
from appliance.exchange.testcall import NoTestError, Trial, place
from appliance.exchange.world import World
from appliance.mqtt.dispatch import Dispatch
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import ANNA, TECH, Rig, Said, rig, roster, until

PICKS_UP = Behaviour(answers_after_s=0.5, says=None, tone=False)
NEVER = Behaviour(answers_after_s=None)


def world_of(place_: Rig) -> World:
    assert place_.hub is not None
    return place_.hub.world


async def test_what_came_of_it_is_told_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with rig(tmp_path, Said(roster())) as rigged:
        world = world_of(rigged)
        rigged.manners(anna=PICKS_UP)
        for trunk, phones in (("trunk-a", rigged.phones), ("trunk-b", rigged.phones_b)):
            told = await place(world, ANNA, trunk, "en")
            assert (told.trunk, told.number, told.result, told.heard) == (trunk, ANNA, "picked_up", True)
            assert told.rang_after_s is not None
            assert told.picked_up_after_s is not None
            assert 0 <= told.rang_after_s <= told.picked_up_after_s < 30
            (record,) = phones.records()
            shown = rigged.asterisk.config.modem.service_number.e164
            assert (record["who"], record["from"], record["pai"]) == ("anna", shown, shown)
            assert record["heard"], "the sentence"
        await until(lambda: not rigged.lasting())

        # somebody who hangs up in the middle of the sentence
        rigged.manners(anna=Behaviour(answers_after_s=0.2, says=None, tone=False, hangs_up_after_s=0.3))
        told = await place(world, ANNA, None, "en")
        assert (told.result, told.heard) == ("picked_up", False)

        for manners, result, cause in (
            (Behaviour(refuses=486, rings=False), "busy", 17),
            (Behaviour(refuses=603, refuses_after_s=0.2), "rejected", None),
            (Behaviour(refuses=503, rings=False), "unreachable", None),
        ):
            rigged.manners(anna=manners)
            told = await place(world, ANNA, "trunk-b", "en")
            assert (told.result, told.picked_up_after_s, told.heard) == (result, None, False)
            assert cause is None or told.cause == cause

        monkeypatch.setattr(module, "RINGS_S", 4.0)
        rigged.manners(anna=NEVER)
        told = await place(world, ANNA, "trunk-a", "en")
        assert (told.result, told.rang_after_s is not None) == ("no_answer", True)
        await until(lambda: not rigged.lasting())  # the phone does not ring on
        assert world.trunks.in_use == {}
        assert await rigged.records() == []  # no call of a customer


async def test_what_keeps_it_from_being_placed(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster())) as rigged:
        world = world_of(rigged)
        with pytest.raises(NoTestError, match="no calls go out through a trunk 'odd'; there is trunk-a, trunk-b"):
            await place(world, ANNA, "odd", "en")
        while world.limits.take(ANNA, world.now()) is None:
            pass
        with pytest.raises(NoTestError, match="within the last hour") as refused:
            await place(world, ANNA, None, "en")
        assert refused.value.busy
        assert rigged.rung() == []
        # it counts itself
        rigged.manners(**{"tech-1": Behaviour(refuses=486, rings=False)})
        left = world.limits._per_number
        for _ in range(left):
            assert (await place(world, TECH, "trunk-a", "en")).result == "busy"
        with pytest.raises(NoTestError, match="within the last hour"):
            await place(world, TECH, "trunk-a", "en")
        assert len(rigged.rung("tech-1")) == left
        await rigged.asterisk.process.kill()
        with pytest.raises(NoTestError, match="Asterisk"):
            await place(world, "+420777000119", "trunk-a", "en")
        assert world.trunks.in_use == {}


async def test_only_the_roster_and_duty_lead_to_a_number_and_one_call_is_made_at_a_time() -> None:
    said, asked = Said(roster()), list[tuple[str, str | None, str]]()
    go_on = asyncio.Event()

    async def placed(number: str, trunk: str | None, language: str) -> Trial:
        asked.append((number, trunk, language))
        await go_on.wait()
        if trunk == "full":
            raise NoTestError("every line of the trunk is taken", busy=True)
        if trunk == "odd":
            raise NoTestError("there is none")
        return Trial(trunk or "trunk-a", number, "picked_up", 0.5, 1.0, heard=True)

    part = CallTestCommands(said, placed)
    assert not part.table.only_looking
    dispatch = Dispatch(part.table.handlers)

    async def ask(**args: Any) -> Any:
        return await dispatch.execute(Command("1", "call.test", args, "local"))

    first = asyncio.create_task(ask())
    await until(lambda: asked)
    with pytest.raises(CommandError, match="another test call goes on") as refused:
        await ask()
    assert refused.value.code == "conflict"
    go_on.set()
    told = await first
    assert (told["person"], told["number"], told["result"], told["trunk"]) == (None, TECH, "picked_up", "trunk-a")
    assert (await ask(person="anna", trunk="trunk-b"))["person"] == "anna"
    assert asked == [(TECH, None, "en"), (ANNA, "trunk-b", "en")]
    for args, code in (
        ({"person": "nobody"}, "bad_request"),
        ({"number": "+420900123456"}, "bad_request"),  # no number of one's own
        ({"trunk": "full"}, "conflict"),
        ({"trunk": "odd"}, "failed"),
    ):
        with pytest.raises(CommandError) as refused:
            await ask(**args)
        assert refused.value.code == code, args
    assert (await ask())["result"] == "picked_up"  # what went wrong holds up nothing
