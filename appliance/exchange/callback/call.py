"""The call that a callback is: at first there is nobody who could hear anything or hang up."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from appliance.domain.calls import CallRecord, LegResult
from appliance.domain.times import rfc3339
from appliance.exchange.call import Arrival, Call, CallerGoneError, Item, Leg
from appliance.exchange.callerid import Caller
from appliance.exchange.inbox import Withdrawn
from appliance.exchange.phones import Member, Phone, member_of_number
from appliance.exchange.world import World
from appliance.queueing.callback_life import Callback
from appliance.roster.values import Screening


class WithdrawnError(CallerGoneError):
    """Somebody else moved the callback: whatever is being done for it ends."""


class CallbackCall(Call):
    """Its id is the callback's; its caller's channel is that of a leg, once the caller has answered it."""

    def __init__(self, world: World, callback: Callback, record: CallRecord | None = None) -> None:
        arrival = Arrival("", callback.called, Caller(callback.number, False, callback.number), None)
        super().__init__(world, arrival, record or _record(world, callback), callback.id)
        self.callback_number = callback.number
        self.language = callback.language
        self.caller_leg: Leg | None = None

    @property
    def has_caller(self) -> bool:
        """Whether the caller is on the line."""
        return self.caller_leg is not None

    @property
    def caller_member(self) -> Member:
        """The caller as somebody who is rung."""
        return member_of_number(self.callback_number, Screening.AUTO)

    def hold_phone(self) -> bool:
        """Take the caller's phone, so that no other callback rings it; ``False`` where one does. :meth:`detach` lets
        go of it."""
        return self.world.book.take(self._holder, self.callback_number, frozenset({self.callback_number}))

    @property
    def phone_is_busy(self) -> bool:
        """Whether another callback has taken the caller's phone."""
        keys = {self.callback_number: frozenset({self.callback_number})}
        return bool(self.world.book.busy(self._holder, keys))

    @property
    def _holder(self) -> str:
        return f"{self.id}-caller"

    def attach(self, leg: Leg) -> None:
        """The caller has answered on this leg: it is the caller's from now on, and ends with the call alone."""
        self.legs.pop(leg.channel, None)
        self.caller_leg = leg
        self.arrival = replace(self.arrival, channel=leg.channel)
        self.answered, self.hears = True, None
        self.world.switch.own(leg.channel, self.inbox.put)

    def detach(self, result: LegResult) -> None:
        """The caller is not on the line any more; what is left of the leg is ended."""
        leg, self.caller_leg = self.caller_leg, None
        if leg is not None:
            self.leg_over(leg, result, hang_up=16)
        self.world.book.release_call(self._holder)
        self.arrival = replace(self.arrival, channel="")
        self.answered, self.hears = False, None

    def shows(self, phone: Phone) -> Literal["caller", "service"]:
        """Agents are shown the caller, the caller is shown the service number."""
        return "service" if phone.number == self.callback_number else super().shows(phone)

    def asks(self, leg: Leg) -> tuple[str, ...]:
        """Callers hear what it is about, agents what they always do."""
        if leg.member == self.callback_number:
            return ("callback-hello", "callback-hello-keys")
        return super().asks(leg)

    def withdraw(self, _: object = None) -> None:
        """What stood is not so any more: :meth:`next` raises."""
        self.inbox.put(Withdrawn())

    async def next(self, until: float | None = None) -> Item | None:
        """As for every call. Raises also :class:`WithdrawnError`."""
        item = await super().next(until)
        if isinstance(item, Withdrawn):
            raise WithdrawnError
        return item

    async def answer(self) -> None:
        """Nobody is there to be picked up."""

    async def let_hear(self, what: str | None) -> None:
        """As for every call, once there is somebody who hears."""
        if self.has_caller:
            await super().let_hear(what)

    async def of_caller(self, command: Awaitable[None]) -> None:
        """As for every call. Without a caller the command is not given."""
        if self.has_caller:
            await super().of_caller(command)
        elif hasattr(command, "close"):
            command.close()


def _record(world: World, callback: Callback) -> CallRecord:
    return CallRecord(
        exchange=world.name,
        id=callback.id,
        arrived_at=_text(callback.asked_at),
        caller=callback.number,
        called=callback.called,
        line=callback.line,
        situation=callback.situation,
        queue=callback.queue,
        queued_at=_text(callback.asked_at),
        place_since=_text(callback.queued_at),
        callback=callback.id,
        steps=(f"queue:{callback.queue}",),
    )


def _text(at: float) -> str:
    return rfc3339(datetime.fromtimestamp(at, UTC))
