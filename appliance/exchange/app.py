"""The exchange's composition root: real Asterisk, real log, real brokers, plugged into the calls.

It starts without broker, roster or Asterisk, and waits for each. When it goes, its calls live on in Asterisk.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from appliance import __version__, lockfile
from appliance.again import again
from appliance.asterisk import credentials
from appliance.asterisk.accounts import Accounts
from appliance.asterisk.ari import Ari, AriError
from appliance.asterisk.health import SOCKET, AsteriskWatch, HealthSocket
from appliance.asterisk.manager import ManagerError
from appliance.asterisk.readiness import readiness
from appliance.asterisk.site import ACCOUNT, APPLICATION, RECORDINGS, Credentials
from appliance.calls.health import CallLogError
from appliance.calls.log import CallLog
from appliance.calls.queries import CallQuery
from appliance.config import Config
from appliance.domain.events import EventType
from appliance.domain.times import rfc3339
from appliance.exchange.asterisk_database import AsteriskDatabase
from appliance.exchange.collector import BOX, Collector
from appliance.exchange.commands import ExchangeCommands
from appliance.exchange.hub import Hub
from appliance.exchange.limits import HOUR_S
from appliance.exchange.phones import SIP
from appliance.exchange.picture import state_document
from appliance.exchange.recorder import Recorder
from appliance.exchange.standing import KeptStanding
from appliance.exchange.stats_commands import StatsCommands
from appliance.exchange.teller import tell_calls
from appliance.heartbeat import Heart, ServiceManager, feed
from appliance.journal.journal import Journal
from appliance.mqtt.board import StateBoard
from appliance.mqtt.links import Links
from appliance.mqtt.topics import Topics
from appliance.notify.notices import Notices
from appliance.notify.policy import notices_for
from appliance.notify.smtp import Mailer
from appliance.roster.holidays import is_holiday
from appliance.screening.listening import Listener
from appliance.threads import in_daemon_thread

_log = logging.getLogger(__name__)
MQTT_DEADLINE_S, LOOP_DEADLINE_S = 120.0, 20.0
RESTART_PAUSE_S = 5.0
PICTURE_EVERY_S = 0.5
TIDY_EVERY_S = 30.0
RECALLED_AT_MOST = 20_000


async def run(config: Config, *, config_file: Path) -> int:
    """Serve until cancelled. Returns 0; an error of its own ends it, and the service manager starts anew."""
    folder = config.device.state_dir / "exchange"
    lock = lockfile.hold(folder / "exchange.lock")
    if lock is False:
        _log.error("another exchange runs on %s; two would fight for the same calls", folder)
        return 1
    manager = ServiceManager.from_environment()
    journal = await Journal.open(folder, boot_id=str(uuid.uuid4()), now=lambda: datetime.now(UTC))
    log = await CallLog.open(folder / "calls.db", config.exchange.name)
    listener = Listener()
    try:
        await listener.start()
        await _Exchange(config, journal, log, listener, manager).run(config_file)
    finally:
        manager.tell("STOPPING=1")
        await listener.stop()
        await log.close()
        await journal.close()
        if lock is not None:
            lock.close()
    return 0


class _Exchange:
    def __init__(
        self, config: Config, journal: Journal, log: CallLog, listener: Listener, manager: ServiceManager
    ) -> None:
        self._config, self._journal, self._log = config, journal, log
        self._listener, self._manager = listener, manager
        self._now = asyncio.get_running_loop().time
        self._heart = Heart(self._now)
        self._board = StateBoard()
        self._topics = Topics(config.device.id, config.exchange.name)
        host, _, port = config.exchange.manager.rpartition(":")
        self._place = host.strip("[]"), int(port)
        self._watch = AsteriskWatch(*self._place, self._secret)
        self._warm = asyncio.Event()
        self._ari: Ari | None = None
        self._hub: Hub | None = None
        self._accounts: Accounts | None = None

    async def run(self, config_file: Path) -> None:
        config, journal = self._config, self._journal
        self._standing = await KeptStanding.open(config, journal, lambda: datetime.now(UTC))
        self._database = AsteriskDatabase(*self._place, self._secret, lambda: self._standing.technician)
        self._standing.watch(self._standing_changed)
        await journal.append(
            EventType.BOOT,
            {"version": __version__, "exchange": config.exchange.name, "config_file": str(config_file)},
        )
        commands = ExchangeCommands(
            config.exchange.name, self._log, self._picture, self._hang_up, StatsCommands(config).table
        )
        listen: dict[str, Callable[[str, bytes], None]] = {
            self._topics.roster: self._standing.hear_roster,
            Topics(config.device.id).state: self._standing.hear_state,
        }
        collector = Collector(self._topics, self._log, self._ask)
        if config.exchange.name == BOX:
            listen[collector.topic_filter] = collector.hear
        links = self._links = Links(
            config.device.id,
            __version__,
            config.mqtt,
            journal,
            self._board,
            commands,
            beat=self._heart.register("mqtt", MQTT_DEADLINE_S),
            topics=self._topics,
            listen=listen,
            discovery=False,
        )
        jobs: dict[str, Callable[[], Awaitable[None]]] = {
            "mqtt": links.run,
            "technician": self._database.run,
            "asterisk watch": self._watch.run,
            "health": self._serve_health,
            "calls": lambda: tell_calls(config.exchange.name, self._log, journal),
            "tidy": self._tidy,
            "notices": self._tell_people,
            "holidays": self._keep_warm,
            "prune": lambda: self._log.keep_pruned(config.exchange.call_log_days),
        }
        if config.exchange.name == BOX:
            jobs["collector"] = collector.run
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._serve_calls(), name="calls")
            tasks.create_task(self._standing.run(), name="standing")
            tasks.create_task(self._show(self._heart.register("loop", LOOP_DEADLINE_S)), name="picture")
            for name, job in jobs.items():
                tasks.create_task(again(name, job), name=name)
            tasks.create_task(feed(self._heart, self._manager), name="watchdog")
            self._manager.tell("READY=1")

    async def _ask(
        self, command_topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        return await self._links.ask(command_topic, name, args, id_, timeout_s)

    async def command(self, name: str, args: Mapping[str, Any], id_: str, timeout_s: float) -> Mapping[str, Any]:
        """A command to the guard of the box, for whoever sends notices."""
        return await self._ask(Topics(self._config.device.id).command, name, args, id_, timeout_s)

    async def _tell_people(self) -> None:
        config = self._config
        device = config.device
        notices = await Notices.open(
            device.state_dir / "exchange" / "notices.db",
            self._log,
            lambda record: notices_for(
                record,
                self._standing.roster,
                datetime.now(UTC),
                timezone=device.timezone,
                region=device.region,
                duty=self._standing.duty.person,
            ),
            self,
            Mailer(config.smtp) if config.smtp.host is not None else None,
            exchange=config.exchange.name,
        )
        try:
            await notices.run()
        finally:
            await notices.aclose()

    async def _recall_limits(self, hub: Hub) -> None:
        """What went out within the last hour counts over a restart, too."""
        now, wall = self._now(), datetime.now(UTC)
        query = CallQuery(since=rfc3339(wall - timedelta(seconds=HOUR_S)), limit=RECALLED_AT_MOST)
        try:
            records = await self._log.find(query)
        except CallLogError as error:
            _log.warning("calls of before are not counted: %s", error)
            return
        legs = [leg for record in records if record.exchange == self._config.exchange.name for leg in record.legs]
        for leg in sorted(legs, key=lambda leg: leg.dialled_at):
            ago = (wall - datetime.fromisoformat(leg.dialled_at)).total_seconds()
            if leg.via and leg.via != SIP and 0 <= ago < HOUR_S:
                hub.world.limits.recall(leg.number, now - ago)

    async def _serve_calls(self) -> None:
        password = await self._credentials()
        async with Ari(self._config.exchange.ari, ACCOUNT, password.ari, APPLICATION) as ari:
            self._ari, self._accounts = ari, Accounts(self._config, ari)
            self._hub = Hub(
                self._config,
                ari,
                self._log,
                self._standing,
                self._listener,
                Recorder(*self._place, self._secret, self._config.exchange.directories.spool / RECORDINGS),
                self._now,
                notes=self._database,
                connected=self._connected,
            )
            await self._recall_limits(self._hub)
            await self._hub.run()

    async def _credentials(self) -> Credentials:
        told = ""
        while True:
            try:
                return await asyncio.to_thread(credentials.read, self._config.device.state_dir)
            except credentials.NoCredentialsError as error:
                if str(error) != told:
                    _log.error("%s", error)
                    told = str(error)
                await asyncio.sleep(RESTART_PAUSE_S)

    def _secret(self) -> str:
        try:
            return credentials.read(self._config.device.state_dir).manager
        except credentials.NoCredentialsError as error:
            raise ManagerError(str(error)) from None

    async def _connected(self) -> None:
        """Asterisk may be another one than before: it is told everything anew."""
        self._database.poke()
        if self._accounts is not None:
            self._accounts.forget()
            await self._push_accounts()

    async def _keep_warm(self) -> None:
        while True:
            await in_daemon_thread(self._warm_holidays, "holidays")
            await self._warm.wait()
            self._warm.clear()

    def _warm_holidays(self) -> None:
        """Load the calendars that lines need, before a call waits for it."""
        for hours in self._standing.roster.hours:
            if hours.holidays is not None:
                is_holiday(hours.holidays, datetime.now(UTC).date())

    def _standing_changed(self) -> None:
        self._database.poke()
        self._warm.set()
        if self._hub is not None and self._ari is not None and self._ari.connected:
            self._hub.errands.run(self._push_accounts())

    async def _push_accounts(self) -> None:
        assert self._accounts is not None
        try:
            for refused in await self._accounts.sync(self._standing.roster):
                _log.warning("%s", refused)
        except AriError as error:
            _log.warning("phones' accounts are not all in Asterisk: %s", error)

    async def _serve_health(self) -> None:
        socket = HealthSocket(self._config.device.state_dir / SOCKET, self._readiness)
        await socket.start()
        try:
            await asyncio.Event().wait()
        finally:
            await socket.close()

    def _readiness(self) -> Mapping[str, Any]:
        connected = self._ari is not None and self._ari.connected
        trunks = [trunk.name for trunk in self._config.trunk]
        why = "" if connected else "the exchange is not connected to Asterisk"
        return readiness(self._watch.seen, ari=why, trunks=trunks, now=self._now())

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            if self._hub is not None and self._ari is not None and self._ari.connected:
                await self._hub.recovery.tidy()

    async def _show(self, beat: Callable[[], None]) -> None:
        while True:
            beat()
            self._board.publish(self._picture())
            await asyncio.sleep(PICTURE_EVERY_S)

    def _picture(self) -> Mapping[str, Any]:
        hub, duty = self._hub, self._standing.duty
        return state_document(
            name=self._config.exchange.name,
            version=__version__,
            connected=self._ari is not None and self._ari.connected,
            asterisk=hub.version if hub is not None else None,
            calls=[session.call.record for session in hub.reception.sessions.values()] if hub is not None else (),
            trunks=hub.world.trunks.in_use if hub is not None else {},
            registered=self._watch.seen.registrations,
            revision=self._standing.roster.revision,
            duty=(duty.person, self._standing.technician),
            log={"seq": self._log.last_seq, "ok": self._log.health.ok, "reason": self._log.health.reason},
        )

    def _hang_up(self, id_: str) -> bool:
        hub = self._hub
        if hub is None or id_ not in hub.reception.sessions:
            return False
        hub.errands.run(hub.world.channels.hang_up(id_))
        return True
