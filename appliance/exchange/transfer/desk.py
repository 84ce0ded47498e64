"""Transfers: what a member may do with the caller beside talking to them.

By keys (:mod:`..feature_codes`) from any phone, and by REFER (RFC 3515) from SIP phones, which Asterisk leaves to us
(``PJSIP_TRANSFER_HANDLING()=ari-only``) where it knows how. Only the member of a talk is listened to, never the
caller: a caller who presses keys is talking to somebody's menu, or trying to call on our bill.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from appliance.asterisk.events import AriEvent
from appliance.exchange.call import Call, CallerGoneError
from appliance.exchange.feature_codes import Keys, Kind, Wish, pause, press
from appliance.exchange.talk import LEG_ENDS, Interrupted, Talk
from appliance.exchange.transfer.aside import hint, hold, let_member_go, note, rejoin, save
from appliance.exchange.transfer.attended import Consultation, consultation_bridge
from appliance.exchange.transfer.blind import connect, hand_on, steps_of
from appliance.exchange.transfer.plan import target_of
from appliance.exchange.transfer.refer import Refer, brought_here, progress, read_refer
from appliance.exchange.transfer.state import Handover
from appliance.roster.values import Screening

WRONG_EXTENSION = ("pbx-invalid",)
LOOK_S = 0.1  # how often an attended transfer looks whether the other call was answered
_log = logging.getLogger(__name__)


class Other(Protocol):
    """Another call, as a transfer of this one may join it."""

    @property
    def call(self) -> Call:
        """What it is."""

    @property
    def talk(self) -> Talk | None:
        """Who talk in it."""


class Transfers:
    """The transfers of one call. ``find`` is asked for another call by its caller's channel."""

    def __init__(self, find: Callable[[str], Other | None]) -> None:
        self._find = find
        self._keys = Keys()

    @property
    def wakes_at(self) -> float | None:
        """When a pause completes a code."""
        return self._keys.until

    async def wake(self, talk: Talk) -> None:
        """That time has come."""
        self._keys, wish = pause(self._keys, talk.call.world.now())
        if wish is not None:
            await self._guarded(talk, self._wished(talk, wish))

    async def take(self, talk: Talk, event: AriEvent) -> bool:
        """Keys and REFERs of the member."""
        if event.channel != talk.member.channel:
            return False
        if event.type == "ChannelDtmfReceived":
            self._keys, wish = press(self._keys, event.text("digit"), talk.call.world.now())
            if wish is not None:
                await self._guarded(talk, self._wished(talk, wish))
            return True
        if event.type == "ChannelTransfer":
            await self._guarded(talk, self._referred(talk, read_refer(event)))
            return True
        if event.type == "BridgeBlindTransfer" and event.text("result") == "Success":
            await self._guarded(talk, self._done_by_asterisk(talk, event.text("exten")))
            return True
        return False

    async def resume(self, talk: Talk, interrupted: Interrupted) -> None:
        """Go on with a transfer that a crash interrupted."""
        await self._guarded(talk, self._go_on(talk, interrupted))

    async def _guarded(self, talk: Talk, transfer: Awaitable[None]) -> None:
        self._keys = Keys()
        try:
            await transfer
        except CallerGoneError:
            talk.call.world.book.release_call(talk.call.id, but=talk.member.member)
            talk.call.world.errands.run(talk.call.world.channels.end_bridge(consultation_bridge(talk.call.id)))
            talk.ended_by = "caller"

    async def _wished(self, talk: Talk, wish: Wish) -> None:
        handover = self._handover(talk, wish.kind, wish.extension)
        if handover is None:
            _log.info("call %s: %s wanted to transfer to nobody", talk.call.id, talk.member.member)
            # what a crash finds while neither is in the bridge: a consultation that is over
            member = talk.member
            await save(talk, Handover(Kind.ATTENDED, member.member, member.channel, "", "nobody", target="nobody"))
            await hint(talk, *WRONG_EXTENSION)
            await rejoin(talk)
        elif wish.kind is Kind.ATTENDED:
            await Consultation(talk, handover).begin({}, {})
        else:
            await self._blind(talk, handover)

    @staticmethod
    def _handover(talk: Talk, kind: Kind, extension: str) -> Handover | None:
        member, target = talk.member, target_of(extension, talk.call.world.standing.roster)
        if target is None or not steps_of(talk.call, member.member, extension):
            return None
        screened = member.entry.screening != Screening.OFF
        return Handover(kind, member.member, member.channel, extension, target.label, screened=screened)

    @staticmethod
    async def _blind(talk: Talk, handover: Handover) -> None:
        await save(talk, handover)
        await hold(talk, "ringing")
        let_member_go(talk)
        await hand_on(talk, handover, {}, {})

    async def _referred(self, talk: Talk, refer: Refer) -> None:
        consulted = self._find(refer.replaces) if refer.replaces else None
        if consulted is not None:
            if await self._answered(talk, refer.replaces) and consulted.talk is not None:
                await self._join(talk, consulted.talk)
            elif not talk.member.over:
                await progress(talk, talk.member, accepted=False)
            return
        handover = self._handover(talk, Kind.BLIND, refer.extension) if not refer.replaces else None
        await progress(talk, talk.member, accepted=handover is not None)
        if handover is not None:
            await self._blind(talk, handover)

    async def _answered(self, talk: Talk, channel: str) -> bool:
        """Wait until the member's other call is answered, while they keep both; ``False``: it is over.

        What happens in the talk meanwhile is read by the talk itself, afterwards.
        """
        call, kept = talk.call, []
        while (other := self._find(channel)) is not None and other.talk is None:
            item = await call.next(call.world.now() + LOOK_S)
            if isinstance(item, AriEvent) and item.channel == talk.member.channel:
                kept.append(item)
                if item.type in LEG_ENDS:
                    break
        for item in kept:
            call.inbox.put(item)
        return other is not None and other.talk is not None

    @staticmethod
    async def _join(talk: Talk, consultation: Talk) -> None:
        """The caller gets whom the member's own other call is with; to that call, it is as if they had hung up."""
        call, other, theirs = talk.call, consultation.call, consultation.member
        label = f"person:{theirs.entry.person}" if theirs.entry.person else theirs.entry.number
        handover = Handover(Kind.ATTENDED, talk.member.member, talk.member.channel, other.arrival.called, label)
        await save(talk, handover.let_go())
        await progress(talk, talk.member, accepted=True)
        target = brought_here(call, other, theirs)
        let_member_go(talk)
        if await connect(talk, target, None):
            note(talk, handover, f"{target.member} has the caller")
            await save(talk, None)
        else:
            await hand_on(talk, handover.let_go(), {}, {})

    async def _done_by_asterisk(self, talk: Talk, extension: str) -> None:
        """An Asterisk that transfers by itself puts a way into its dialplan in the member's place; the caller stays
        with us, and we ring the target instead."""
        handover = self._handover(talk, Kind.BLIND, extension)
        if handover is None:
            # the member has been let go by Asterisk: nothing is left but to ring them again
            member = talk.member
            handover = Handover(Kind.BLIND, member.member, member.channel, extension, f"nobody ({extension})")
        await self._blind(talk, handover)

    @staticmethod
    async def _go_on(talk: Talk, interrupted: Interrupted) -> None:
        handover = interrupted.handover
        ringing, since, target = interrupted.ringing, interrupted.since, interrupted.target
        call = talk.call
        if handover.kind is Kind.BLIND:
            call.hears = "ringing"
            await hand_on(talk, handover, ringing, since)
            return
        call.hears = "music"
        if talk.member.over:
            if target is not None and await connect(talk, target, None):
                note(talk, handover, f"{target.member} has the caller")
                return
            await hand_on(talk, handover.let_go(), ringing, since)
        elif target is not None:
            await Consultation(talk, handover).consult(target)
        elif handover.target:
            note(talk, handover, "back to the caller")
            await rejoin(talk)
        else:
            await Consultation(talk, handover).begin(ringing, since)
