"""REFER as Asterisk tells of it (the ARI event ``ChannelTransfer``), and as it is answered.

Asterisk accepts the REFER (202) and tells the phone what came of it by NOTIFY, as we say; a phone that hears of
success hangs up (RFC 5589 §6). Releases without ``ari-only`` put a way into the dialplan's ``hotline-transfer`` in
the member's place, and tell us (``BridgeBlindTransfer``): what they put there is ended, and the target rung by us.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.domain.calls import LegResult
from appliance.exchange.call import NOT_THERE, Call, Leg
from appliance.exchange.talk import Talk
from appliance.exchange.transfer.plan import user_of
from appliance.exchange.world import World

ANSWERED, DECLINED = "channel_answered", "channel_declined"
HANDLING = {"PJSIP_TRANSFER_HANDLING()": "ari-only"}  # on each of our channels to a SIP phone


@dataclass(frozen=True, slots=True)
class Refer:
    """Whom a phone wants its party to talk to: an extension, or whoever the channel ``replaces`` talks with."""

    extension: str
    replaces: str


async def leave_transfers_to_us(world: World, channel: str) -> None:
    """Have Asterisk tell us of a REFER on a channel instead of acting on it; an older one goes on acting."""
    for function, handling in HANDLING.items():
        with contextlib.suppress(AriError):
            await world.channels.set(channel, function, handling)


def account_of(channel_name: str) -> str:
    """The account of the phone behind a channel (``PJSIP/eva-0000002a``); empty where it is none."""
    technology, _slash, rest = channel_name.partition("/")
    return rest.rpartition("-")[0] if technology == "PJSIP" else ""


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
