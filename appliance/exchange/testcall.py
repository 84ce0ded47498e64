"""A call to see whether calls go out: through one trunk to one mobile, a sentence said, and what came of it told.

It is no call of a customer: no log, no statistics, no notices. It does count as a call through the trunk, and towards
the limits against toll fraud. When the exchange is killed in the middle, Asterisk gives up ringing by itself, and a
call that was picked up is ended as a stray at the next start.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.domain.calls import LegResult
from appliance.domain.phrase import phrase
from appliance.exchange import callerid
from appliance.exchange.causes import ending
from appliance.exchange.inbox import Inbox
from appliance.exchange.phones import Phone
from appliance.exchange.shown import NOWHERE
from appliance.exchange.switch import OWN_PREFIX
from appliance.exchange.world import World

SEATED_WITHIN_S, ENTERS_WITHIN_S, RINGS_S, SAID_WITHIN_S = 10.0, 2.0, 30.0, 20.0
TAKEN = "picked_up"


class NoTestError(Exception):
    """No call was placed; the message says why. ``busy``: try again later."""

    def __init__(self, why: str, *, busy: bool = False) -> None:
        super().__init__(why)
        self.busy = busy


@dataclass(frozen=True, slots=True)
class Trial:
    """``result`` is :data:`TAKEN` (by somebody or something), or how a leg ends. Seconds are since it was dialled;
    ``cause`` is of Q.850. ``heard``: the sentence was played to its end."""

    trunk: str
    number: str
    result: str
    rang_after_s: float | None = None
    picked_up_after_s: float | None = None
    heard: bool = False
    cause: int | None = None


async def place(world: World, number: str, trunk: str | None, language: str) -> Trial:
    """Call ``number`` (E.164) through ``trunk``, or the one whose turn it is. Raises :class:`NoTestError`."""
    if trunk is not None and trunk not in world.trunks.outbound:
        known = ", ".join(world.trunks.outbound) or phrase("none")
        raise NoTestError(
            phrase("no calls go out through a trunk {trunk}; there is {known}", trunk=repr(trunk), known=known)
        )
    if (why := world.limits.refuses(number, world.now())) is not None:
        raise NoTestError(why, busy=True)
    others = frozenset(world.trunks.outbound) - {trunk} if trunk is not None else frozenset[str]()
    try:
        async with asyncio.timeout(SEATED_WITHIN_S):
            via = await world.trunks.seat(others)
    except TimeoutError:
        raise NoTestError(phrase("every line of the trunk is taken"), busy=True) from None
    if via is None:
        raise NoTestError(phrase("there is no trunk to call through"))
    world.limits.take(number, world.now())
    return await _Test(world, number, via).run(language)


class _Test:
    def __init__(self, world: World, number: str, via: str) -> None:
        self._world, self._number, self._via = world, number, via
        self._channel = f"{OWN_PREFIX}test-{secrets.token_hex(6)}"
        self._inbox: Inbox[AriEvent] = Inbox(world.now)
        self._began = world.now()
        self._rang: float | None = None
        self._entered = False

    async def run(self, language: str) -> Trial:
        world = self._world
        world.switch.own(self._channel, self._inbox.put)
        world.trunks.carry(self._via)
        try:
            try:
                return await self._dial(language)
            except AriError as error:
                raise NoTestError(phrase("Asterisk does not place it: {why}", why=str(error))) from None
        finally:
            world.trunks.free(self._via)
            world.end(self._channel)

    async def _dial(self, language: str) -> Trial:
        world, channels = self._world, self._world.channels
        endpoint = Phone(self._number).endpoint(self._via)
        await channels.create(self._channel, endpoint, self._variables())
        # Asterisk refuses to dial a channel that is not in our application yet
        until = world.now() + ENTERS_WITHIN_S
        while (event := await self._inbox.next(until)) is not None and event.type != "StasisStart":
            if event.type == "ChannelDestroyed":
                return self._gone(event)
        self._began = world.now()
        await channels.dial(self._channel, round(RINGS_S))
        until = self._began + RINGS_S
        while (event := await self._inbox.next(until)) is not None:
            if event.type == "ChannelDestroyed":
                return self._gone(event)
            state = event.text("channel", "state")
            if event.type == "Dial":
                state = {"RINGING": "Ringing"}.get(event.text("dialstatus"), state)
            if state == "Up":
                return await self._say(language)
            if state == "Ringing" and self._rang is None:
                self._rang = self._passed()
        if not world.switch.owned(self._channel):
            raise NoTestError(phrase("the connection to Asterisk was lost meanwhile"), busy=True)
        return self._told(LegResult.NO_ANSWER)

    async def _say(self, language: str) -> Trial:
        """Whoever it is hears that this is a test."""
        world, picked_up = self._world, self._passed()
        said = await world.speech.say("test-call", language=language)
        heard = False
        if said:
            await world.channels.play_media(self._channel, f"{self._channel}-said", said.media, said.language)
            until = world.now() + SAID_WITHIN_S
            while (event := await self._inbox.next(until)) is not None and event.type != "ChannelDestroyed":
                if event.type == "PlaybackFinished":
                    heard = event.text("playback", "state") == "done"
                    break
        return self._told(TAKEN, picked_up=picked_up, heard=heard)

    def _gone(self, event: AriEvent) -> Trial:
        cause = event.number("cause")
        end = ending(cause, event.number("tech_cause") or None, rang=self._rang is not None)
        return self._told(end.result, cause=end.cause)

    def _told(
        self, result: str, *, picked_up: float | None = None, heard: bool = False, cause: int | None = None
    ) -> Trial:
        return Trial(self._via, self._number, str(result), self._rang, picked_up, heard, cause)

    def _passed(self) -> float:
        return round(self._world.now() - self._began, 2)

    def _variables(self) -> dict[str, str]:
        """The service number is shown, as to whoever is called in its name."""
        world, service = self._world, self._world.identity.service
        domain = world.trunks.domain(self._via) or NOWHERE
        shown = callerid.shown("service", callerid.Caller(None, False, None), service, service, domain)
        headers = {f"PJSIP_HEADER(add,{name})": value for name, value in shown.headers}
        return {"CALLERID(num)": shown.number, "CONNECTEDLINE(num,i)": shown.number, **headers}
