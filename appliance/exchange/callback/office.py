"""All callbacks of this exchange at work: each that stands has a session, after a crash too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Protocol

from appliance.calls.health import CallLogError
from appliance.domain.calls import CallRecord, Outcome
from appliance.exchange.callback.call import CallbackCall
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.callback.elsewhere import is_elsewhere
from appliance.exchange.callback.identity import PREFIX
from appliance.exchange.callback.session import CallbackSession, CallbackStage, CallbackTakenUp
from appliance.exchange.callback.taking_up import where
from appliance.exchange.callback.talk import Means
from appliance.exchange.inventory import Inventory
from appliance.exchange.reception import Reception
from appliance.exchange.switch import OWN_PREFIX
from appliance.exchange.talk import Features
from appliance.exchange.world import World
from appliance.queueing import callback_life as life
from appliance.queueing.callback_life import Callback, IllegalMove, Rule, State
from appliance.roster.destinations import Callback as Terms
from appliance.roster.holidays import is_holiday
from appliance.roster.hours import situation_of

LOADED_WITHIN_S = 2.0
RESTART_PAUSE_S = 30.0
_log = logging.getLogger(__name__)


class Calls(Protocol):
    """The call log, as far as it is asked here."""

    async def get(self, id_: str) -> CallRecord | None:
        """One of our calls, ended or not. Raises :class:`appliance.calls.health.CallLogError`."""


class CallbackOffice:
    """``features`` makes what talkers may do.

    After each connection: :meth:`take_up`, then :meth:`start`. Beside it :meth:`look`, now and then.
    """

    def __init__(
        self,
        world: World,
        reception: Reception,
        desk: CallbackDesk,
        calls: Calls,
        features: Callable[[], Features],
    ) -> None:
        self._world, self._reception, self._desk = world, reception, desk
        self._calls, self._features = calls, features
        self._pending: list[CallbackSession] = []
        self._open = False
        self._missed = False  # the callbacks were not loaded when calls were taken up
        desk.on_new = self._begin

    async def take_up(self, found: Inventory, records: Collection[CallRecord]) -> frozenset[str]:
        """Find out where each callback stands; the ids of what belongs to them. Raises
        :class:`appliance.asterisk.ari.AriError`."""
        self.let_go()
        self._pending, self._missed = [], False
        try:
            async with asyncio.timeout(LOADED_WITHIN_S):
                await self._desk.loaded.wait()
        except TimeoutError:
            _log.error("callbacks cannot be read yet: what belongs to them is left as it is")
            self._missed = True
            ours = OWN_PREFIX + PREFIX
            return frozenset(id_ for id_ in (*found.channels, *found.bridges) if id_.startswith(ours))
        by_id = {record.id: record for record in records if record.callback == record.id}
        keeps: set[str] = set()
        for callback in self._desk.standing:
            if callback.id in self._reception.sessions:
                continue
            call = CallbackCall(self._world, callback, by_id.get(callback.id))
            taken_up, kept = await where(call, callback, found)
            keeps |= kept
            self._pending.append(self._session(call, taken_up))
        for record in by_id.values():
            if self._desk.get(record.id) is None:
                await self._close(record)
        return frozenset(keeps)

    def start(self) -> None:
        """Those that were found go on; from now on new ones begin at once."""
        pending, self._pending, self._open = self._pending, [], True
        for session in pending:
            self._host(session)
        for callback in self._desk.standing:  # asked for while others were taken up
            self._begin(callback)

    def let_go(self) -> None:
        """The way to Asterisk is lost, or the exchange goes: nothing is begun until :meth:`start`."""
        self._open = False

    async def look(self, look: Callable[[], Awaitable[Inventory]]) -> None:
        """Look at the clock: to be called now and then while Asterisk is connected. ``look`` tells what that has.
        Raises ``AriError``."""
        if self._missed and self._open and self._desk.loaded.is_set():
            await self.take_up(await look(), ())
            self.start()
        for callback in self._desk.standing:
            if callback.state is State.ASIDE:
                await self._look_after(callback)
            else:
                await self._look_at(callback, tell=True)

    def is_open(self, callback: Callback) -> bool:
        """Whether agents may be rung for it: not while the line that it was asked for on has closed since, nor while
        its queue is not in the roster."""
        roster = self._world.standing.roster
        if roster.queue_by_id(callback.queue) is None:
            return False
        line = next((one for one in roster.line if one.id == callback.line), None)
        if callback.situation != "open" or line is None:
            return True
        return situation_of(line, roster, self._world.wall(), self._world.timezone, is_holiday) == "open"

    def rule(self, queue: str) -> Rule:
        """How often callers of the queue are tried."""
        terms = self._terms(queue)
        return Rule(terms.tries, terms.retry_after_s, terms.give_up_after_s)

    def _terms(self, queue: str) -> Terms:
        found = self._world.standing.roster.queue_by_id(queue)
        return (found.callback if found is not None else None) or Terms()

    async def _look_at(self, callback: Callback, *, tell: bool = False) -> bool:
        """Whether the clock moved it; with ``tell`` its session hears of that."""
        rule, is_open, now = self.rule(callback.queue), self.is_open(callback), self._desk.now()
        if life.looked_at(callback, now, rule, is_open=is_open) == callback:
            return False
        try:
            moved = await self._desk.settle(
                callback.id, lambda one: life.looked_at(one, now, rule, is_open=is_open), tell=tell
            )
        except IllegalMove:
            return True
        what = moved.why if moved.state is State.DONE else "held: the line is closed" if moved.held else "goes on"
        _log.info("callback %s: %s", callback.id, what)
        return True

    async def _look_after(self, callback: Callback) -> None:
        """It rests for a call: whether that is over, and nobody has told."""
        again = callback.again or ""
        if is_elsewhere(callback) or again in self._reception.sessions:
            return
        try:
            record = await self._calls.get(again)
        except CallLogError:
            return
        if record is None or record.ended_at is not None:
            had_a_human = record is not None and record.answered_at is not None
            await self._desk.again_over(again, had_a_human=had_a_human)

    def _begin(self, callback: Callback) -> None:
        if self._open and callback.id not in self._reception.sessions:
            self._host(self._session(CallbackCall(self._world, callback), None))

    def _session(self, call: CallbackCall, taken_up: CallbackTakenUp | None) -> CallbackSession:
        queue = call.record.queue or ""
        if (found := self._world.standing.roster.queue_by_id(queue)) is not None:
            call.language, call.prompts = found.language or call.language, found.prompts
        sessions = self._reception.sessions
        means = Means(
            self._desk,
            lambda: self.rule(queue),
            lambda: self._terms(queue).ring_s,
            lambda id_: id_ in sessions,
            self._look_at,
        )
        return CallbackSession(call, CallbackStage(call, self._features(), means), means, taken_up)

    def _host(self, session: CallbackSession) -> None:
        self._reception.host(session, self._ended)

    def _ended(self, id_: str) -> None:
        """A session that ends before its callback had a fault: it is begun anew after a while."""
        if self._open and self._desk.get(id_) is not None:
            asyncio.get_running_loop().call_later(RESTART_PAUSE_S, self._restart, id_)

    def _restart(self, id_: str) -> None:
        if (callback := self._desk.get(id_)) is not None:
            self._begin(callback)

    async def _close(self, record: CallRecord) -> None:
        """The log says that it goes on, and it does not."""
        ended = await self._desk.find(record.id)
        if ended is None:
            _log.error("callback %s is in the log and nowhere else: it is told as missed", record.id)
        outcome = Outcome.UNANSWERED
        if ended is not None and ended.result is life.Result.TALKED:
            outcome = Outcome.ANSWERED if record.answered_at else Outcome.CUT
        elif ended is not None and ended.result in (life.Result.CALLED_AGAIN, life.Result.CANCELLED):
            outcome = Outcome.CANCELLED
        call = CallbackCall(self._world, _of(record), record)
        call.end_record(outcome, "exchange")
        await call.write()


def _of(record: CallRecord) -> Callback:
    at = datetime.fromisoformat(record.arrived_at).timestamp()
    return Callback(
        record.id, record.exchange, record.queue or "", record.caller or "", "en", record.id, at, at, record.called
    )
