"""The simulated mobile network: subscribers, their forwarding tables, calls and short messages between them.

State and asyncio timing only (``asyncio.sleep`` and the loop's clock), so it lives under a virtual-time loop too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum

from bench.mobile.audit import Audit, Served
from bench.mobile.forwarding import (
    CONDITIONALS,
    Bearer,
    Entry,
    Key,
    Mode,
    Reason,
    RefusedError,
    Request,
    Status,
    Table,
    apply,
    cfu_active,
)
from bench.mobile.numbering import INTERNATIONAL, UNKNOWN, NumberingPlan
from bench.mobile.operator import OperatorPolicy
from bench.mobile.routing import Destination, View, route
from bench.mobile.smsc import ServiceCentre
from bench.mobile.subscriber import Registration, Subscriber, SubscriberState


class DialResult(StrEnum):
    """How a call placed by a modem ends up."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"


def loop_clock() -> float:
    """The running loop's time; outside a loop the clock that asyncio's own loops use."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return time.monotonic()


class MobileNetwork:
    """One operator's network.

    ``on_dial(caller, called)`` is asked what becomes of a call placed by a modem; without it every call is rejected.
    """

    def __init__(
        self,
        *,
        name: str = "Bench Mobile",
        plmn: str = "23099",
        numbering: NumberingPlan | None = None,
        operator: OperatorPolicy | None = None,
        clock: Callable[[], float] = loop_clock,
    ) -> None:
        self.name = name
        self.plmn = plmn
        self.numbering = numbering or NumberingPlan()
        self.operator = operator or OperatorPolicy()
        self.clock = clock
        self.audit = Audit()
        self.smsc = ServiceCentre(clock, self.numbering.to_national)
        self.on_dial: Callable[[str, str], Awaitable[DialResult]] | None = None
        self._subscribers: dict[str, Subscriber] = {}
        self._tables: dict[str, dict[Key, Entry]] = {}
        self._listeners: dict[str, Callable[[], None]] = {}
        self._speaking = asyncio.Event()
        self._speaking.set()
        self._swallowing = False
        self._silence_timer: asyncio.TimerHandle | None = None

    def add(self, subscriber: Subscriber) -> Subscriber:
        """Take a subscriber in. Raises ``ValueError`` for a number that is no E.164 or already there."""
        if subscriber.msisdn != self.numbering.to_e164(subscriber.msisdn) or subscriber.msisdn in self._subscribers:
            raise ValueError(f"{subscriber.msisdn} is no new E.164 number")
        self._subscribers[subscriber.msisdn] = subscriber
        self._tables[subscriber.msisdn] = {}
        return subscriber

    def subscriber(self, msisdn: str) -> Subscriber:
        """The subscriber; raises ``KeyError``."""
        return self._subscribers[msisdn]

    def table(self, msisdn: str) -> Table:
        """A copy of the forwarding table; raises ``KeyError``."""
        return dict(self._tables[msisdn])

    def target(self, msisdn: str, reason: Reason, bearer: Bearer = Bearer.VOICE) -> str | None:
        """The number an active entry points to, quiescent or not."""
        entry = self._tables[msisdn].get((reason, bearer))
        return entry.number if entry is not None and entry.active else None

    def listen(self, msisdn: str, changed: Callable[[], None] | None) -> None:
        """Tell the modem of this subscriber when coverage changes; ``None`` stops it."""
        if changed is None:
            self._listeners.pop(msisdn, None)
        else:
            self._listeners[msisdn] = changed

    def cover(self, msisdn: str, coverage: Registration) -> None:
        """Change what the subscriber's modem gets when it looks for the network, at once."""
        self._subscribers[msisdn].coverage = coverage
        if msisdn in self._listeners:
            self._listeners[msisdn]()

    def alter(self, msisdn: str, reason: Reason, entry: Entry | None, *, bearer: Bearer = Bearer.VOICE) -> None:
        """Change the table behind the modem's back, as an agent in the operator's call centre would."""
        after = dict(self._tables[msisdn])
        if entry is None:
            after.pop((reason, bearer), None)
        else:
            after[(reason, bearer)] = entry
        self._store(msisdn, after, by="call centre")

    def silence(self, seconds: float | None = None, *, swallow: bool = False) -> None:
        """Answer no forwarding request for so long (``None``: until :meth:`speak`).

        Those that still wait then are carried out and answered late; with ``swallow`` what came meanwhile is lost.
        """
        self.speak()
        self._speaking.clear()
        self._swallowing = swallow
        if seconds is not None:
            self._silence_timer = asyncio.get_running_loop().call_later(seconds, self.speak)

    def speak(self) -> None:
        """End a silence."""
        if self._silence_timer is not None:
            self._silence_timer.cancel()
            self._silence_timer = None
        self._speaking.set()

    async def serve(self, msisdn: str, request: Request) -> list[Status]:
        """One supplementary service operation from first bit to answer.

        Returns the statuses for an interrogation, else nothing. Raises :class:`RefusedError`. Cancelling it (the
        modem lost power) before ``effect_share`` of the latency is over leaves the table as it was.
        """
        await asyncio.sleep(self.operator.latency_s * self.operator.effect_share)
        await self._silence(msisdn, request)
        try:
            outcome, statuses = "ok", self._perform(msisdn, request)
            if self.operator.ignore_changes and request.mode is not Mode.INTERROGATE:
                outcome = "ignored"
        except RefusedError as refusal:
            self.audit.served.append(Served(self.clock(), msisdn, request, f"refused {refusal.code}"))
            await self._rest_of_latency()
            raise
        self.audit.served.append(Served(self.clock(), msisdn, request, outcome))
        await self._rest_of_latency()
        return statuses

    def destination(
        self,
        called: str,
        *,
        subscriber_state: SubscriberState | None = None,
        bearer: Bearer = Bearer.VOICE,
    ) -> Destination:
        """Where a call to ``called`` (E.164) goes now.

        ``subscriber_state`` overrides what the network knows of the called subscriber, as when nobody answers.
        """

        def look_up(number: str) -> View | None:
            subscriber = self._subscribers.get(number)
            if subscriber is None:
                return None
            state = subscriber_state if number == called and subscriber_state is not None else subscriber.state
            return View(state, self._tables[number])

        return route(called, look_up, bearer)

    async def dial(self, caller: str, called: str) -> DialResult:
        """A call placed by a modem; returns when it is answered or has failed."""
        if self.on_dial is None:
            return DialResult.REJECTED
        return await self.on_dial(caller, self.numbering.to_e164(called))

    def own_forwarding_notice(self, msisdn: str) -> int | None:
        """``+CSSI`` code1 at call set-up: 0 CFU active, 1 some conditional active (3GPP TS 27.007 §7.17)."""
        if self.target(msisdn, Reason.CFU):
            return 0
        return 1 if any(self.target(msisdn, reason) for reason in CONDITIONALS) else None

    async def _rest_of_latency(self) -> None:
        await asyncio.sleep(self.operator.latency_s * (1 - self.operator.effect_share))

    async def _silence(self, msisdn: str, request: Request) -> None:
        if self._speaking.is_set():
            return
        if self._swallowing:
            self.audit.served.append(Served(self.clock(), msisdn, request, "swallowed"))
            await asyncio.get_running_loop().create_future()  # until the modem's own guard timer gives up
        await self._speaking.wait()

    def _perform(self, msisdn: str, request: Request) -> list[Status]:
        subscriber, table = self._subscribers[msisdn], self._tables[msisdn]
        self.operator.check(request, cfu_active=any(cfu_active(table, bearer) for bearer in request.bearers))
        bearers = tuple(bearer for bearer in request.bearers if bearer in subscriber.provisioned)
        if not bearers:
            raise RefusedError(3, "the service is not provisioned for this class")
        if request.mode is Mode.INTERROGATE:
            return [self._status(table, reason, b) for reason in request.reasons for b in bearers]
        if subscriber.forwarding_barred:
            raise RefusedError(3, "call forwarding is barred for this subscriber")
        number = None if request.number is None else self._e164(request)
        concrete = Request(request.mode, request.reasons, bearers, number, request.no_reply_s)
        after = apply(table, concrete, wipe_conditionals=self.operator.wipe_conditionals)
        if not self.operator.ignore_changes:
            self._store(msisdn, after, by=request.origin)
        return []

    def _e164(self, request: Request) -> str:
        try:
            return self.numbering.to_e164(request.number or "", request.type_sent)
        except ValueError as error:
            raise RefusedError(3, str(error)) from None

    def _status(self, table: Table, reason: Reason, bearer: Bearer) -> Status:
        entry = table.get((reason, bearer))
        hidden = self.operator.hide_conditionals and reason in CONDITIONALS and cfu_active(table, bearer)
        if entry is None or hidden:
            return Status(reason, bearer, active=False)
        number, type_ = entry.number, INTERNATIONAL
        if self.operator.report_numbers == "national":
            number = self.numbering.to_national(entry.number)
            type_ = INTERNATIONAL if number.startswith("+") else UNKNOWN
        return Status(reason, bearer, entry.active, number, type_, entry.no_reply_s)

    def _store(self, msisdn: str, after: dict[Key, Entry], by: str) -> None:
        self.audit.compare(self.clock(), msisdn, self._tables[msisdn], after, by)
        self._tables[msisdn] = after
