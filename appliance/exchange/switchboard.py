"""The calls' side of the service: the way to Asterisk with its password, the hub over it, the phones' accounts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.asterisk import credentials
from appliance.asterisk.accounts import Accounts
from appliance.asterisk.ari import Ari, AriError
from appliance.asterisk.manager import ManagerError
from appliance.asterisk.site import ACCOUNT, APPLICATION, Credentials
from appliance.calls.health import CallLogError
from appliance.calls.log import CallLog
from appliance.calls.queries import CallQuery
from appliance.config import Config
from appliance.domain.calls import CallRecord
from appliance.domain.times import rfc3339
from appliance.exchange.archive import Archive
from appliance.exchange.asterisk_database import AsteriskDatabase
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.hub import Hub
from appliance.exchange.limits import HOUR_S
from appliance.exchange.mailbox.voicemail import Voicemail
from appliance.exchange.phones import SIP
from appliance.exchange.queue.crews import Presences
from appliance.exchange.queue.handling import RECALLED
from appliance.exchange.queue.picture import queues_document
from appliance.exchange.standing import KeptStanding
from appliance.exchange.testcall import NoTestError, Trial, place
from appliance.exchange.variables import Variables
from appliance.prompts.speech import Speech
from appliance.screening.listening import Listener

_log = logging.getLogger(__name__)
LOOK_FOR_PASSWORD_S = 5.0
TIDY_EVERY_S = 30.0
CALLBACKS_EVERY_S = 30.0
RECALLED_AT_MOST = 20_000


class Switchboard:
    """:meth:`run` serves calls for ever; :meth:`tidy` looks for what was left over, for ever too."""

    def __init__(
        self,
        config: Config,
        log: CallLog,
        standing: KeptStanding,
        listener: Listener,
        archive: Archive,
        speech: Speech,
        presences: Presences,
        voicemail: Voicemail,
        callbacks: CallbackDesk,
    ) -> None:
        self._config, self._log, self._standing, self._presences = config, log, standing, presences
        self._listener, self._archive = listener, archive
        self._speech, self._voicemail, self._callbacks = speech, voicemail, callbacks
        self._now = asyncio.get_running_loop().time
        host, _, port = config.exchange.manager.rpartition(":")
        self.manager_place = host.strip("[]"), int(port)
        self.database = AsteriskDatabase(*self.manager_place, self.secret, lambda: standing.technician)
        self._ari: Ari | None = None
        self._hub: Hub | None = None
        self._accounts: Accounts | None = None

    async def run(self) -> None:
        """Serve calls until cancelled; they live on in Asterisk then."""
        password = await self._credentials()
        variables = Variables(*self.manager_place, self.secret)
        async with (
            contextlib.aclosing(variables),
            Ari(self._config.exchange.ari, ACCOUNT, password.ari, APPLICATION) as ari,
        ):
            self._ari, self._accounts = ari, Accounts(self._config, ari)
            self._hub = Hub(
                self._config,
                ari,
                self._log,
                self._standing,
                self._listener,
                self._archive.recorder,
                self._speech,
                self._now,
                listening=self._archive.desk,
                notes=self.database,
                variables=variables,
                connected=self._has_connected,
                presences=self._presences,
                voicemail=self._voicemail,
                callbacks=self._callbacks,
            )
            await self._recall_limits(self._hub)
            await self._recall_queues(self._hub)
            await self._hub.run()

    async def look_after_callbacks(self) -> None:
        """Look at the clock for those who wait to be called back, for ever."""
        while True:
            await asyncio.sleep(CALLBACKS_EVERY_S)
            if self._hub is not None and self._hub.callbacks is not None and self.connected:
                await self._hub.callbacks.look(self._hub.recovery.look)

    async def tidy(self) -> None:
        """Look now and then for what ended beside us."""
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            if self._hub is not None and self.connected:
                await self._hub.recovery.tidy()

    @property
    def connected(self) -> bool:
        """Whether Asterisk tells us what happens."""
        return self._ari is not None and self._ari.connected

    @property
    def version(self) -> str | None:
        """Asterisk's, once it was connected."""
        return self._hub.version if self._hub is not None else None

    @property
    def calls(self) -> Sequence[CallRecord]:
        """The calls there are."""
        return [one.call.record for one in self._hub.reception.sessions.values()] if self._hub is not None else ()

    @property
    def queues(self) -> Sequence[Mapping[str, Any]]:
        """The queues as the state document tells them."""
        return queues_document(self._hub.world.queues.picture(), datetime.now(UTC)) if self._hub is not None else ()

    def presences_changed(self) -> None:
        """An agent has come or gone."""
        if self._hub is not None:
            self._hub.world.queues.poke()

    @property
    def trunks(self) -> Mapping[str, int]:
        """Calls by trunk."""
        return self._hub.world.trunks.in_use if self._hub is not None else {}

    def hang_up(self, id_: str) -> bool:
        """End a call; ``False`` where there is none with that id."""
        hub = self._hub
        session = hub.reception.sessions.get(id_) if hub is not None else None
        if hub is None or session is None:
            return False
        session.call.dismissed = True
        hub.errands.run(hub.world.channels.hang_up(id_))
        return True

    async def test_call(self, number: str, trunk: str | None, language: str) -> Trial:
        """Call somebody to see whether calls go out. Raises ``NoTestError``."""
        if self._hub is None or not self.connected:
            raise NoTestError("Asterisk is not connected", busy=True)
        return await place(self._hub.world, number, trunk, language)

    def standing_changed(self) -> None:
        """Roster or duty are other ones now: Asterisk is to know what it needs of them."""
        self.database.poke()
        self.presences_changed()
        if self._hub is not None and self.connected:
            self._hub.errands.run(self._push_accounts())

    def secret(self) -> str:
        """The manager interface's password. Raises :class:`appliance.asterisk.manager.ManagerError`."""
        try:
            return credentials.read(self._config.device.state_dir).manager
        except credentials.NoCredentialsError as error:
            raise ManagerError(str(error)) from None

    async def _credentials(self) -> Credentials:
        told = ""
        while True:
            try:
                return await asyncio.to_thread(credentials.read, self._config.device.state_dir)
            except credentials.NoCredentialsError as error:
                if str(error) != told:
                    _log.error("%s", error)
                    told = str(error)
                await asyncio.sleep(LOOK_FOR_PASSWORD_S)

    async def _has_connected(self) -> None:
        """Asterisk may be another one than before: it is told everything anew."""
        self.database.poke()
        if self._accounts is not None:
            self._accounts.forget()
            await self._push_accounts()

    async def _push_accounts(self) -> None:
        assert self._accounts is not None
        try:
            for refused in await self._accounts.sync(self._standing.roster):
                _log.warning("%s", refused)
        except AriError as error:
            _log.warning("phones' accounts are not all in Asterisk: %s", error)

    async def _recall_queues(self, hub: Hub) -> None:
        """How long agents were busy with callers of late: what those who wait are told is made of it."""
        since = rfc3339(datetime.now(UTC) - RECALLED)
        try:
            records = await self._log.find(CallQuery(since=since, limit=RECALLED_AT_MOST))
        except CallLogError:
            return
        own = [one for one in records if one.exchange == self._config.exchange.name]
        hub.world.queues.recall(sorted(own, key=lambda one: one.arrived_at))

    async def _recall_limits(self, hub: Hub) -> None:
        """What went out within the last hour counts over a restart, too."""
        now, wall = self._now(), datetime.now(UTC)
        query = CallQuery(since=rfc3339(wall - timedelta(seconds=HOUR_S)), limit=RECALLED_AT_MOST)
        try:
            found = {record.id: record for record in await self._log.open_calls()}  # callbacks may be days old
            found |= {
                one.id: one for one in await self._log.find(query) if one.exchange == self._config.exchange.name
            }
        except CallLogError as error:
            _log.warning("calls of before are not counted: %s", error)
            return
        legs = [leg for record in found.values() for leg in record.legs]
        for leg in sorted(legs, key=lambda leg: leg.dialled_at):
            ago = (wall - datetime.fromisoformat(leg.dialled_at)).total_seconds()
            if leg.via and leg.via != SIP and 0 <= ago < HOUR_S:
                hub.world.limits.recall(leg.number, now - ago)
