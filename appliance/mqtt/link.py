"""A link to one broker: connected again and again, for ever, whatever happens."""

from __future__ import annotations

import asyncio
import logging

from appliance.config.models import Mqtt
from appliance.mqtt import credentials
from appliance.mqtt.backoff import Backoff
from appliance.mqtt.box import Box
from appliance.mqtt.intake import Intake
from appliance.mqtt.mailbox import Mailbox
from appliance.mqtt.refusals import Refusals
from appliance.mqtt.session import Session, will
from appliance.mqtt.wire import LostError, Wire
from appliance.threads import in_daemon_thread

_log = logging.getLogger(__name__)


class Link:
    """One broker. A fault here, in its files or at the broker never reaches the guard."""

    def __init__(self, box: Box, settings: Mqtt, intake: Intake, backoff: Backoff) -> None:
        self._box, self._settings, self._backoff = box, settings, backoff
        self._mailbox = Mailbox(settings.name, box.topics, settings.allows, intake)
        self._refusals = Refusals(box.pace.refused_pause_s)
        self._told: str | None = None
        self._ending = False

    async def run(self) -> None:
        """Serve until cancelled; then say goodbye."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._mailbox.work(), name=f"mqtt {self._settings.name} commands")
            tasks.create_task(self._stay_connected(), name=f"mqtt {self._settings.name}")
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self._ending = True

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._connect_once()
            except (LostError, credentials.CredentialsError) as error:
                self._tell(str(error))
            except Exception as error:  # a fault of ours must not end the link either
                _log.exception("link %s failed", self._settings.name)
                self._tell(f"an internal error, {type(error).__name__}")
            if self._ending:
                # a task group that fails in the moment it is cancelled tells of its failure alone (CPython < 3.13),
                # and leaves a count of cancellations that cannot be gone by
                return
            await asyncio.sleep(self._backoff.next_s())

    async def _connect_once(self) -> None:
        settings, box = self._settings, self._box
        broker = await in_daemon_thread(
            lambda: credentials.broker(settings, box.topics), f"files of link {settings.name}"
        )
        session = Session(box, settings, self._mailbox, self._refusals)
        wire = Wire(broker, will(box.topics), session.receive)
        try:
            await session.run(wire, self._connected)
        finally:
            wire.drop()
            for topic in self._refusals.closed(asyncio.get_running_loop().time()):
                _log.error(
                    "link %s: the broker closes the connection over %s: not sent for an hour", settings.name, topic
                )
            self._box.link_changed(settings.name, False)

    def _connected(self) -> None:
        settings = self._settings
        _log.info("link %s: connected to %s:%d", settings.name, settings.host, settings.port)
        self._backoff.reset()
        self._told = None
        self._box.link_changed(settings.name, True)

    def _tell(self, reason: str) -> None:
        """Once for each reason: a broker that is away for a week must not fill the log."""
        if reason != self._told:
            settings = self._settings
            _log.warning("link %s: not connected to %s:%d: %s", settings.name, settings.host, settings.port, reason)
            self._told = reason
