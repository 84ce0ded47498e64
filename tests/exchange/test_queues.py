"""Waiting in a queue on a real Asterisk: in order, with music, over a crash, led on where it is full."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.domain.calls import CallRecord, LegResult, Outcome
from appliance.exchange.queue.picture import queues_document
from appliance.mqtt.board import StateBoard
from appliance.queueing.presence import ALL, Presence, Word, last_word, said
from appliance.roster.models import Roster
from appliance.roster.pins import hash_pin
from bench.phones.agent import register
from bench.phones.behaviour import Behaviour
from bench.phones.call import Call as PhoneCall
from bench.phones.call import Side
from bench.phones.rtp import Stream
from tests.exchange.rig import ANNA, BORIS, PEOPLE, SERVICE, Rig, Said, rig, until
from tests.exchange.test_recovery import killed

QUICK = Behaviour(answers_after_s=0.3, tone_after_s=0.1)
NEVER = Behaviour(answers_after_s=None)
PASSWORD = "correct horse"


def roster(*queues: dict[str, Any], plan: tuple[str, ...] = ("queue:desk",), **line: Any) -> Roster:
    quiet = {"name": "Q", "screening": "off", "ring_s": 3.0, "say_position": False, "say_wait": False}
    people = [{"id": name, "name": name.title(), "mobile": number} for number, name in PEOPLE.items()]
    return Roster.model_validate(
        {
            "revision": 1,
            "duty": {"default": "tech-1"},
            "person": people,
            "group": [{"id": "others", "name": "Others", "members": ["cyril"], "screening": "off"}],
            "queue": [{**quiet, **queue} for queue in queues],
            "line": [{"id": "service", "name": "Service", "open": plan, "closed": plan, **line}],
        }
    )


def log_out(world: Rig, *people: str, presence: Presence = Presence.OUT) -> None:
    for person in people:
        world.said.words = said(world.said.words, person, ALL, Word(presence, datetime.now(UTC)))
    assert world.hub is not None
    world.hub.world.queues.poke()


def waiting(world: Rig) -> list[str]:
    """The callers who wait, in their order."""
    assert world.hub is not None
    sessions, queues = world.hub.reception.sessions, world.hub.world.queues
    return [sessions[one.id].call.record.caller or "" for one in queues.waiting("desk") if one.id in sessions]


async def dial(world: Rig, *lasts: int) -> list[int]:
    """Customers who come one after the other."""
    names = []
    for last in lasts:
        before = len(waiting(world))
        names.append(world.talkers.dial(SERVICE, caller(last)))
        await until(lambda: len(waiting(world)) > before)  # noqa: B023
    return names


def caller(last: int) -> str:
    return f"+42060100000{last}"


def by_caller(records: list[CallRecord]) -> dict[str, CallRecord]:
    return {record.caller or "": record for record in records}


async def told_once(world: Rig) -> None:
    """While they wait and nothing else happens, the exchange's state is no reason for another report."""
    assert world.hub is not None
    board = StateBoard()
    for _ in range(3):
        (told,) = queues_document(world.hub.world.queues.picture(), datetime.now(UTC))
        board.publish({"queues": [told]})
        began = datetime.fromisoformat(told["waiting_since"])
        assert told["waiting"] == 3
        assert abs((datetime.now(UTC) - began).total_seconds() - told["longest_wait_s"]) < 1
        await asyncio.sleep(0.3)
    assert board.version == 1


async def test_callers_are_served_in_their_order_also_after_a_crash(tmp_path: Path) -> None:
    desk = {"id": "desk", "agents": ["anna", "boris"], "wrap_up_s": 0.5}
    async with rig(tmp_path, Said(roster(desk))) as world:
        log_out(world, "boris")
        world.manners(anna=QUICK, boris=QUICK)
        first = world.talkers.dial(SERVICE, caller(1))
        assert await world.talkers.hears(first, "anna", 90)
        second, third, fourth = await dial(world, 2, 3, 4)
        assert await world.talkers.hears(second, "music", 90)
        assert waiting(world) == [caller(last) for last in (2, 3, 4)]
        await told_once(world)
        await killed(world)
        world.talkers.call(first).hang_up()
        await asyncio.sleep(0.5)
        await world.start()
        # whoever waited longest has the agent who became free, and the next one whom the second agent takes
        assert await world.talkers.hears(second, "anna", 90)
        assert waiting(world) == [caller(3), caller(4)]
        log_out(world, "boris", presence=Presence.IN)
        assert await world.talkers.hears(third, "boris", 90)
        world.talkers.call(second).hang_up()
        assert await world.talkers.hears(fourth, "anna", 90)
        world.talkers.hang_up_all()
        records = by_caller(await world.ended(4))
        assert [records[caller(last)].answered_by for last in (1, 2, 3, 4)] == ["anna", "anna", "boris", "anna"]
        assert [records[caller(last)].place for last in (1, 2, 3, 4)] == [1, 1, 2, 3]
        assert {(one.queue, one.queue_left, one.outcome) for one in records.values()} == {
            ("desk", "agent", Outcome.ANSWERED)
        }
        assert all({leg.result for leg in one.legs} == {LegResult.TALKED} for one in records.values())
        # the wrap-up was kept: anna was left alone for half a second after her call with the second
        rung, ended = records[caller(4)].legs[0].dialled_at, records[caller(2)].ended_at or ""
        assert (datetime.fromisoformat(rung) - datetime.fromisoformat(ended)).total_seconds() >= 0.4
        await until(lambda: not world.lasting())
        assert waiting(world) == []


