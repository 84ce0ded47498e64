"""Waiting for one's turn, and having it: an agent is rung and talks with the caller.

Whom to ring is :mod:`.hall`'s to say; here the difference to who is ringing is started and ended. It serves
callers who wait on the line and those who wait to be called back alike: what is different between them is the stage
(who is connected with the agent, and how) and the pastime (what is heard meanwhile).
"""

from __future__ import annotations

from collections.abc import Callable

from appliance.domain.calls import LegResult
from appliance.exchange.attempts import Attempts
from appliance.exchange.call import Leg
from appliance.exchange.inbox import AttemptOver, BookChanged, Dialled, PickedUp
from appliance.exchange.pastime import Pastime
from appliance.exchange.screen import ask_again
from appliance.exchange.stage import NORMAL_CAUSE, Stage
from appliance.exchange.taken import TakenUp
from appliance.exchange.transfer.aside import hold
from appliance.queueing.hall import Waiter
from appliance.queueing.terms import Left


class Turn:
    """Of one who waits, as ``waiter`` says; its id is the call's. ``leaves`` tells why they go now, if they do, and
    ``until`` when that is to be asked at the latest (the exchange's clock)."""

    def __init__(
        self,
        stage: Stage,
        waiter: Waiter,
        pastime: Pastime,
        leaves: Callable[[], Left | None] = lambda: None,
        until: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._stage, self._call, self._world = stage, stage.call, stage.call.world
        self._hall = self._world.queues
        self._waiter, self._pastime, self._leaves, self._until = waiter, pastime, leaves, until
        self._attempts = Attempts(self._call)

    async def run(self, taken_up: TakenUp | None = None) -> Left:
        """Wait; ``Left.AGENT``: an agent has talked with the caller, and the call is over. Otherwise why they wait no
        more, and nobody rings for them. Raises ``CallerGoneError``."""
        try:
            self._join()
            if taken_up is not None:
                self._take_up(taken_up)
            await self._pastime.begin()
            while True:
                found = await self._wait()
                if isinstance(found, Left):
                    await self._pastime.end()
                    return found
                if await self._talk(found):
                    return Left.AGENT
        finally:
            self._hall.leave(self._waiter.id)
            await self._attempts.close()

    def _join(self) -> None:
        self._hall.join(self._waiter, lambda: self._call.inbox.put(BookChanged()))

    def _take_up(self, taken_up: TakenUp) -> None:
        """Whom the exchange before us had rung rings on, if that is right still."""
        should = {member.id: member for member in self._hall.rung_for(self._call.id)}
        for id_, legs in taken_up.legs.items():
            if id_ not in should or not self._attempts.start(should[id_], legs):
                self._call.drop(LegResult.NO_ANSWER, members=[id_])
                self._world.book.release(self._call.id, id_)

    async def _wait(self) -> Leg | Left:
        call, hall, pastime = self._call, self._hall, self._pastime
        while True:
            if not hall.screened(call.id) and (why := self._leaves()) is not None:
                await self._give_up()
                return why
            self._adjust()
            looks = (pastime.wakes_at, None if hall.screened(call.id) else self._until())
            item = await call.next(min((at for at in looks if at is not None), default=None))
            if isinstance(item, Dialled):
                hall.dialled(call.id, item.member)
            elif isinstance(item, PickedUp):
                hall.answered(call.id, item.member)
            elif isinstance(item, AttemptOver):
                if (leg := self._finished(item.member)) is not None:
                    await self._accepted(leg)
                    return leg
            elif (left := await pastime.take(item)) is not None:
                await self._give_up()
                return left

    def _adjust(self) -> None:
        """Let those ring who should."""
        should = {member.id: member for member in self._hall.rung_for(self._call.id)}
        for id_ in [id_ for id_ in self._attempts.running if id_ not in should]:
            elsewhere = self._world.book.busy(self._call.id, {id_: frozenset({id_})})
            self._attempts.stop(id_, LegResult.ELSEWHERE if elsewhere else LegResult.NO_ANSWER)
        for id_, member in should.items():
            if id_ not in self._attempts.running and not self._attempts.start(member):
                self._hall.ended(self._call.id, id_, LegResult.BUSY)

    def _finished(self, member: str) -> Leg | None:
        """The leg on which a human accepted, if that is how the attempt ended."""
        found = self._attempts.finished(member)
        if isinstance(found, Leg):
            return found
        if found is not None:
            self._hall.ended(self._call.id, member, found)
            self._world.book.release(self._call.id, member)
        return None

    async def _accepted(self, leg: Leg) -> None:
        """An agent has the caller: nobody else rings for them."""
        await self._attempts.close()
        self._call.drop(LegResult.ELSEWHERE, but=leg)
        self._world.book.release_call(self._call.id, but=leg.member)
        self._hall.leave(self._waiter.id)

    async def _give_up(self) -> None:
        await self._attempts.close()
        self._call.drop(LegResult.NO_ANSWER)
        self._world.book.release_call(self._call.id)
        self._hall.leave(self._waiter.id)

    async def _talk(self, member: Leg) -> bool:
        """``False``: it came to no talk; the caller waits on, where they stood."""
        call, world, queue = self._call, self._world, self._waiter.queue
        await self._pastime.end()
        talk = self._stage.meet(member)
        if not await talk.connect():
            result = LegResult.NOT_ACCEPTED  # gone between accepting and connecting
            call.leg_over(member, result, hang_up=NORMAL_CAUSE)
            world.book.release(call.id, member.member)
        else:
            call.note(queue_left=Left.AGENT)
            if await self._stage.converse(member):
                self._hall.handled(queue, (call.record.talked_s or 0.0) + call.wrap_up_s)
                return True
            result = LegResult.MACHINE
            call.note(queue_left=None)
            await hold(talk, self._pastime.hears)
        self._join()
        if member.over:
            self._hall.failed(call.id, member.member, result)
        else:  # may be a machine: asked for a key, while the caller waits on
            self._hall.rings_already(call.id, {member.member: world.now()})
            self._hall.answered(call.id, member.member)
            self._attempts.begin(member.member, ask_again(call, member))
        await self._pastime.begin()
        return False
