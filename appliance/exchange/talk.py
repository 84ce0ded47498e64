"""The talking phase: caller and member in one bridge, until one of them hangs up.

This is the seam for transfers: whatever happens to either party comes through :meth:`Talk.next`, and a
:class:`Features` may take an event for itself, change who the parties are, or say that the talk goes on elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.exchange.call import CALLER_ENDS, NOT_THERE, Call, CallerGoneError, Item, Leg
from appliance.exchange.inbox import Heard
from appliance.exchange.transfer.state import Handover

LEG_ENDS = frozenset({"ChannelHangupRequest", "ChannelDestroyed"})
BY_HAND = frozenset({"ChannelDtmfReceived", "ChannelTransfer", "BridgeBlindTransfer"})  # machines do none of it
MACHINE, DOUBT = "machine", "doubt"
Otherwise = Callable[[bool], Awaitable[None]]
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A transfer that a crash interrupted. ``ringing`` are the legs that ring still, by member and number, ``since``
    when they began (the exchange's clock); ``target`` is the leg that was being consulted, if it is still there."""

    handover: Handover
    ringing: Mapping[str, Mapping[str, Leg]] = field(default_factory=dict)
    since: Mapping[str, float] = field(default_factory=dict)
    target: Leg | None = None


class Features(Protocol):
    """What talkers may do beside talking."""

    @property
    def wakes_at(self) -> float | None:
        """When :meth:`wake` is to be called, unless something happens before."""

    async def take(self, talk: Talk, event: AriEvent) -> bool:
        """Deal with the event; ``False`` leaves it to the talk itself."""

    async def wake(self, talk: Talk) -> None:
        """The time has come."""

    async def resume(self, talk: Talk, interrupted: Interrupted) -> None:
        """Go on with a transfer that a crash interrupted."""


class NoFeatures:
    """Nothing."""

    wakes_at: float | None = None

    async def take(self, talk: Talk, event: AriEvent) -> bool:
        """Leave every event."""
        return False

    async def wake(self, talk: Talk) -> None:
        """Never needed."""

    async def resume(self, talk: Talk, interrupted: Interrupted) -> None:
        """Never needed: nobody transferred."""


class Talk:
    """Two who talk. ``member`` may be exchanged for another leg. ``ended_by`` is who ended it, once it is over.

    ``MACHINE``: the member turned out to be one, ``DOUBT``: may be one, for which ``heard_ms`` of their side were
    needed. Where somebody handed the caller on, the talk itself goes on ``otherwise`` then.
    """

    def __init__(self, call: Call, member: Leg) -> None:
        self.call, self.member = call, member
        self.ended_by: str | None = None
        self.heard_ms: int | None = None
        self.otherwise: Otherwise | None = None
        self.own(member)

    def go_on_with(self, leg: Leg, otherwise: Otherwise | None = None) -> None:
        """Another leg is the member from now on. They are listened to on where somebody knows how to go on
        ``otherwise``; whom the former member has talked with is a human."""
        self.believe()
        if otherwise is None:
            leg.stop_listening()
        self.member, self.otherwise = leg, otherwise
        self.own(leg)

    def own(self, leg: Leg) -> None:
        """From now on the call itself hears of this leg."""
        if not leg.over:
            self.call.world.switch.own(leg.channel, self.call.inbox.put)

    async def next(self, until: float | None = None) -> Item | None:
        """What happens next to any of the parties, the caller's end too."""
        return await self.call.inbox.next(until)

    async def connect(self) -> bool:
        """Bring both together. ``False`` where the member has gone meanwhile; raises :class:`CallerGoneError`."""
        call = self.call
        heard = call.hears
        # each command is a journey through Asterisk, and on a busy one the caller hears their sum: what need not wait
        # for another goes with it. That nothing ends the talk by itself is settled before the caller is in it.
        entered, *_ = await _together(self._member_enters(), call.of_caller(call.lifeline.let_talk()), self._ready())
        if not entered:
            await call.lifeline.waits()
            if call.answered and heard is not None:
                await call.let_hear(heard)
            return False
        await call.answer()
        await call.let_hear(None)
        await call.of_caller(call.world.channels.join(call.bridge, call.arrival.channel))
        return True

    async def _member_enters(self) -> bool:
        """``False`` where the member has gone meanwhile."""
        call, channels = self.call, self.call.world.channels
        await channels.bridge(call.bridge)
        try:
            await channels.join(call.bridge, self.member.channel)
        except AriError as error:
            if error.status in NOT_THERE:
                return False
            raise
        return True

    async def _ready(self) -> None:
        """Who waits is silent for the talk; who was not picked up yet rings on until somebody is there."""
        if self.call.answered:
            await self.call.let_hear(None)

    async def run(self, features: Features) -> str:
        """Until somebody hangs up; who did: ``caller``, ``member``, or ``exchange``: nobody was left to talk to. Or
        until the member turns out to be a ``machine``, or there is a ``doubt``: both are left as they are."""
        while self.ended_by is None:
            item = await self.next(features.wakes_at)
            if item is None:
                await features.wake(self)
                continue
            if isinstance(item, Heard):
                await self._heard(item)
            if not isinstance(item, AriEvent):
                continue
            if item.channel == self.member.channel and item.type in BY_HAND:
                self.believe()
            if await features.take(self, item):
                continue
            if item.channel == self.call.arrival.channel and item.type in CALLER_ENDS:
                self.ended_by = "caller"
            elif item.channel == self.member.channel and item.type in LEG_ENDS:
                self.ended_by = "member"
        return self.ended_by

    def believe(self) -> None:
        """The member is a human: nobody listens any more."""
        self.member.stop_listening()
        self.otherwise = None
        if self.call.record.watched:
            self.call.note(watched=None)

    async def _heard(self, heard: Heard) -> None:
        if heard.channel != self.member.channel or self.member.ear is None:
            return
        if heard.verdict.kind == "human":
            self.believe()
            return
        machine = heard.verdict.kind == "machine"
        self.heard_ms = heard.verdict.at_ms
        _log.info("call %s: %s: %s", self.call.id, self.member.member, heard.verdict.why)
        if self.otherwise is not None:
            otherwise, self.otherwise = self.otherwise, None
            await otherwise(machine)
        else:
            self.ended_by = MACHINE if machine else DOUBT


async def _together(*jobs: Awaitable[T]) -> list[T]:
    """All of them to their ends, and only then the first error: what was begun must not come later than what is done
    about it."""
    results = await asyncio.gather(*jobs, return_exceptions=True)
    done: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done


__all__ = ["CallerGoneError", "Features", "Interrupted", "NoFeatures", "Talk"]