async def test_who_does_not_answer_is_passed_over_and_who_waits_may_leave(tmp_path: Path) -> None:
    desk = {"id": "desk", "agents": ["anna", "boris"], "strategy": "firstavailable", "hears": "ringing"}
    async with rig(tmp_path, Said(roster(desk))) as world:
        world.manners(anna=NEVER, boris=QUICK)
        name = world.talkers.dial(SERVICE, caller(1))
        await until(lambda: world.rung("anna"))
        assert world.talkers.call(name).answered_at is None  # who hears ringing pays for nothing yet
        assert await world.talkers.hears(name, "boris", 90)
        assert [one["who"] for one in world.rung()] == ["anna", "boris"]
        world.manners(boris=NEVER)
        (second,) = await dial(world, 2)
        await until(lambda: len(world.rung("anna")) == 2)
        world.talkers.call(second).hang_up()
        await until(lambda: waiting(world) == [])
        await until(lambda: len(world.lasting()) == 1)  # boris, with the first
        world.talkers.hang_up_all()
        records = by_caller(await world.ended(2))
        one, two = records[caller(1)], records[caller(2)]
        assert {leg.person: leg.result for leg in one.legs} == {
            "anna": LegResult.NO_ANSWER,
            "boris": LegResult.TALKED,
        }
        assert (two.outcome, two.queue_left, two.queue) == (Outcome.ABANDONED, None, "desk")


async def test_a_full_queue_and_one_without_agents_lead_on_and_the_place_is_kept(tmp_path: Path) -> None:
    desk = {"id": "desk", "agents": ["anna"], "max_waiting": 1, "max_wait_s": 4.0, "overflow": "queue:second"}
    second = {"id": "second", "agents": ["boris"], "overflow": "group:others"}
    async with rig(tmp_path, Said(roster(desk, second))) as world:
        world.manners(anna=NEVER, boris=NEVER, cyril=QUICK)
        (early,) = await dial(world, 1)
        late = world.talkers.dial(SERVICE, caller(2))  # full: into the second queue at once
        await until(lambda: len(world.hub.world.queues.waiting("second")) == 1)  # type: ignore[union-attr]
        await until(lambda: len(world.hub.world.queues.waiting("second")) == 2)  # type: ignore[union-attr]
        ids = {session.call.record.caller: id_ for id_, session in world.hub.reception.sessions.items()}  # type: ignore[union-attr]
        order = [one.id for one in world.hub.world.queues.waiting("second")]  # type: ignore[union-attr]
        assert order == [ids[caller(1)], ids[caller(2)]]  # who came first is first here too
        log_out(world, "boris")  # nobody is left there: on to cyril
        talking = [asyncio.ensure_future(world.talkers.hears(one, "cyril", 90)) for one in (early, late)]
        done, _ = await asyncio.wait(talking, return_when=asyncio.FIRST_COMPLETED)
        world.talkers.call(early if talking[0] in done else late).hang_up()
        assert await asyncio.gather(*talking) == [True, True]
        world.talkers.hang_up_all()
        records = by_caller(await world.ended(2))
        one, two = records[caller(1)], records[caller(2)]
        assert one.steps == two.steps == ("queue:desk", "queue:second", "group:others")
        assert (one.queue, one.queue_left, two.queue_left) == ("second", "nobody", "nobody")
        assert one.place_since is not None
        assert one.queued_at is not None
        assert one.place_since < one.queued_at
        assert two.place_since == two.queued_at
        # nobody is logged in at the first queue either: the plan's next step, the technician
        log_out(world, "anna")
        world.manners(**{"tech-1": QUICK})
        world.said.roster = roster({**desk, "overflow": None}, second)
        third = world.talkers.dial(SERVICE, caller(3))
        await until(lambda: world.rung("tech-1"))
        world.talkers.call(third).hang_up()
        (record,) = [one for one in await world.ended(3) if one.caller == caller(3)]
        assert (record.steps, record.queue_left) == (("queue:desk", "duty"), "nobody")


