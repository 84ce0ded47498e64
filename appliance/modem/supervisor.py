"""Keeps the modem's port open and the modem on the network, for ever.

One long task: open the port by name, run one session until the port ends or falls silent, let the recovery ladder
act, open again. Other tasks ask through :meth:`Supervisor.ask` at any time; they take turns with the session's polls
on the channel: one command in flight, however long the network takes for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from appliance.domain.events import EventType
from appliance.domain.forwarding import ForwardingError, RefusalKind
from appliance.domain.health import Health
from appliance.domain.modem import NetworkRegistration, SimState
from appliance.domain.phrase import phrase
from appliance.modem.channel import Answer, Channel, ChannelError, PortGoneError
from appliance.modem.dialogue import Request
from appliance.modem.interview import Ask
from appliance.modem.link import LinkFactory
from appliance.modem.mender import Mender
from appliance.modem.quirks import GENERIC, Quirks
from appliance.modem.recovery import Rung, Symptom
from appliance.modem.recovery_actions import RecoveryActions
from appliance.modem.session import Rebooted, Session, Surroundings

log = logging.getLogger(__name__)
T = TypeVar("T")

_BACK_OFF = 1.5
_UNSEEN_CALL_S = 600.0  # a call that was going on when the port fell silent is taken to last that long


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are looked at, in seconds."""

    poll_s: float = 30.0
    searching_poll_s: float = 2.0
    reopen_s: float = 1.0
    reopen_limit_s: float = 5.0  # a port that stays away is looked for less often, up to this
    beat_s: float = 2.0
    restart_grace_s: float = 3.0  # a modem answers OK to its restart and goes some seconds later
    reset_limit_s: float = 60.0


@dataclass(frozen=True, slots=True)
class LifeEnd:
    """Why a life of the port ended. ``restarting``: the modem was told to, and goes only some seconds later."""

    symptom: Symptom
    reason: str
    restarting: bool = False


@dataclass(frozen=True, slots=True)
class Port:
    """How the modem is reached. ``name`` is opened anew each time, so a by-path name finds a renumbered tty."""

    name: str
    baudrate: int
    factory: LinkFactory


