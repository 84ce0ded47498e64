"""The exchange's calls and their Asterisk: the world they live in, from one connection to the next.

Where the connection is lost, every call is let go of and taken up again once it is back, in the same way as after a
crash of the exchange: there is one way to take calls up, and it is used often.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

from appliance.asterisk.ari import Ari
from appliance.asterisk.channels import Channels
from appliance.config import Config
from appliance.exchange.book import Book
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.callback.office import CallbackOffice
from appliance.exchange.limits import Limits
from appliance.exchange.listening_desk import ListeningDesk
from appliance.exchange.mailbox.voicemail import Voicemail
from appliance.exchange.queue.crews import Presences, Unkept
from appliance.exchange.queue.hall import QueueHall
from appliance.exchange.reception import Reception
from appliance.exchange.recorder import ARRIVAL
from appliance.exchange.recovery import Notes, OpenCalls, Recovery
from appliance.exchange.switch import Switch
from appliance.exchange.talk import Features
from appliance.exchange.transfer.desk import Transfers
from appliance.exchange.trunks import Trunks
from appliance.exchange.variables import ThroughAri
from appliance.exchange.world import Ears, Errands, Identity, Log, Records, Standing, VariablesLike, World
from appliance.prompts.speech import Speech
from appliance.screening.judge import Judge

_log = logging.getLogger(__name__)
ERRANDS_WITHIN_S = 0.5


class CallsLog(Log, OpenCalls, Protocol):
    """The call log as calls and their recovery use it."""


class Hub:
    """``connected`` is called after each connection, once calls are taken up; ``features`` makes those of a talk;
    ``presences`` are what agents said of themselves, ``callbacks`` who wants to be called back."""

    def __init__(
        self,
        config: Config,
        ari: Ari,
        log: CallsLog,
        standing: Standing,
        ears: Ears | None,
        recorder: Records,
        speech: Speech,
        now: Callable[[], float],
        *,
        notes: Notes,
        variables: VariablesLike | None = None,
        connected: Callable[[], Awaitable[None]],
        features: Callable[[], Features] | None = None,
        presences: Presences | None = None,
        listening: ListeningDesk | None = None,
        callbacks: CallbackDesk | None = None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        voicemail: Voicemail | None = None,
    ) -> None:
        self._ari, self._connected = ari, connected
        self._settled = False
        self.errands = Errands()
        channels = Channels(ari)
        switch = Switch(lambda channel: self.errands.run(channels.hang_up(channel)))
        exchange = config.exchange
        book, chance = Book(), random.Random()
        presences = presences or Unkept()
        queues = QueueHall(standing, presences, book, chance, now, wall, config.device.timezone)
        self.world = World(
            name=exchange.name,
            region=config.device.region,
            timezone=config.device.timezone,
            identity=Identity(
                config.modem.service_number,
                exchange.caller_id,
                frozenset({config.modem.service_number.e164, *(route.number.e164 for route in config.routes)}),
            ),
            channels=channels,
            variables=variables or ThroughAri(),
            switch=switch,
            book=book,
            queues=queues,
            presences=presences,
            trunks=Trunks(config.trunk, now),
            limits=Limits(exchange.calls_per_hour, exchange.calls_per_number_and_hour),
            log=log,
            standing=standing,
            ears=ears,
            recorder=recorder,
            speech=speech,
            voicemail=voicemail,
            judge=Judge,
            errands=self.errands,
            chance=chance,
            now=now,
            wall=wall,
            listening=listening,
            callbacks=callbacks,
        )
        made = features or (lambda: Transfers(self.reception.sessions.get))
        self.reception = Reception(self.world, made)
        self.callbacks: CallbackOffice | None = None
        if callbacks is not None:
            self.callbacks = CallbackOffice(self.world, self.reception, callbacks, log, made)
        self.recovery = Recovery(self.world, self.reception, log, notes, self.callbacks)
        switch.welcome("in", self.reception.receive)
        switch.welcome("phone", self.reception.receive)
        switch.welcome(ARRIVAL, lambda event: recorder.arrived(self.world, event))
        # an older Asterisk's own transfer: the call itself hears of it, and rings the target
        switch.welcome("transfer", lambda event: self.world.end(event.channel))
        if voicemail is not None:
            voicemail.live = self._lives
        self.version: str | None = None

    async def run(self) -> None:
        """Serve calls until cancelled; then they live on in Asterisk."""
        try:
            await self._ari.run(self.world.switch.receive, self._begin, self._lost)
        finally:
            await self._let_go()
            self.world.queues.close()
            await self.errands.close(ERRANDS_WITHIN_S)

    def _lives(self, call: str) -> bool | None:
        """Whether a call is going on; nobody knows until all calls were taken up."""
        return call in self.reception.sessions if self._settled else None

    async def _begin(self) -> None:
        self.world.queues.hold()
        await self._let_go()
        self.world.switch.forget_all()
        self.world.trunks.forget_calls()
        self.world.book.forget_calls()
        self.version, started = await self.world.channels.about()
        _log.info("Asterisk %s is connected", self.version or "of an unknown version")
        await self.recovery.run(started)
        self.world.switch.settled()
        self.world.queues.go_on()
        self._settled = True
        await self._connected()

    def _lost(self) -> None:
        self._settled = False
        self.errands.run(self._let_go())

    async def _let_go(self) -> None:
        if self.callbacks is not None:
            self.callbacks.let_go()
        await self.reception.let_go()