def from_desk(world: Rig, number: str) -> PhoneCall:
    """Anna's own phone calls."""
    call = PhoneCall(world.desk.agent, Side.CALLER, secrets.token_hex(8), Stream(world.desk.agent.address))
    world.desk.agent.keep(call)
    where = (world.asterisk.address, 5060)
    world.desk.agent.spawn(call.dial(where, number, "anna-desk", secret=PASSWORD), f"anna calls {number}")
    return call


async def test_agents_say_by_their_own_phone_whether_they_work_and_try_the_queue(tmp_path: Path) -> None:
    desk = {"id": "desk", "agents": ["anna", "boris"], "extension": "800", "screening": "off"}
    given = roster(desk)
    anna = given.person_by_id("anna")
    assert anna is not None
    phone = anna.model_copy(update={"sip": "anna-desk", "sip_password": PASSWORD})
    people = tuple(phone if one.id == "anna" else one for one in given.person)
    async with rig(tmp_path, Said(given.model_copy(update={"person": people}))) as world:
        await world.push_accounts()
        where = (world.asterisk.address, 5060)
        assert await register(world.desk.agent, where, "anna-desk", PASSWORD) == 200
        world.manners(anna=NEVER, boris=QUICK)
        for count, (dialled, queue, presence) in enumerate(
            [("*62", "desk", Presence.OUT), ("*61800", "desk", Presence.IN), ("*63", "desk", Presence.PAUSED)]
        ):
            call = from_desk(world, dialled)
            await world.ended(count + 1)
            await until(lambda: call.ended_at is not None)  # noqa: B023
            word = last_word(world.said.words, "anna", queue)
            assert word is not None
            assert (word.presence, word.by) == (presence, "their phone at box")
        records = await world.ended(3)
        assert [one.steps for one in reversed(records)] == [("agent:out",), ("agent:in",), ("agent:paused",)]
        assert {one.outcome for one in records} == {Outcome.SERVED}
        call = from_desk(world, "*61999")  # nobody's extension
        (refused, *_) = await world.ended(4)
        assert refused.outcome is Outcome.REFUSED
        log_out(world, "anna", presence=Presence.IN)
        call = from_desk(world, "800")  # she waits as anybody would, and is not rung for her own call
        await until(lambda: call.answered_at is not None)
        sessions = world.hub.reception.sessions  # type: ignore[union-attr]
        await until(lambda: any(one.call.record.answered_at for one in sessions.values()))
        call.hang_up()
        (tried, *_) = await world.ended(5)
        assert (tried.queue, tried.queue_left, tried.answered_by) == ("desk", "agent", "boris")
        assert {leg.person for leg in tried.legs} == {"boris"}


async def test_who_waits_hears_where_they_stand_and_then_music_again(tmp_path: Path) -> None:
    desk = {"id": "desk", "agents": ["anna"], "say_position": True, "say_wait": True, "say_every_s": 2.0}
    async with rig(tmp_path, Said(roster(desk))) as world:
        assert world.hub is not None
        world.hub.world.queues.handled("desk", 100.0)
        world.manners(anna=NEVER)
        (name,) = await dial(world, 1)
        assert await world.talkers.hears(name, "sound", 90, for_s=1.0)
        said_until = time.time()
        assert await world.talkers.hears(name, "music", 90, since=said_until, for_s=0.5)
        assert await world.talkers.hears(name, "sound", 90, since=time.time(), for_s=1.0)
        world.talkers.hang_up_all()
        await world.ended(1)


async def test_an_agent_says_by_mobile_and_pin_whether_they_work(tmp_path: Path) -> None:
    given = roster({"id": "desk", "agents": ["anna"]}, plan=("agents",))
    people = tuple(one.model_copy(update={"pin_hash": hash_pin("2468")}) for one in given.person)
    async with rig(tmp_path, Said(given.model_copy(update={"person": people}))) as world:

        async def calls(number: str, *keys: str) -> CallRecord:
            before = len([one for one in await world.records() if one.ended_at])
            name = world.talkers.dial(SERVICE, number)
            await until(lambda: world.talkers.call(name).answered_at is not None)
            for pressed in keys:
                await asyncio.sleep(1.0)
                world.talkers.call(name).stream.press(pressed)
            return (await world.ended(before + 1))[0]

        record = await calls(ANNA, "2468#", "3")
        word = last_word(world.said.words, "anna", "desk")
        assert word is not None
        assert (word.presence, word.by) == (Presence.PAUSED, "a telephone at box")
        assert (record.outcome, record.steps) == (Outcome.SERVED, ("agents", "agent:anna"))
        record = await calls(BORIS, "2468#")  # is an agent of no queue
        assert record.steps == ("agents", "agent:boris")
        assert last_word(world.said.words, "boris", "desk") is None
        record = await calls(ANNA, "1111#", "1111#", "1111#")
        assert (record.steps, record.outcome) == (("agents",), Outcome.SERVED)
        assert last_word(world.said.words, "anna", "desk") == word
