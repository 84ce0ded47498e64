"""Listening in on a leg: what the answering side says goes to a judge, whose verdicts come into the leg's inbox.

Once that was ``human``, it goes to a watch, with what the caller says, until that is over or the ear is closed; what
it comes to is told to the call, which has the leg by then.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.asterisk.site import LISTEN_CONTEXT
from appliance.exchange.call import Call, Leg
from appliance.exchange.inbox import Heard, Inbox
from appliance.exchange.world import EarLike, World
from appliance.screening.judge import Judge
from appliance.screening.watch import Watch

STARTS_WITHIN_S = 2.0


class Tap:
    """A snooping channel on one of a call's channels, led through the dialplan's ``AudioSocket()`` to us."""

    def __init__(self, world: World, channel: str, name: str, ear: EarLike, id_: str) -> None:
        self._world, self._tapped, self._ear, self._id = world, channel, ear, id_
        self._channel = f"{name}-ear-{id_[:8]}"
        self._events: Inbox[AriEvent] = Inbox(world.now)

    @classmethod
    def of(cls, world: World, channel: str, name: str) -> Tap | None:
        """On what comes from ``channel``; ``name`` is what the tap's id begins with. ``None`` where there are no ears
        to be had."""
        if world.ears is None:
            return None
        id_ = str(uuid.uuid4())
        try:
            return cls(world, channel, name, world.ears.expect(id_), id_)
        except RuntimeError:
            return None

    def close(self) -> None:
        """Listen no more."""
        self._ear.__exit__(None, None, None)
        self._world.end(self._channel)

    async def sound(self) -> AsyncIterator[bytes]:
        """What is said, as PCM, until the channel or the tap ends."""
        channels, ears = self._world.channels, self._world.ears
        self._world.switch.own(self._channel, self._events.put)
        await channels.snoop(self._tapped, self._channel)
        until = self._world.now() + STARTS_WITHIN_S
        while (event := await self._events.next(until)) is not None and event.type != "StasisStart":
            pass
        await channels.set(self._channel, "HOTLINE_LISTEN_ID", self._id)
        await channels.set(self._channel, "HOTLINE_LISTEN_AT", ears.address if ears is not None else "")
        await channels.go_on(self._channel, LISTEN_CONTEXT)
        async for pcm in self._ear:
            yield pcm


class Listening:
    """Somebody who listens to a leg and tells what they think. Close it when done."""

    def __init__(self, call: Call, leg: Leg, judge: Judge, tap: Tap) -> None:
        self._call, self._leg, self._judge, self._tap = call, leg, judge, tap
        self._callers: Tap | None = None
        self._tasks = [asyncio.create_task(self._judged(), name=f"ear {leg.channel}")]
        self._tasks[0].add_done_callback(_retrieved)

    @classmethod
    def of(cls, call: Call, leg: Leg, judge: Judge) -> Listening | None:
        """Begin to listen; ``None`` where there are no ears to be had."""
        tap = Tap.of(call.world, leg.channel, leg.channel)
        return cls(call, leg, judge, tap) if tap is not None else None

    def close(self) -> None:
        """Listen no more."""
        for task in self._tasks:
            task.cancel()
        for tap in (self._tap, self._callers):
            if tap is not None:
                tap.close()

    async def _judged(self) -> None:
        watch: Watch | None = None
        async for pcm in self._tap.sound():
            if watch is None:
                if (verdict := self._judge.feed(pcm)) is not None:
                    self._leg.inbox.put(verdict)
                    if verdict.kind == "human":
                        watch = self._judge.watch()
                        self._hear_caller(watch)
            elif (verdict := watch.feed(pcm)) is not None:
                self._call.inbox.put(Heard(self._leg.channel, verdict))
                return

    def _hear_caller(self, watch: Watch) -> None:
        """The caller's side too: a person and a recording differ in what they make of it."""
        call = self._call
        self._callers = tap = Tap.of(call.world, call.arrival.channel, self._leg.channel)
        if tap is None:
            return

        async def hear() -> None:
            async for pcm in tap.sound():
                watch.hear(pcm)

        task = asyncio.create_task(hear(), name=f"ear {call.id}")
        task.add_done_callback(_retrieved)
        self._tasks.append(task)


def _retrieved(task: asyncio.Task[None]) -> None:
    """A channel that ended under the ear fails its commands; that is no news."""
    if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, AriError):
        task.get_loop().call_exception_handler({"message": "listening failed", "exception": error, "task": task})
