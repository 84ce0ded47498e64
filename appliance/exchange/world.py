"""What every call of an exchange works with, handed in by the composition root."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from appliance.asterisk.ari import AriError
from appliance.asterisk.channels import Channels, Snapshot
from appliance.asterisk.events import AriEvent
from appliance.domain.calls import CallRecord
from appliance.domain.phone import PhoneNumber
from appliance.exchange.book import Book
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.hunt import Chance
from appliance.exchange.limits import Limits
from appliance.exchange.queue.crews import Presences
from appliance.exchange.queue.hall import QueueHall
from appliance.exchange.route import OnDuty
from appliance.exchange.switch import Switch
from appliance.exchange.trunks import Trunks
from appliance.prompts.speech import Speech
from appliance.roster.models import Roster
from appliance.screening.judge import Facts, Judge

if TYPE_CHECKING:
    from appliance.exchange.call import Call
    from appliance.exchange.listening_desk import ListeningDesk
    from appliance.exchange.mailbox.voicemail import Voicemail

_log = logging.getLogger(__name__)


class Log(Protocol):
    """The call log as calls write it."""

    async def put(self, record: CallRecord) -> int | None:
        """Keep the record; it replaces what was kept of the call before."""


class Standing(Protocol):
    """The roster and who has duty, as last heard."""

    @property
    def roster(self) -> Roster:
        """The newest roster."""

    @property
    def duty(self) -> OnDuty:
        """Who has duty."""


class VariablesLike(Protocol):
    """Who sets variables of callers' channels."""

    async def set(self, channels: Channels, channel: str, variable: str, value: str) -> None:
        """Set one."""


class EarLike(AbstractContextManager[Any], Protocol):
    """One expected sound connection."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """PCM, until the connection ends."""


class Ears(Protocol):
    """Where Asterisk brings the sound of an answering side."""

    @property
    def address(self) -> str:
        """``host:port`` for ``AudioSocket()``."""

    def expect(self, uuid: str) -> EarLike:
        """The connection that will name ``uuid``."""


class Records(Protocol):
    """Who records calls."""

    async def start(self, call: Call, sides: int, days: int | None) -> None:
        """Record both sides of the call, mixed (1) or apart (2), and keep that for so many days."""

    async def take_up(self, world: World, channels: Mapping[str, Snapshot]) -> frozenset[str]:
        """Go on with what was being recorded; which of the channels belong to it."""

    def arrived(self, world: World, event: AriEvent) -> None:
        """A channel that records has come to ask whether somebody takes its sound."""


class Errands:
    """Small things that are done beside the calls, such as ending a channel; each may fail alone."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, job: Coroutine[Any, Any, object]) -> None:
        """Start it."""
        task = asyncio.create_task(_tolerant(job), name="errand")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, patience_s: float) -> None:
        """Let them end, then end them."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience_s)
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _tolerant(job: Coroutine[Any, Any, object]) -> None:
    try:
        await job
    except AriError as error:
        _log.warning("%s", error)
    except Exception:
        _log.exception("an errand failed")


@dataclass(frozen=True, slots=True)
class Identity:
    """How the exchange shows itself towards trunks; ``numbers`` are all those that lead to it, in E.164."""

    service: PhoneNumber
    caller_id: Literal["caller", "service"]
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class World:
    """Everything a call may touch. ``now`` is monotonic, ``wall`` the time of day."""

    name: str
    region: str
    timezone: str
    identity: Identity
    channels: Channels
    variables: VariablesLike
    switch: Switch
    book: Book
    queues: QueueHall
    presences: Presences
    trunks: Trunks
    limits: Limits
    log: Log
    standing: Standing
    ears: Ears | None
    recorder: Records
    speech: Speech
    voicemail: Voicemail | None
    judge: Callable[[bool, Facts | None], Judge]
    errands: Errands
    chance: Chance
    now: Callable[[], float]
    wall: Callable[[], datetime]
    listening: ListeningDesk | None = None
    callbacks: CallbackDesk | None = None
    one_renewal_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)  # see .lifeline

    def end(self, channel: str, cause: int = 16) -> None:
        """End a channel, without waiting for it."""
        self.switch.disown(channel)
        self.errands.run(self.channels.hang_up(channel, cause))
