"""The attempts of one call that run now: one a member, each holding its member's phones in the book meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Coroutine, Mapping
from typing import Any

from appliance.asterisk.ari import AriError
from appliance.domain.calls import LegResult
from appliance.exchange.attempt import Told, reach
from appliance.exchange.call import Call, Leg
from appliance.exchange.inbox import AttemptOver, Dialled, PickedUp
from appliance.exchange.phones import Member

_log = logging.getLogger(__name__)


class Attempts:
    """What becomes of an attempt comes to the call's inbox: ``Dialled``, ``PickedUp``, ``AttemptOver``. ``last``:
    nobody else is left to try."""

    def __init__(self, call: Call, *, last: bool = False) -> None:
        self._call, self._world, self._last = call, call.world, last
        self._running: dict[str, asyncio.Task[Leg | LegResult]] = {}

    @property
    def running(self) -> Collection[str]:
        """The members who are being tried."""
        return self._running.keys()

    def start(self, member: Member, legs: Mapping[str, Leg] | None = None) -> bool:
        """Ring a member; ``False``, and nothing is begun, where another holds one of their phones.

        ``legs``, by number, ring already since before a crash."""
        if not self._world.book.take(self._call.id, member.id, member.keys):
            return False
        inbox = self._call.inbox
        told = Told(lambda: inbox.put(Dialled(member.id)), lambda: inbox.put(PickedUp(member.id)))
        self.begin(member.id, reach(self._call, member, told, last=self._last, legs=legs or {}))
        return True

    def begin(self, member: str, attempt: Coroutine[Any, Any, Leg | LegResult]) -> None:
        """Any attempt on somebody whose phones the call holds already."""
        task = asyncio.create_task(attempt, name=f"{self._call.id} {member}")
        self._running[member] = task
        task.add_done_callback(lambda _: self._call.inbox.put(AttemptOver(member)))

    def stop(self, member: str, result: LegResult) -> None:
        """End an attempt, and what rings for it."""
        self._running.pop(member).cancel()
        self._call.drop(result, members=[member])
        self._world.book.release(self._call.id, member)

    def finished(self, member: str) -> Leg | LegResult | None:
        """What came of an attempt of which the inbox has told the end; ``None`` where it was stopped meanwhile."""
        task = self._running.get(member)
        if task is None or not task.done() or task.cancelled():
            return None
        del self._running[member]
        error = task.exception()
        if error is None:
            return task.result()
        if isinstance(error, AriError) and error.unreachable:
            raise error
        _log.error("call %s: the attempt to reach %s failed", self._call.id, member, exc_info=error)
        self._call.drop(LegResult.UNREACHABLE, members=[member])
        return LegResult.UNREACHABLE

    async def close(self) -> None:
        """Try nobody any more; what rings is left to the call."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._running.clear()
