"""The talking phase: caller and member in one bridge, until one of them hangs up.

This is the seam for transfers: whatever happens to either party comes through :meth:`Talk.next`, and a
:class:`Features` may take an event for itself, change who the parties are, or say that the talk goes on elsewhere.
"""

from __future__ import annotations

from typing import Protocol

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.exchange.call import CALLER_ENDS, NOT_THERE, Call, CallerGoneError, Item, Leg

LEG_ENDS = frozenset({"ChannelHangupRequest", "ChannelDestroyed"})


class Features(Protocol):
    """What talkers may do beside talking."""

    async def take(self, talk: Talk, event: AriEvent) -> bool:
        """Deal with the event; ``False`` leaves it to the talk itself."""


class NoFeatures:
    """Nothing."""

    async def take(self, talk: Talk, event: AriEvent) -> bool:
        """Leave every event."""
        return False


class Talk:
    """Two who talk. ``member`` may be exchanged for another leg."""

    def __init__(self, call: Call, member: Leg) -> None:
        self.call, self.member = call, member
        self.own(member)

    def own(self, leg: Leg) -> None:
        """From now on the call itself hears of this leg."""
        self.call.world.switch.own(leg.channel, self.call.inbox.put)

    async def next(self, until: float | None = None) -> Item | None:
        """What happens next to any of the parties, the caller's end too."""
        return await self.call.inbox.next(until)

    async def connect(self) -> bool:
        """Bring both together. ``False`` where the member has gone meanwhile; raises :class:`CallerGoneError`."""
        call, channels = self.call, self.call.world.channels
        await channels.bridge(call.bridge)
        try:
            await channels.join(call.bridge, self.member.channel)
        except AriError as error:
            if error.status in NOT_THERE:
                return False
            raise
        await call.answer()
        await call.let_hear(None)
        await call.of_caller(channels.join(call.bridge, call.arrival.channel))
        return True

    async def run(self, features: Features) -> str:
        """Until somebody hangs up; who did: ``caller`` or ``member``."""
        while True:
            item = await self.next()
            if not isinstance(item, AriEvent) or await features.take(self, item):
                continue
            if item.channel == self.call.arrival.channel and item.type in CALLER_ENDS:
                return "caller"
            if item.channel == self.member.channel and item.type in LEG_ENDS:
                return "member"


__all__ = ["CallerGoneError", "Features", "NoFeatures", "Talk"]
