"""Waiting in a queue: taken in, one's turn, or led elsewhere (MISSION Q1, C6)."""

from __future__ import annotations

import logging
from datetime import datetime

from appliance.domain.calls import Outcome
from appliance.domain.times import wall_time
from appliance.exchange.callback.pastime import CallbackPastime
from appliance.exchange.pastime import Pastime
from appliance.exchange.queue.pastime import QueuePastime
from appliance.exchange.queue.turn import Turn
from appliance.exchange.stage import Stage
from appliance.exchange.steps.step import Lead, Next, Over, Result
from appliance.exchange.taken import TakenUp
from appliance.exchange.transfer.plan import caller_of
from appliance.exchange.waiters import waiter_of
from appliance.exchange.way_steps import WaitInQueue
from appliance.queueing.terms import Left, leaves, refuses
from appliance.roster.destinations import Queue

_log = logging.getLogger(__name__)
OVERFLOWED = (Left.WAITED, Left.NOBODY)


class DoQueue:
    """After a crash the caller waits on where they stood: the place is in the call's record."""

    def __init__(self, stage: Stage, step: WaitInQueue) -> None:
        self._stage, self._call, self._world, self._id = stage, stage.call, stage.call.world, step.queue
        self._began = 0.0  # when the waiting began, by the exchange's clock

    async def run(self, taken_up: TakenUp | None) -> Result:
        """Wait, and talk. Raises ``CallerGoneError``."""
        call, stage, queue = self._call, self._stage, self._queue
        if queue is None:
            return Next()
        language, prompts = call.language, call.prompts
        call.speak(queue.language, queue.prompts)
        stage.record = queue.record
        try:
            left = await self._wait(queue, taken_up)
            if left is Left.CALLBACK:
                call.note(queue_left=left)
                await stage.over(Outcome.CALLBACK, "exchange")
            if left in (Left.AGENT, Left.CALLBACK):
                return Over()
            return await self._elsewhere(queue, left)
        finally:
            call.language, call.prompts, stage.record = language, prompts, False

    @property
    def _queue(self) -> Queue | None:
        return self._world.standing.roster.queue_by_id(self._id)

    async def _wait(self, queue: Queue, taken_up: TakenUp | None) -> Left:
        call, hall = self._call, self._world.queues
        waiter = waiter_of(call.record, self._caller) if taken_up is not None else None
        self._began = self._world.now() - self._waited_before_s
        fresh = waiter is None or waiter.queue != queue.id
        if fresh or waiter is None:
            again = await self._called_again()
            refused = refuses(queue, len(hall.waiting(queue.id)), hall.staff(queue.id))
            if refused is not None and again is None:
                return refused
            self._began = self._world.now()
            now = self._world.wall().timestamp()
            call.note(
                queue=queue.id,
                queued_at=wall_time(now),
                place_since=wall_time(self._since(queue, now) if again is None else min(again, now)),
                queue_left=None,
            )
            waiter = waiter_of(call.record, self._caller)
            assert waiter is not None
            hall.join(waiter)
            call.note(place=hall.position(call.id))
            if queue.record and not (self._stage.line is not None and self._stage.line.record):
                await self._stage.say("recorded-call")
        call.wrap_up_s = queue.wrap_up_s
        pastime = self._pastime(queue, greeted=not fresh)

        def stays() -> bool:  # while they ask to be called back
            return isinstance(pastime, CallbackPastime) and pastime.is_open

        def leaves() -> Left | None:
            return None if stays() else self._leaves()

        def until() -> float | None:
            return None if stays() else self._until()

        return await Turn(self._stage, waiter, pastime, leaves, until).run(taken_up)

    async def _called_again(self) -> float | None:
        """The place of a callback that stands for the caller here: it is theirs, and nobody is called meanwhile."""
        callbacks, caller = self._world.callbacks, self._call.arrival.caller
        if callbacks is None or caller.number is None:
            return None
        return await callbacks.called_again(self._id, caller.number, self._call.id)

    def _pastime(self, queue: Queue, *, greeted: bool) -> Pastime:
        inner = QueuePastime(self._stage, queue, greeted=greeted)
        if queue.callback is None or self._world.callbacks is None:
            return inner
        waited_s = self._world.now() - self._began
        return CallbackPastime(self._stage, queue, queue.callback, self._world.callbacks, inner, waited_s)

    def _since(self, queue: Queue, now: float) -> float:
        """What gives the place: who was led here from another queue began to wait there."""
        record = self._call.record
        if queue.keep_place and record.place_since is not None and record.queue_left in OVERFLOWED:
            return min(now, datetime.fromisoformat(record.place_since).timestamp())
        return now

    def _leaves(self) -> Left | None:
        queue = self._queue
        if queue is None:
            return Left.GONE
        return leaves(queue, self._world.now() - self._began, self._world.queues.staff(queue.id))

    def _until(self) -> float | None:
        queue = self._queue
        return self._began + queue.max_wait_s + 0.001 if queue is not None else None

    @property
    def _waited_before_s(self) -> float:
        """How long the caller had waited here before a crash."""
        began, now = self._call.record.queued_at, self._world.wall()
        return max(0.0, (now - datetime.fromisoformat(began)).total_seconds()) if began is not None else 0.0

    @property
    def _caller(self) -> str | None:
        """Whose phone it is that calls, where it is one of ours: they are not rung for their own call."""
        account = self._call.arrival.account
        person = caller_of(account, self._world.standing.roster) if account is not None else None
        return person.id if person is not None else None

    async def _elsewhere(self, queue: Queue, left: Left) -> Result:
        """The caller is led on, and told so where they hear us anyway."""
        call = self._call
        _log.info("call %s leaves queue %s: %s", call.id, queue.id, left)
        call.note(queue=queue.id, queue_left=left)
        overflow = queue.overflow or ""
        if call.answered and not overflow.startswith(("queue:", "hangup")):
            await self._stage.say("queue-full" if left is Left.FULL else "queue-elsewhere")
        if not overflow:
            return Next()
        return Lead(overflow, f"overflow of queue {queue.id}: {left}")
