"""Listening in on a leg: what the answering side says goes to a judge, whose verdicts come into the leg's inbox.

Once that was ``human``, it goes to a watch, until that is over or the ear is closed; what it comes to is told to the
call, which has the leg by then.
"""

from __future__ import annotations

import asyncio
import uuid

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.asterisk.site import LISTEN_CONTEXT
from appliance.exchange.call import Call, Leg
from appliance.exchange.inbox import Heard, Inbox
from appliance.exchange.world import EarLike
from appliance.screening.judge import Judge
from appliance.screening.watch import Watch

STARTS_WITHIN_S = 2.0


class Listening:
    """A snooping channel, led through the dialplan's ``AudioSocket()`` to a judge here. Close it when done."""

    def __init__(self, call: Call, leg: Leg, judge: Judge, ear: EarLike, id_: str) -> None:
        world = call.world
        self._world, self._call, self._leg, self._judge = world, call, leg, judge
        self._channel = f"{leg.channel}-ear-{id_[:8]}"
        self._events: Inbox[AriEvent] = Inbox(world.now)
        self._ear, self._id = ear, id_
        self._task = asyncio.create_task(self._run(), name=f"ear {leg.channel}")
        self._task.add_done_callback(_retrieved)

    @classmethod
    def of(cls, call: Call, leg: Leg, judge: Judge) -> Listening | None:
        """Begin to listen; ``None`` where there are no ears to be had."""
        ears = call.world.ears
        if ears is None:
            return None
        id_ = str(uuid.uuid4())
        try:
            return cls(call, leg, judge, ears.expect(id_), id_)
        except RuntimeError:
            return None

    def close(self) -> None:
        """Listen no more."""
        self._task.cancel()
        self._ear.__exit__(None, None, None)
        self._world.end(self._channel)

    @property
    def failed(self) -> bool:
        """Whether nothing will be heard."""
        return self._task.done()

    async def _run(self) -> None:
        channels = self._world.channels
        self._world.switch.own(self._channel, self._events.put)
        await channels.snoop(self._leg.channel, self._channel)
        until = self._world.now() + STARTS_WITHIN_S
        while (event := await self._events.next(until)) is not None and event.type != "StasisStart":
            pass
        await channels.set(self._channel, "HOTLINE_LISTEN_ID", self._id)
        await channels.set(self._channel, "HOTLINE_LISTEN_AT", self._world.ears.address if self._world.ears else "")
        await channels.go_on(self._channel, LISTEN_CONTEXT)
        watch: Watch | None = None
        async for pcm in self._ear:
            if watch is None:
                if (verdict := self._judge.feed(pcm)) is not None:
                    self._leg.inbox.put(verdict)
                    watch = self._judge.watch() if verdict.kind == "human" else None
            elif (verdict := watch.feed(pcm)) is not None:
                self._call.inbox.put(Heard(self._leg.channel, verdict))
                return


def _retrieved(task: asyncio.Task[None]) -> None:
    """A leg that ended under the ear fails its commands; that is no news."""
    if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, AriError):
        task.get_loop().call_exception_handler({"message": "listening failed", "exception": error, "task": task})