class Supervisor:
    """The modem over all its lives. ``busy`` tells of calls on the box that no restart may cut."""

    def __init__(
        self,
        port: Port,
        around: Surroundings,
        wake: asyncio.Event,
        mender: Mender,
        actions: RecoveryActions,
        *,
        beat: Callable[[], None],
        busy: Callable[[], bool],
        pace: Pace,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._port = port
        self._around = around
        self._board = around.board
        self._wake = wake
        self._mender = mender
        self._actions = actions
        self._beat = beat
        self._busy = busy
        self._pace = pace
        self._clock = clock
        self._wall = wall
        self._channel: Channel | None = None
        self._session: Session | None = None
        self._down_since: float | None = None
        self._off_network_since: float | None = None
        self._call_seen_at: float | None = None
        self._restart_wish: asyncio.Future[ForwardingError | None] | None = None
        self._reopen_s = pace.reopen_s
        self._lives = 0

    @property
    def session(self) -> Session | None:
        """The present life, if the port is open."""
        return self._session

    @property
    def lives(self) -> int:
        """How often the modem has come up."""
        return self._lives

    async def restart(self) -> None:
        """A person asks for a restart; returns when the modem has been told. Raises ``ForwardingError``."""
        if self._channel is None and not await self._mender.can_restart_without_port():
            reason = self._board.status.reason or phrase("it has not answered yet")
            stuck = phrase("the modem cannot be restarted: {reason}", reason=reason)
            raise ForwardingError(RefusalKind.NO_MODEM, stuck)
        wish = self._restart_wish
        if wish is None:
            wish = self._restart_wish = asyncio.get_running_loop().create_future()
        self._wake.set()
        try:
            refusal = await asyncio.shield(wish)
        finally:
            if self._restart_wish is wish:  # nobody waits any more: no restart out of the blue later
                self._restart_wish = None
        if refusal is not None:
            raise ForwardingError(refusal.kind, refusal.message)

    async def ask(self, request: Request) -> Answer:
        """Send to the modem, in turn. Raises :class:`appliance.modem.channel.ChannelError`."""
        channel = self._channel
        if channel is None:
            raise PortGoneError(self._board.status.reason or phrase("the port of the modem is not open"))
        return await channel.ask(request)

    async def serve(self) -> None:
        """Keep the modem up until cancelled."""
        while True:
            end = await self._one_life()
            now = self._clock()
            self._down_since = now if self._down_since is None else self._down_since
            if self._board.status.health is not Health.DOWN:
                self._around.on_event(EventType.MODEM_DOWN, {"reason": end.reason})
                log.warning("the modem is down: %s", end.reason)
            self._board.update(
                health=Health.DOWN,
                reason=end.reason,
                sim=SimState.UNKNOWN,
                registration=NetworkRegistration.NONE,
                operator=None,
                technology=None,
                rssi_dbm=None,
            )
            if not await self._grant_restart(None, GENERIC):
                live_call = self._call_may_live()
                await self._patiently(self._mender.step(end.symptom, self._down_since, live_call=live_call))
            if end.restarting:
                await self._pause(self._pace.restart_grace_s)
            else:
                await self._pause(self._reopen_s)
                self._reopen_s = min(self._reopen_s * _BACK_OFF, self._pace.reopen_limit_s)

    async def _one_life(self) -> LifeEnd:
        """Open, serve until something ends it, close; why it ended."""
        channel = Channel(self._unsolicited, self._wake.set, clock=self._clock, wall=self._wall)
        self._wake.clear()
        try:
            await self._patiently(channel.open(self._port.factory, self._port.name, self._port.baudrate))
            self._channel = channel
            self._session = Session(self._patient_ask, self._around)
            await self._actions.note_port(self._port.name)
            await self._live(self._session)
        except OSError as error:
            return LifeEnd(Symptom.PORT_GONE, str(error))
        except PortGoneError as error:
            return LifeEnd(Symptom.PORT_GONE, error.message)
        except (ChannelError, Rebooted) as error:
            return LifeEnd(Symptom.SILENT, str(error))
        finally:
            if self._session is not None and self._session.live_calls:
                self._call_seen_at = self._clock()
            self._channel = self._session = None
            await channel.close()
        return LifeEnd(Symptom.SILENT, phrase("the modem is being restarted"), restarting=True)

    async def _live(self, session: Session) -> None:
        """Serve an open port. Returns when the modem was restarted on purpose; raises when the port fails."""
        await session.start()
        self._board.update(port=self._port.name)
        status = self._board.status
        self._lives += 1
        self._reopen_s = self._pace.reopen_s
        self._down_since = None
        self._around.on_event(
            EventType.MODEM_UP, {"model": status.model, "firmware": status.firmware, "port": status.port}
        )
        self._mender.healed(on_network=False)
        while True:
            self._beat()
            await session.poll()
            if await self._mend_radio(session):
                return
            if await self._grant_restart(self._patient_ask, _quirks_of(session)):
                return
            await self._rest(self._pace.poll_s if session.settled else self._pace.searching_poll_s)

    async def _grant_restart(self, ask: Ask | None, quirks: Quirks) -> bool:
        """Restart the modem if a person wishes it and tell them what came of it; whether it may now be restarting."""
        wish, self._restart_wish = self._restart_wish, None
        if wish is None:
            return False
        refusal: ForwardingError | None = ForwardingError(RefusalKind.NO_MODEM, phrase("the guard is being stopped"))
        try:
            refusal = await self._patiently(self._mender.asked(ask, quirks))
        finally:
            wish.set_result(refusal)
        # a modem that gave no answer may have begun all the same
        return refusal is None or refusal.kind is RefusalKind.SILENT

    async def _mend_radio(self, session: Session) -> bool:
        """Take a rung against a missing network or SIM; whether the modem now starts anew."""
        if self._board.status.usable:
            self._off_network_since = None
            self._mender.healed(on_network=True)
            return False
        now = self._clock()
        if self._off_network_since is None:
            self._off_network_since = now
        symptom = Symptom.NO_NETWORK if self._board.status.sim is SimState.READY else Symptom.NO_SIM
        rung = await self._patiently(
            self._mender.step(
                symptom,
                self._off_network_since,
                ask=self._patient_ask,
                quirks=_quirks_of(session),
                live_call=self._busy() or session.live_calls > 0,
                sim_locked=session.sim_locked,
            )
        )
        return rung not in (None, Rung.REOPEN)

    def _call_may_live(self) -> bool:
        """Whether a restart could cut a call; a port that does not answer tells nothing, so the last look counts."""
        seen = self._call_seen_at
        return self._busy() or (seen is not None and self._clock() - seen < _UNSEEN_CALL_S)

    async def _rest(self, seconds: float) -> None:
        """Sleep, with a beat now and then, until something calls."""
        until = self._clock() + seconds
        while (left_s := until - self._clock()) > 0 and not self._wake.is_set():
            self._beat()
            try:
                async with asyncio.timeout(min(left_s, self._pace.beat_s)):
                    await self._wake.wait()
            except TimeoutError:
                continue
        self._wake.clear()

    async def _pause(self, seconds: float) -> None:
        """Sleep, with a beat now and then, whoever calls: the line has ended, so there is nothing to hurry to."""
        until = self._clock() + seconds
        while (left_s := until - self._clock()) > 0:
            self._beat()
            await asyncio.sleep(min(left_s, self._pace.beat_s))

    async def _patiently(self, work: Awaitable[T]) -> T:
        """Wait for something that may take long and has a limit of its own, with a beat now and then."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                self._beat()
                await asyncio.wait({task}, timeout=self._pace.beat_s)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
            if not task.cancelled():
                task.exception()  # taken note of, also where our own cancellation keeps it from being raised
        return task.result()

    async def _patient_ask(self, request: Request) -> Answer:
        return await self._patiently(self.ask(request))

    def _unsolicited(self, line: str) -> None:
        if self._session is not None:
            self._session.unsolicited(line)


def _quirks_of(session: Session) -> Quirks:
    return session.identity.quirks if session.identity is not None else GENERIC
