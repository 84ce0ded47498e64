"""A caller who waits to be called back from here, and calls again at another exchange (MISSION C4).

Each exchange keeps its own callbacks, and tells in its state who calls it. So whoever keeps a callback hears when its
caller waits for the same queue elsewhere: the callback rests meanwhile, and is over once they have a human there. It
stands again where that call ends without one, and where nothing is heard of that exchange for some minutes: a broker
that is away must not cost anybody their callback.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from appliance.exchange.callback.desk import CallbackDesk
from appliance.mqtt.topics import Topics
from appliance.queueing import callback_life as life
from appliance.queueing.callback_life import Callback, IllegalMove, State
from appliance.queueing.callback_store import CallbackStoreError

LOOK_EVERY_S = 15.0
UNHEARD_S = 180.0  # states come every minute at least
BETWEEN = ":"  # between an exchange and its call; no id of a call has it
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Call:
    queue: str
    caller: str
    talks: bool


class CallsElsewhere:
    """``now`` is monotonic."""

    def __init__(self, topics: Topics, desk: CallbackDesk, now: Callable[[], float]) -> None:
        self._topics, self._desk, self._now, self._began = topics, desk, now, now()
        self._calls: dict[str, dict[str, _Call]] = {}
        self._heard_at: dict[str, float] = {}
        self._news = asyncio.Event()

    def hear(self, topic: str, payload: bytes) -> None:
        """An exchange's state."""
        name = topic.removeprefix(f"{self._topics.device_prefix}exchange/").partition("/")[0]
        if name == self._topics.exchange:
            return
        try:
            told = json.loads(payload)["calls"]
            calls = {str(one["id"]): _Call(one["queue"], one["caller"], one["state"] == "talking") for one in told}
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        self._heard_at[name] = self._now()
        if self._calls.get(name) != calls:
            self._calls[name] = calls
            self._news.set()

    async def run(self) -> None:
        """Let callbacks rest, and stand again, for ever."""
        await self._desk.loaded.wait()
        while True:
            for callback in self._desk.standing:
                with suppress(IllegalMove, CallbackStoreError):  # somebody was quicker; or it stands as it stood
                    await self._look(callback)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._news.wait()
            self._news.clear()

    async def _look(self, callback: Callback) -> None:
        if callback.state is State.WAITING:
            if (again := self._again(callback)) is not None:
                _log.info("callback %s rests: its caller calls elsewhere (%s)", callback.id, again)
                await self._desk.move(callback.id, lambda one: _rests(one, again), tell=True)
        elif is_elsewhere(callback):
            exchange, _, id_ = (callback.again or "").partition(BETWEEN)
            call = self._calls.get(exchange, {}).get(id_)
            unheard_s = self._now() - self._heard_at.get(exchange, self._began)
            if call is not None and call.talks:
                await self._over(callback, had_a_human=True)
            elif unheard_s > UNHEARD_S or (call is None and exchange in self._heard_at):
                await self._over(callback, had_a_human=False)

    def _again(self, callback: Callback) -> str | None:
        """The call of the callback's caller at another exchange that we still hear of."""
        for exchange, calls in self._calls.items():
            if self._now() - self._heard_at[exchange] > UNHEARD_S:
                continue
            for id_, call in calls.items():
                if (call.queue, call.caller) == (callback.queue, callback.number):
                    return f"{exchange}{BETWEEN}{id_}"
        return None

    async def _over(self, callback: Callback, *, had_a_human: bool) -> None:
        await self._desk.again_over(callback.again or "", had_a_human=had_a_human)


def is_elsewhere(callback: Callback) -> bool:
    """Whether it rests for a call at another exchange."""
    return callback.state is State.ASIDE and BETWEEN in (callback.again or "")


def _rests(callback: Callback, again: str) -> Callback:
    if callback.state is not State.WAITING:  # an attempt that was begun meanwhile is not broken off
        raise IllegalMove(f"callback {callback.id} does not wait any more")
    return life.called_again(callback, again)
