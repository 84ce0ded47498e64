"""Where calls come in: each gets a session, a task of its own; all are let go and taken up again together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Protocol

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.asterisk.site import TECHNICIAN_CONTEXT
from appliance.exchange.call import Arrival, Call
from appliance.exchange.callerid import read_caller
from appliance.exchange.session import Session
from appliance.exchange.taken import TakenUp
from appliance.exchange.talk import Features, Talk
from appliance.exchange.transfer.refer import account_of, leave_transfers_to_us
from appliance.exchange.world import World

SETTLES_WITHIN_S = 3.0
PRESENTATION = "CALLERID(pres)"
_log = logging.getLogger(__name__)


def is_restricted(presentation: str | None) -> bool:
    """Whether the caller's number must not be shown on."""
    return (presentation or "").startswith("prohib")


class Hosted(Protocol):
    """A call's life, as others see it."""

    @property
    def call(self) -> Call:
        """What the call is."""

    @property
    def talk(self) -> Talk | None:
        """Who talk in it."""

    async def run(self) -> None:
        """Live."""


def life_of(argument: str) -> int:
    """The seconds that the dialplan leaves a caller to us; 0 where it does not say."""
    return int(argument) if argument.isdecimal() else 0


class Reception:
    """All calls there are. ``features`` makes what talkers of one call may do.

    Calls that come while others are taken up wait for that, a little: until then nobody knows who is on the phone.
    """

    def __init__(self, world: World, features: Callable[[], Features]) -> None:
        self._world, self._features = world, features
        self._sessions: dict[str, Hosted] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._settled = asyncio.Event()

    @property
    def sessions(self) -> dict[str, Hosted]:
        """The calls by id."""
        return self._sessions

    def receive(self, event: AriEvent) -> None:
        """A caller has come: ``Stasis(hotline,in,CALLED,TRUNK)``, or ``phone`` with what a phone of ours dialled."""
        kind, called, trunk, life, *_rest = (*event.args, "", "", "", "")
        number = event.text("channel", "caller", "number")
        diverted_by = event.text("channel", "caller_rdnis")
        account = account_of(event.text("channel", "name")) if kind == "phone" else None
        held: list[AriEvent] = []
        self._world.switch.own(event.channel, held.append)
        task = asyncio.create_task(
            self._welcome(event.channel, called, trunk, number, diverted_by, account, life_of(life), held),
            name=f"welcome {event.channel}",
        )
        self._keep(event.channel, task)

    def take_up(self, call: Call, taken_up: TakenUp) -> None:
        """Go on with a call that an exchange before us had begun."""
        session = Session(call, self._features(), taken_up)
        self._sessions[call.id] = session
        self._keep(call.id, asyncio.create_task(session.run(), name=f"call {call.id}"))

    def host(self, session: Hosted, ended: Callable[[str], None]) -> None:
        """Run a session that no caller began; ``ended`` is told its call's id once it is over."""
        id_ = session.call.id
        self._sessions[id_] = session
        task = self._tasks[id_] = asyncio.create_task(session.run(), name=f"call {id_}")

        def over(task: asyncio.Task[None]) -> None:
            self._forget(id_, task)
            if not task.cancelled():
                if (error := task.exception()) is not None:
                    _log.error("call %s ended by a fault", id_, exc_info=error)
                ended(id_)

        task.add_done_callback(over)

    def settled(self) -> None:
        """Every call there was has been taken up."""
        self._settled.set()

    async def let_go(self) -> None:
        """End every session and leave its call as it is in Asterisk; those too that come meanwhile."""
        self._settled.clear()
        while tasks := [task for task in self._tasks.values() if not task.done()]:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _welcome(
        self,
        channel: str,
        called: str,
        trunk: str,
        number: str,
        diverted_by: str,
        account: str | None,
        life_s: int,
        held: list[AriEvent],
    ) -> None:
        world = self._world
        try:
            presentation = await world.channels.variable(channel, PRESENTATION)
        except AriError:
            presentation = None
        if account is not None:
            await leave_transfers_to_us(world, channel)
        caller = read_caller(number, world.region, restricted=is_restricted(presentation))
        arrival = Arrival(
            channel, called, caller, trunk or None, (diverted_by,) if diverted_by else (), account, life_s
        )
        call = Call(world, arrival)
        for event in held:
            call.inbox.put(event)
        session = Session(call, self._features())
        self._sessions[call.id] = session
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLES_WITHIN_S):
                await self._settled.wait()
        await session.run()

    def _keep(self, id_: str, task: asyncio.Task[None]) -> None:
        self._tasks[id_] = task

        def ended(task: asyncio.Task[None]) -> None:
            self._forget(id_, task)
            if not task.cancelled() and (error := task.exception()) is not None:
                _log.error("call %s ended by a fault; its caller is led to the technician", id_, exc_info=error)
                self._world.switch.disown(id_)
                self._world.errands.run(self._world.channels.go_on(id_, TECHNICIAN_CONTEXT))

        task.add_done_callback(ended)

    def _forget(self, id_: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(id_) is task:
            del self._tasks[id_]
            self._sessions.pop(id_, None)
