"""REFER as Asterisk tells of it (the ARI event ``ChannelTransfer``), and as it is answered.

Asterisk accepts the REFER (202) and tells the phone what came of it by NOTIFY, as we say; a phone that hears of
success hangs up (RFC 5589 §6). Releases without ``ari-only`` transfer by themselves, into the dialplan's
``hotline-transfer``, and the caller comes back to us from there.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.domain.calls import LegResult
from appliance.exchange.call import NOT_THERE, Call, CallerGoneError, Leg
from appliance.exchange.talk import Talk
from appliance.exchange.transfer_plan import user_of

COMES_BACK_WITHIN_S = 5.0
ANSWERED, DECLINED = "channel_answered", "channel_declined"
HANDLING = {"PJSIP_TRANSFER_HANDLING()": "ari-only"}  # on each of our channels to a SIP phone


@dataclass(frozen=True, slots=True)
class Refer:
    """Whom a phone wants its party to talk to: an extension, or whoever the channel ``replaces`` talks with."""

    extension: str
    replaces: str


def read_refer(event: AriEvent) -> Refer:
    """What ``ChannelTransfer`` says."""
    return Refer(
        user_of(event.text("refer_to", "requested_destination", "destination")),
        event.text("refer_to", "destination_channel", "id"),
    )


async def progress(talk: Talk, leg: Leg, *, accepted: bool) -> None:
    """Have the phone told."""
    try:
        await talk.call.world.channels.transfer_progress(leg.channel, ANSWERED if accepted else DECLINED)
    except AriError as error:
        if error.status not in NOT_THERE:
            raise


def brought_here(call: Call, other: Call, leg: Leg) -> Leg:
    """Take a leg over from another call, which learns that it is gone."""
    book = call.world.book
    book.hand(leg.member, other.id, call.id)
    entry = leg.entry
    other.leg_over(leg, LegResult.TALKED)
    taken = call.adopt_leg(leg.channel, leg.member, entry)
    other.inbox.put(AriEvent("ChannelDestroyed", leg.channel, {}))
    return taken


async def comes_back(talk: Talk) -> str:
    """The extension with which the caller comes into our application again. Raises :class:`CallerGoneError`."""
    call = talk.call
    until = call.world.now() + COMES_BACK_WITHIN_S
    while (item := await call.inbox.next(until)) is not None:
        if isinstance(item, AriEvent) and item.channel == call.arrival.channel:
            if item.type == "StasisStart":
                _kind, extension, *_rest = (*item.args, "", "")
                return extension
            if item.type in ("ChannelHangupRequest", "ChannelDestroyed"):
                break
    raise CallerGoneError
