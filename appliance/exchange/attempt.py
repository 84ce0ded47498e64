"""One attempt to reach one member: all their phones together, each over one trunk after the other until one rings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.domain.calls import LegResult
from appliance.exchange.answerer import facts_of
from appliance.exchange.call import LEG_VARIABLE, Call, Leg, leg_variable, seconds_between
from appliance.exchange.causes import Ending, ending
from appliance.exchange.ear import Listening
from appliance.exchange.phones import Member, Phone
from appliance.exchange.screen import screen
from appliance.exchange.shown import leg_variables
from appliance.exchange.transfer.refer import HANDLING
from appliance.roster.values import Screening
from appliance.screening.judge import Facts, Verdict

# A trunk that swallows the INVITE, or never says that it rings. Mobiles are found and ring within some seconds; where
# other calls of the same trunk ring meanwhile, it is the phone that is hard to find, by any trunk; and where no other
# trunk is left, nothing is won by giving up sooner: abroad a phone may take that long
NO_SIGN_S, HARD_TO_FIND_S = 8.0, 20.0
ENTERS_WITHIN_S = ENDS_WITHIN_S = 2.0
# A phone whose last call we have just ended says busy until it has heard of that: it is not, and is asked once more
SETTLING_PAUSE_S = 1.0
RINGS_AT_MOST_S = 180  # ends a leg that nobody is left to end
_log = logging.getLogger(__name__)
_PATIENCE_ORDER = (
    LegResult.BUSY,
    LegResult.REJECTED,
    LegResult.NOT_ACCEPTED,
    LegResult.MACHINE,
    LegResult.NO_ANSWER,
    LegResult.UNREACHABLE,
)


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of an attempt's progress."""

    dialled: Callable[[], None]
    picked_up: Callable[[], None]


async def reach(
    call: Call, member: Member, told: Told, *, last: bool = False, legs: Mapping[str, Leg] | None = None
) -> Leg | LegResult:
    """Ring all phones of a member. The leg on which a human has accepted, or why there is none.

    ``legs`` are phones (by number) that ring already. Cancelled, it leaves the channels as they are to its call.
    """
    ringing = legs or {}
    tasks = {
        asyncio.create_task(
            _phone(call, member, phone, told, last, ringing.get(phone.number)), name=f"{call.id} {phone.number}"
        )
        for phone in member.phones
    }
    results: list[LegResult] = []
    try:
        while tasks:
            done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                found = task.result()
                if isinstance(found, Leg):
                    return found
                results.append(found)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return next((result for result in _PATIENCE_ORDER if result in results), LegResult.UNREACHABLE)


async def _phone(
    call: Call, member: Member, phone: Phone, told: Told, last: bool, ringing: Leg | None
) -> Leg | LegResult:
    world = call.world
    if ringing is not None:
        outcome = await _Attempt(call, member, phone, told, ringing).take_up()
        return outcome.result if isinstance(outcome, Ending) else outcome
    refused: set[str] = set()
    settling = world.book.let_go_lately(phone.number, asyncio.get_running_loop().time())
    unmade: list[str] = []  # Asterisk itself refused: it holds the trunk for dead
    while True:
        via = None if phone.own else await world.trunks.seat(frozenset(refused))
        host = None
        if via is None and not phone.own:
            if not unmade:
                return _unreachable(call, member, phone) if not refused else LegResult.UNREACHABLE
            via = unmade.pop(0)
            host = world.trunks.host(via)
        if not phone.own and (why := world.limits.take(phone.number, world.now(), last=last)) is not None:
            return _unreachable(call, member, phone, why)
        leg = call.begin_leg(member, phone, via)
        attempt = _Attempt(call, member, phone, told, leg)
        attempt.patient = via is not None and not world.trunks.left(frozenset({*refused, via}))
        outcome = await attempt.run(via, host)
        if not isinstance(outcome, Ending):
            return outcome
        if outcome.result is LegResult.BUSY and settling:
            settling = False
            await asyncio.sleep(SETTLING_PAUSE_S)
            continue
        if phone.own or not outcome.elsewhere or via is None:
            return outcome.result
        if outcome.cause is None and host is None and via not in refused:
            unmade.append(via)
        refused.add(via)


def _unreachable(call: Call, member: Member, phone: Phone, why: str = "no trunk") -> LegResult:
    """There is no way to the phone at all; the log says so."""
    leg = call.begin_leg(member, phone, None)
    call.leg_changed(leg, screening=why)
    call.leg_over(leg, LegResult.UNREACHABLE)
    return LegResult.UNREACHABLE


