"""A callback is carried out: an agent first, then the caller; busy, silent and mechanical callers are tried again."""

from __future__ import annotations

import asyncio
import itertools
import math
from pathlib import Path

from appliance.domain.calls import CallRecord, LegResult, Outcome
from appliance.queueing.callback_life import Result, State
from bench.virtual.telephones import BUSY, NEVER, VOICEMAIL, Manner
from tests.exchange_callback.virtual import (
    ANNA,
    BORIS,
    CALLER,
    OTHER,
    SERVICE,
    ask,
    exchange,
    play,
    quiet,
    record_of,
    talks,
)


def test_an_agent_is_rung_first_and_the_caller_once_that_one_has_answered(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            asked = await ask(world)
            assert await world.until(lambda: not world.desk.standing, 300)
            (agent,), (caller,) = world.telephones.of(ANNA), world.telephones.of(CALLER)
            assert agent.answered_at is not None
            assert caller.began_at >= agent.answered_at
            assert caller.began_at < agent.answered_at + 1
            assert talks(world) == [ANNA]
            record = record_of(world, asked)
            assert (record.outcome, record.answered_by, record.caller) == (Outcome.ANSWERED, "anna", CALLER)
            assert [leg.result for leg in record.legs] == [LegResult.TALKED] * 2
            done = await world.desk.find(asked.id)
            assert done is not None
            assert (done.result, done.tries, done.attempt) == (Result.TALKED, 0, 1)
            await quiet(world)

    play(story)


def test_an_agent_who_wants_to_be_called_is_not_rung_for_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            asked = await ask(world, ANNA)
            assert await world.until(lambda: not world.desk.standing, 300)
            (agent,), (caller,) = world.telephones.of(BORIS), world.telephones.of(ANNA)
            assert caller.began_at >= (agent.answered_at or math.inf)
            assert record_of(world, asked).answered_by == "boris"
            done = await world.desk.find(asked.id)
            assert done is not None
            assert (done.result, done.attempt) == (Result.TALKED, 1)
            await quiet(world)

    play(story)


def test_a_caller_who_is_busy_or_silent_or_a_voicemail_is_tried_again_and_the_agent_is_free_meanwhile(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            world.telephones.plan[CALLER] = [BUSY, NEVER, VOICEMAIL]
            asked = await ask(world)
            assert await world.until(lambda: not world.desk.standing, 3600)
            rings = world.telephones.of(CALLER)
            assert len(rings) == 3
            gaps = [later.began_at - (one.ended_at or 0) for one, later in itertools.pairwise(rings)]
            assert 120 < gaps[0] < 150
            assert 240 < gaps[1] < 270
            record = record_of(world, asked)
            assert record.outcome is Outcome.UNANSWERED
            tried = [leg.result for leg in record.legs if leg.number == CALLER]
            assert tried == [LegResult.BUSY, LegResult.NO_ANSWER, LegResult.NOT_ACCEPTED]
            done = await world.desk.find(asked.id)
            assert done is not None
            assert done.why == "not reached by 3 calls, the last: not_accepted"
            assert world.telephones.heard.count((ANNA, "callback-agent-failed")) == 3
            assert not talks(world)
            assert all((ring.ended_at or 0) - (ring.answered_at or 0) < 60 for ring in world.telephones.of(ANNA))
            await quiet(world)

    play(story)


def test_an_agent_who_leaves_while_the_caller_rings_costs_the_caller_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            world.telephones.plan[CALLER] = [Manner(answers_after_s=15.0)]
            world.telephones.plan[ANNA] = [Manner(patience_s=5.0)]
            asked = await ask(world)
            assert await world.until(lambda: not world.desk.standing, 600)
            assert talks(world) == [ANNA]  # of the second attempt
            assert len(world.telephones.of(CALLER)) == 2
            done = await world.desk.find(asked.id)
            assert done is not None
            assert (done.result, done.tries, done.attempt) == (Result.TALKED, 0, 2)
            await quiet(world)

    play(story)


def test_an_agent_who_leaves_when_the_caller_has_answered_leaves_no_caller_alone(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            # answered 3 s after it rang, accepted 1 s later: the agent goes in between
            world.telephones.usual[ANNA] = Manner(patience_s=3.4)
            await ask(world)
            assert await world.until(lambda: not world.desk.standing, 600)
            (caller,) = world.telephones.of(CALLER)
            assert caller.with_[0] in (ANNA, BORIS)
            assert len(world.telephones.of(ANNA)) + len(world.telephones.of(BORIS)) > 1
            await quiet(world)

    play(story)


def test_a_caller_who_does_not_wait_for_another_agent_is_called_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            world.telephones.plan[ANNA] = [Manner(patience_s=3.4)]
            world.telephones.plan[BORIS] = [NEVER]
            world.telephones.plan[CALLER] = [Manner(patience_s=5.0)]
            asked = await ask(world)
            assert await world.until(lambda: not world.desk.standing, 900)
            assert len(world.telephones.of(CALLER)) == 2
            done = await world.desk.find(asked.id)
            assert done is not None
            assert (done.result, done.tries) == (Result.TALKED, 1)
            await quiet(world)

    play(story)


def test_it_can_be_cancelled_at_any_time(tmp_path: Path) -> None:
    async def story(after_s: float) -> None:
        async with exchange(tmp_path) as world:
            world.telephones.usual[CALLER] = NEVER
            asked = await ask(world)
            await asyncio.sleep(after_s)
            await world.desk.cancel(asked.id, "by an operator")
            await asyncio.sleep(1)
            assert record_of(world, asked).outcome is Outcome.CANCELLED
            rings = len(world.telephones.rings)
            await quiet(world)
            await asyncio.sleep(1000)
            assert len(world.telephones.rings) == rings

    for after_s in (1.0, 9.0, 10.0, 12.5, 30.0):
        play(lambda after_s=after_s: story(after_s))


def test_a_caller_who_calls_again_is_not_called_meanwhile(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            world.telephones.plan[CALLER] = [NEVER]
            asked = await ask(world)
            assert await world.until(lambda: world.desk.standing[0].state is State.DIALLING, 60)
            for call in ("call-2", "call-3"):
                world.log.records[call] = CallRecord("box", call, "2026-11-30T09:00:00.000Z", CALLER, SERVICE)
            place = await world.desk.called_again("desk", CALLER, "call-2")
            assert place == asked.queued_at
            await asyncio.sleep(200)
            assert len(world.telephones.of(CALLER)) == 1
            await world.desk.again_over("call-2", had_a_human=False)
            assert await world.until(lambda: not world.desk.standing, 600)
            assert talks(world) == [ANNA]
            other = await ask(world, OTHER)
            await world.desk.called_again("desk", OTHER, "call-3")
            await world.desk.again_over("call-3", had_a_human=True)
            await asyncio.sleep(300)
            assert world.telephones.of(OTHER) == []
            assert record_of(world, other).outcome is Outcome.CANCELLED
            await quiet(world)

    play(story)


def test_two_queues_do_not_call_one_caller_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            for queue in ("desk", "sales"):
                await ask(world, queue=queue)
            assert await world.until(lambda: not world.desk.standing, 900)
            assert world.telephones.most_at_once(CALLER) == 1
            assert len(talks(world)) == 2
            await quiet(world)

    play(story)


def test_it_waits_while_so_many_calls_went_out(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange(tmp_path) as world:
            limits, loop = world.life.hub.world.limits, asyncio.get_running_loop()
            while limits.take(CALLER, loop.time()) is None:
                pass
            asked = await ask(world)
            await asyncio.sleep(1800)
            assert world.telephones.rings == []  # no agent is bothered for it
            assert await world.until(lambda: not world.desk.standing, 3600)
            assert talks(world) == [ANNA]
            assert record_of(world, asked).outcome is Outcome.ANSWERED

    play(story)
