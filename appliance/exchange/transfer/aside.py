"""What every transfer does with the two it finds talking: keeps one aside, has one hear something, joins them."""

from __future__ import annotations

from collections.abc import Awaitable
from types import TracebackType
from typing import Self

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.domain.calls import Leg as LegEntry
from appliance.domain.calls import LegResult
from appliance.exchange.call import NOT_THERE, Call, Leg, LegItem
from appliance.exchange.inbox import Inbox
from appliance.exchange.talk import LEG_ENDS, Talk
from appliance.exchange.transfer.state import TRANSFER_VARIABLE, Handover, noted

HINT_AT_MOST_S = 8.0
NORMAL_CAUSE = 16


class Aside:
    """The member stays, but ringing others is none of their business: it ends neither their leg nor their hold on
    their own phone, and what they do is read here."""

    def __init__(self, talk: Talk) -> None:
        self._talk, self._leg = talk, talk.member
        self._inside = False
        self.inbox: Inbox[LegItem] = Inbox(talk.call.world.now)

    def __enter__(self) -> Self:
        call, leg = self._talk.call, self._leg
        call.legs.pop(leg.channel, None)
        call.world.book.hand(leg.member, call.id, self._holder)
        call.world.switch.own(leg.channel, self.inbox.put)
        self._inside = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.back()

    def back(self) -> None:
        """The member is one of the call's own again."""
        if not self._inside:
            return
        self._inside = False
        call, leg = self._talk.call, self._leg
        call.legs[leg.channel] = leg
        call.world.book.hand(leg.member, self._holder, call.id)
        self._talk.own(leg)

    @property
    def _holder(self) -> str:
        return f"{self._talk.call.id}-aside"


async def tolerant(command: Awaitable[None]) -> None:
    """A command on a member's channel, which may just have gone: its end is told by an event."""
    try:
        await command
    except AriError as error:
        if error.status not in NOT_THERE:
            raise


async def save(talk: Talk, handover: Handover | None) -> None:
    """Keep where the transfer stands, before anything of it happens; ``None``: it is over."""
    call = talk.call
    text = handover.text() if handover is not None else ""
    await call.of_caller(call.set(TRANSFER_VARIABLE, text))


def note(talk: Talk, handover: Handover, what: str) -> None:
    """Tell the log what became of the transfer so far."""
    talk.call.note(transfers=noted(talk.call.record, handover, what))


async def hold(talk: Talk, hears: str = "music") -> None:
    """Take the caller out of the talk, and let them hear something else."""
    call = talk.call
    await tolerant(call.world.channels.leave(call.bridge, call.arrival.channel))
    await call.lifeline.waits()
    await call.let_hear(hears)


async def rejoin(talk: Talk) -> None:
    """Caller and member talk again; the end of a member who has gone meanwhile is still to be read."""
    await talk.connect()
    await save(talk, None)


async def hint(talk: Talk, *sounds: str) -> None:
    """Let the member hear why nothing came of it, while the caller hears music. What happens meanwhile is kept."""
    call, member = talk.call, talk.member
    channels = call.world.channels
    playback = f"{member.channel}-hint"
    await hold(talk)
    await tolerant(channels.leave(call.bridge, member.channel))
    await tolerant(channels.play(member.channel, playback, *sounds))
    until, kept = call.world.now() + HINT_AT_MOST_S, []
    while (item := await call.next(until)) is not None:
        if isinstance(item, AriEvent):
            if item.type == "PlaybackFinished" and item.text("playback", "id") == playback:
                break
            if item.channel == member.channel:
                kept.append(item)
                if item.type in LEG_ENDS:
                    break
    for item in kept:
        call.inbox.put(item)


def let_member_go(talk: Talk) -> None:
    """The member has done their part. They wrap up, unless the call comes back to them."""
    call, member = talk.call, talk.member
    call.leg_over(member, LegResult.TALKED, NORMAL_CAUSE, hang_up=NORMAL_CAUSE)
    wrapping = wrap_up_holder(talk)
    call.world.book.hand(member.member, call.id, wrapping)
    call.world.book.release(wrapping, member.member, call.wrap_up_s)


def gone(call: Call, handover: Handover) -> Leg:
    """The leg of a member who is not there any more, for a transfer of theirs that goes on."""
    leg = Leg(call.world, handover.leg, handover.by, LegEntry(handover.by, "", "", call.now_text()))
    leg.over = True
    return leg


def wrap_up_holder(talk: Talk) -> str:
    """Under which name a member who was let go wraps up."""
    return f"{talk.call.id}-wrap-up"