class _Attempt:
    """One leg, from nothing to a human who accepted."""

    def __init__(self, call: Call, member: Member, phone: Phone, told: Told, leg: Leg) -> None:
        self._call, self._member, self._phone, self._told, self._leg = call, member, phone, told, leg
        self._world = call.world
        self._began = self._world.now()
        self._sign_at: float | None = None
        self._early: Listening | None = None
        self._diverted = False
        self.patient = False  # nobody else can be asked for the phone

    async def run(self, via: str | None, host: str | None) -> Leg | Ending:
        """Dial, wait, screen."""
        leg, channels = self._leg, self._world.channels
        endpoint = self._phone.endpoint(via, host)
        variables = {LEG_VARIABLE: leg_variable(leg), **leg_variables(self._call, self._phone, via)}
        if self._phone.own:
            variables |= HANDLING
        try:
            await channels.create(leg.channel, endpoint, variables)
            await self._entered()  # Asterisk refuses to dial a channel that is not in our application yet
            await channels.dial(leg.channel, RINGS_AT_MOST_S)
            self._told.dialled()
        except AriError as error:
            if error.unreachable:
                raise
            _log.warning("call %s: no leg to %s over %s: %s", self._call.id, self._phone.number, via or "SIP", error)
            self._call.leg_over(leg, LegResult.UNREACHABLE, hang_up=16)
            return Ending(LegResult.UNREACHABLE, elsewhere=True)
        try:
            return await self._wait(via)
        finally:
            if self._early is not None:
                self._early.close()

    async def take_up(self) -> Leg | Ending:
        """Go on with a leg that rang when an exchange before us was killed."""
        since = self._leg.entry.rang_at or self._leg.entry.dialled_at
        self._sign_at = self._began - seconds_between(since, self._call.now_text())
        return await self._wait(None)

    async def _entered(self) -> None:
        until = self._world.now() + ENTERS_WITHIN_S
        while (event := await self._leg.inbox.next(until)) is not None:
            if isinstance(event, AriEvent) and event.type in ("StasisStart", "ChannelDestroyed"):
                return

    async def _wait(self, via: str | None) -> Leg | Ending:
        leg, call = self._leg, self._call
        while True:
            event = await leg.inbox.next(None if self._sign_at is not None else self._patience_ends(via))
            if event is None:
                if self._world.now() < self._patience_ends(via):
                    continue
                self._suspect(via)
                await self._withdraw()
                return Ending(LegResult.UNREACHABLE, elsewhere=True, cause=0)
            if isinstance(event, Verdict):
                if event.kind == "machine":
                    call.leg_changed(leg, screening="machine", screening_ms=event.at_ms)
                    call.leg_over(leg, LegResult.MACHINE, hang_up=16)
                    return Ending(LegResult.MACHINE)
                continue
            if event.type == "ChannelDestroyed":
                return self._gone(event, via)
            state = event.text("channel", "state")
            if event.type == "Dial":
                state = {"RINGING": "Ringing", "PROGRESS": "Progress"}.get(event.text("dialstatus"), "")
                self._diverted |= bool(event.text("forward"))
            if event.type in ("ChannelStateChange", "Dial", "StasisStart"):
                if state == "Up":
                    return await self._picked_up(via)
                self._sign(state, via)

    async def _withdraw(self) -> None:
        """End the leg, and see it end: before the other trunk is asked, or a phone that is found late rings twice."""
        leg = self._leg
        try:
            await self._world.channels.hang_up(leg.channel)
        except AriError as error:
            if error.unreachable:
                raise
            _log.warning("call %s: %s", self._call.id, error)
        until = self._world.now() + ENDS_WITHIN_S
        while (event := await leg.inbox.next(until)) is not None:
            if isinstance(event, AriEvent) and event.type == "ChannelDestroyed":
                break
        self._call.leg_over(leg, LegResult.UNREACHABLE, hang_up=16)

    def _patience_ends(self, via: str | None) -> float:
        wait = self.patient or (via is not None and self._world.trunks.brought_since(via, self._began))
        return self._began + (HARD_TO_FIND_S if wait else NO_SIGN_S)

    def _sign(self, state: str, via: str | None) -> None:
        if state not in ("Ringing", "Progress"):
            return
        if self._sign_at is None:
            self._sign_at = self._world.now()
            if via is not None:
                self._world.trunks.trust(via)
        if state == "Ringing" and self._leg.entry.rang_at is None:
            self._call.leg_changed(self._leg, rang_at=self._call.now_text())
        if state == "Progress" and self._early is None and self._mode is Screening.AUTO:
            self._early = Listening.of(self._call, self._leg, self._world.judge(True, None))

    async def _picked_up(self, via: str | None) -> Leg | Ending:
        world, leg, call = self._world, self._leg, self._call
        if via is not None:
            world.trunks.trust(via)
        if self._early is not None:
            self._early.close()
            self._early = None
        call.leg_changed(leg, answered_at=call.now_text())
        self._told.picked_up()
        ring_s = world.now() - (self._began if self._sign_at is None else self._sign_at)
        facts = Facts(ring_s=ring_s, rang=self._sign_at is not None, diverted=self._diverted)
        if self._mode is Screening.AUTO:
            facts = await facts_of(call, leg, facts)
        return await screen(call, leg, self._mode, facts)

    @property
    def _mode(self) -> Screening:
        # a phone of our own has no voicemail behind it, unless somebody thinks so and asks for a key
        trusted = self._phone.own and self._member.screening is Screening.AUTO
        return Screening.OFF if trusted else self._member.screening

    def _gone(self, event: AriEvent, via: str | None) -> Ending:
        rang = self._leg.entry.rang_at is not None
        end = ending(event.number("cause"), event.number("tech_cause") or None, rang=rang)
        if end.elsewhere:
            self._suspect(via)
        self._call.leg_over(self._leg, end.result, end.cause)
        return end

    def _suspect(self, via: str | None) -> None:
        if via is not None:
            self._world.trunks.suspect(via)
