"""Asterisk refuses a command, or answers none; we fail ourselves. Whatever it is: no caller is left alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from appliance.asterisk.ari import Ari, AriError
from appliance.asterisk.site import TECHNICIAN_CONTEXT
from appliance.calls.health import CallLogError
from appliance.domain.calls import LegResult, Outcome
from appliance.exchange import taking_up
from appliance.exchange.transfer.state import TRANSFER_VARIABLE
from appliance.exchange.unseen import STEP
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import ANNA, SERVICE, Rig, Said, rig, roster, until

QUICK = Behaviour(answers_after_s=0.5, tone_after_s=0.1)
NEVER = Behaviour(answers_after_s=None)


@dataclass
class Fault:
    """``done``: the command is carried out, and only its answer is lost. ``status`` 0: no answer at all."""

    method: str
    path: str
    status: int = 0
    done: bool = False
    count: int = 1

    def strikes(self, method: str, path: str) -> bool:
        if method != self.method or not re.search(self.path, path) or not self.count:
            return False
        self.count -= 1
        return True


class Faults:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.next: Fault | None = None
        once = Ari._once

        async def faulty(ari: Ari, method: str, path: str, *rest: Any) -> Any:
            fault = self.next
            if fault is not None and fault.strikes(method, path):
                if fault.done:
                    await once(ari, method, path, *rest)
                if fault.status:
                    raise AriError(fault.status, "made to fail")
                raise TimeoutError
            return await once(ari, method, path, *rest)

        monkeypatch.setattr(Ari, "_once", faulty)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    return Faults(monkeypatch)


async def left(world: Rig) -> Mapping[str, object]:
    """What there still is of calls, here and in Asterisk."""
    hub = world.hub
    assert hub is not None
    there = {
        "channels": [*await hub.world.channels.listed()],
        "bridges": [*await hub.world.channels.bridges()],
        "in use": hub.world.trunks.in_use,
        "held": dict(hub.world.book._held),
        "sessions": [*hub.reception.sessions],
        "phones": world.lasting(),
    }
    return {what: some for what, some in there.items() if some}


async def nothing_left(world: Rig) -> None:
    found: Mapping[str, object] = {}
    for _ in range(400):
        if world._ari is not None and world._ari.connected and not (found := await left(world)):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(found)


async def test_a_command_without_an_answer_costs_no_call(tmp_path: Path, faults: Faults) -> None:
    async with rig(tmp_path, Said(roster(ring_s=6))) as world:
        world.manners(anna=QUICK, boris=NEVER, cyril=NEVER)
        for number, fault in enumerate(
            (
                Fault("POST", "channels/create$"),
                Fault("POST", "/dial$"),
                Fault("POST", "^bridges/[^/]*$", done=True),
                Fault("POST", "/addChannel$"),
                Fault("POST", "/answer$", done=True),
                Fault("DELETE", "^channels/hl-[^/]*$"),
            ),
            1,
        ):
            faults.next = fault
            name = world.talkers.dial(SERVICE)
            assert await world.talkers.hears(name, "anna", 90), fault
            assert not fault.count
            await until(lambda: [one.state for one in sessions(world)] == ["talking"])
            world.talkers.call(name).hang_up()
            last = (await world.ended(number))[0]
            assert (last.outcome, last.answered_by) == (Outcome.ANSWERED, "anna"), fault
            await nothing_left(world)


@dataclass
class Seen:
    state: str


def sessions(world: Rig) -> list[Seen]:
    assert world.hub is not None
    calls = [session.call for session in world.hub.reception.sessions.values()]
    return [Seen("talking" if call.record.answered_at else "ringing") for call in calls]


async def test_who_cannot_be_connected_is_not_left_with_a_dead_phone(tmp_path: Path, faults: Faults) -> None:
    async with rig(tmp_path, Said(roster(members=["anna"]))) as world:
        world.manners(anna=QUICK)
        faults.next = Fault("POST", "/addChannel$", status=409)
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)  # at the second try
        assert len(world.rung("anna")) == 2
        assert len(world.lasting()) == 1
        world.talkers.call(name).hang_up()
        await world.ended()
        await nothing_left(world)


async def test_a_call_that_cannot_be_taken_up_goes_to_the_technician(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rig(tmp_path, Said(roster())) as world:
        world.manners(anna=NEVER, boris=NEVER, cyril=NEVER, **{"tech-1": QUICK})
        name = world.talkers.dial(SERVICE)
        await until(lambda: len(world.lasting()) == 3)
        await asyncio.sleep(0.3)
        await world.stop()

        async def broken(*_: object) -> None:
            raise RuntimeError("made to fail")

        monkeypatch.setattr(taking_up, "legs_of", broken)
        await world.start()
        assert await world.talkers.hears(name, "tech-1", 90)
        await until(lambda: len(world.lasting()) == 1)
        world.talkers.call(name).hang_up()
        await until(lambda: not world.lasting())


async def test_a_member_hung_up_and_we_died_before_the_caller_was_told(tmp_path: Path, faults: Faults) -> None:
    async with rig(tmp_path, Said(roster(members=["anna"]))) as world:
        world.manners(anna=QUICK)
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)
        faults.next = Fault("DELETE", "^channels/box[^/]*$", status=500, count=99)
        (member,) = world.lasting()
        member.hang_up()
        (before,) = await world.ended()
        await world.stop()
        faults.next = None
        await world.start()
        await asyncio.wait_for(world.talkers.call(name).over.wait(), 20)
        assert len(world.rung()) == 1  # nobody was rung for a call that was over
        assert await world.records() == [before]


async def test_a_call_that_a_fault_led_to_the_technician_is_logged_right_over_a_restart(
    tmp_path: Path, faults: Faults
) -> None:
    async with rig(tmp_path, Said(roster())) as world:
        world.manners(**{"tech-1": QUICK})
        faults.next = Fault("POST", "/ring$", status=500)
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "tech-1", 90)
        await world.stop()
        await world.start()
        assert [record.ended_at for record in await world.records()] == [None]
        world.talkers.call(name).hang_up()
        await until(lambda: not world.lasting())
        (record,) = await world.tidied()
        assert (record.outcome, record.steps[-1]) == (Outcome.ANSWERED, STEP)


async def test_without_its_log_it_takes_calls_up_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rig(tmp_path, Said(roster(ring_s=20))) as world:
        world.manners(anna=QUICK, boris=NEVER, cyril=NEVER)
        talking = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(talking, "anna", 90)
        world.manners(boris=Behaviour(answers_after_s=3, tone_after_s=0.1))
        ringing = world.talkers.dial(SERVICE)
        await until(lambda: len(world.lasting()) == 3)
        await asyncio.sleep(0.3)
        await world.stop()

        async def unreadable() -> None:
            raise CallLogError("made to fail")

        monkeypatch.setattr(world.log, "open_calls", unreadable)
        rung = len(world.rung())
        await world.start()
        assert await world.talkers.hears(ringing, "boris", 90)
        assert len(world.rung()) == rung  # nobody was rung anew
        assert len([one for one in world.talkers.told(talking)["heard"] if one["what"] == "anna"]) == 1
        for name in (talking, ringing):
            world.talkers.call(name).hang_up()
        await until(lambda: not world.lasting())
        assert [record.outcome for record in await world.ended(2)] == [Outcome.ANSWERED] * 2


async def test_whoever_is_left_alone_is_found(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster())) as world:
        world.manners(anna=NEVER, boris=NEVER, cyril=NEVER, **{"tech-1": QUICK})
        name = world.talkers.dial(SERVICE)
        await until(lambda: len(world.lasting()) == 3)
        await asyncio.sleep(0.3)
        hub = world.hub
        assert hub is not None
        await hub.reception.let_go()  # and nobody takes it up
        hub.world.switch.forget_all()
        await hub.recovery.tidy()
        assert len(world.lasting()) == 3  # an event may be on its way
        await hub.recovery.tidy()
        assert await world.talkers.hears(name, "tech-1", 90)
        await until(lambda: len(world.lasting()) == 1)
        world.talkers.call(name).hang_up()
        await until(lambda: not world.lasting())
        (record,) = await world.tidied()
        assert (record.outcome, record.steps[-1]) == (Outcome.ANSWERED, STEP)


async def test_who_talks_is_not_rung_for_another_call_that_is_taken_up_first(tmp_path: Path) -> None:
    said = Said(roster(members=["boris"], ring_s=20))
    async with rig(tmp_path, said) as world:
        world.manners(anna=QUICK, boris=NEVER)
        first = world.talkers.dial(SERVICE)
        await until(lambda: len(world.lasting()) == 1)
        said.roster = roster(members=["anna"])
        second = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(second, "anna", 90)
        await asyncio.sleep(0.3)
        said.roster = roster(members=["boris", "anna"], ring_s=20)
        await world.stop()
        await world.start()
        await asyncio.sleep(1)
        assert [one["who"] for one in world.rung()] == ["boris", "anna"]
        for name in (first, second):
            world.talkers.call(name).hang_up()
        await world.ended(2)
        await nothing_left(world)


async def test_who_has_duty_is_rung_though_a_transfer_left_its_mark_on_the_caller(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster(members=["boris"]))) as world:
        world.manners(anna=QUICK, boris=NEVER, **{"tech-1": QUICK})
        manager = await world.asterisk.manager()
        await manager.db_put("hotline", "technician", ANNA)
        manager.close()
        name = world.talkers.dial(SERVICE)
        await until(lambda: len(world.lasting()) == 1)
        hub = world.hub
        assert hub is not None
        (id_,) = hub.reception.sessions
        await hub.reception.sessions[id_].call.set(TRANSFER_VARIABLE, "x")
        await hub.reception.let_go()
        await hub.world.channels.go_on(id_, TECHNICIAN_CONTEXT)
        assert await world.talkers.hears(name, "anna", 90)
        world.talkers.call(name).hang_up()
        await world.stop()
        await world.noted()
        await world.start()  # ends boris' leg
        await until(lambda: not world.lasting())
        (record,) = await world.ended()
        assert (record.outcome, record.answered_number, record.legs[-1].via) == (Outcome.ANSWERED, ANNA, "dialplan")


async def test_a_roster_without_lines_refuses_nobody(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster().model_copy(update={"line": ()}))) as world:
        world.manners(**{"tech-1": QUICK})
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "tech-1", 90)
        world.talkers.call(name).hang_up()
        await until(lambda: not world.lasting())


async def test_notes_of_calls_that_end_meanwhile_are_kept(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster()), start=False) as world:
        manager = await world.asterisk.manager()
        for id_ in ("box-1.1", "box-2.2"):
            await manager.db_put("hotline-ended", id_, "1795340330:ANSWER:5:+420777000111:s:+420601000001:trunk-a")
        manager.close()
        assert set(await world.database.notes()) == {"box-1.1", "box-2.2"}
        await world.database.forget_notes(["box-1.1", "box-3.3"])
        assert set(await world.database.notes()) == {"box-2.2"}


async def test_a_call_that_comes_while_calls_are_taken_up_is_taken_once(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster())) as world:
        world.manners(anna=NEVER, boris=NEVER, cyril=NEVER)
        name = world.talkers.dial(SERVICE)
        await until(lambda: len(world.lasting()) == 3)
        await asyncio.sleep(0.3)
        assert world.hub is not None
        (session,) = world.hub.reception.sessions.values()
        await world.hub.recovery.run(None)  # its record is among the open ones by now
        assert [*world.hub.reception.sessions.values()] == [session]
        assert len(world.lasting()) == 3
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert {leg.result for leg in record.legs} == {LegResult.CALLER_GONE}
        await nothing_left(world)
