"""The exchange's composition root: real Asterisk, real log, real brokers, plugged into the calls.

It starts without broker, roster or Asterisk, and waits for each. When it goes, its calls live on in Asterisk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance import __version__, lockfile
from appliance.again import again
from appliance.asterisk.health import SOCKET, AsteriskWatch, HealthSocket
from appliance.asterisk.readiness import readiness
from appliance.calls.log import CallLog
from appliance.config import Config
from appliance.domain.events import EventType
from appliance.domain.privacy import Holder
from appliance.exchange.archive import Archive
from appliance.exchange.callback.commands import CallbackCommands, told
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.callback.elsewhere import CallsElsewhere
from appliance.exchange.collector import BOX, Collector
from appliance.exchange.commands.exchange import ExchangeCommands
from appliance.exchange.commands.privacy import JournalHolder, PrivacyCommands
from appliance.exchange.commands.privacy_holders import CallbackHolder, VoicemailHolder
from appliance.exchange.commands.prompts import PromptCommands
from appliance.exchange.commands.recordings import RecordingsCommands
from appliance.exchange.commands.stats import StatsCommands
from appliance.exchange.commands.testcall import CallTestCommands
from appliance.exchange.commands.voicemail import VoicemailCommands
from appliance.exchange.mailbox.voicemail import Voicemail
from appliance.exchange.outbox import Outbox
from appliance.exchange.picture import state_document
from appliance.exchange.presences import KeptPresences
from appliance.exchange.sound_pusher import SoundPusher
from appliance.exchange.speaking import Speaking
from appliance.exchange.standing import KeptStanding
from appliance.exchange.switchboard import Switchboard
from appliance.exchange.teller import tell_calls
from appliance.exchange.warming import Warming
from appliance.heartbeat import Heart, ServiceManager, feed
from appliance.journal.journal import Journal
from appliance.mqtt.board import StateBoard
from appliance.mqtt.links import Links
from appliance.mqtt.topics import Topics
from appliance.notify.notice_privacy import NoticeHolder
from appliance.queueing.callback_store import CallbackStore, callbacks_file
from appliance.recordings.privacy import RecordingsHolder
from appliance.screening.listening import Listener

_log = logging.getLogger(__name__)
MQTT_DEADLINE_S, LOOP_DEADLINE_S = 120.0, 20.0
PICTURE_EVERY_S = 0.5
TOLD_CALLBACKS = 100  # brokers bound what a packet may hold


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
    archive = Archive(config, log, journal.append, journal)
    voicemail = await Voicemail.open(config)
    callbacks = CallbackStore(callbacks_file(config.device.state_dir))
    try:
        await listener.start()
        await archive.recorder.scribe.start()
        standing = await KeptStanding.open(config, journal, lambda: datetime.now(UTC))
        presences = await KeptPresences.open(journal)
        exchange = _Exchange(
            config, journal, log, standing, presences, listener, archive, voicemail, callbacks, manager
        )
        await exchange.run(config_file)
    finally:
        manager.tell("STOPPING=1")
        await callbacks.close()
        await listener.stop()
        await archive.close()
        await voicemail.close()
        await log.close()
        await journal.close()
        if lock is not None:
            lock.close()
    return 0


class _Exchange:
    def __init__(
        self,
        config: Config,
        journal: Journal,
        log: CallLog,
        standing: KeptStanding,
        presences: KeptPresences,
        listener: Listener,
        archive: Archive,
        voicemail: Voicemail,
        callbacks: CallbackStore,
        manager: ServiceManager,
    ) -> None:
        self._config, self._journal, self._log, self._standing = config, journal, log, standing
        self._presences, self._archive, self._manager = presences, archive, manager
        self._now = asyncio.get_running_loop().time
        self._heart = Heart(self._now)
        self._board = StateBoard()
        self._topics, self._guard = Topics(config.device.id, config.exchange.name), Topics(config.device.id)
        self._speaking = Speaking(config, standing)
        self._voicemail = voicemail
        self._callbacks = CallbackDesk(callbacks, lambda: datetime.now(UTC))
        self._elsewhere = CallsElsewhere(self._topics, self._callbacks, self._now)
        self._outbox = Outbox(config, log, standing, self)
        voicemail.archive.deliveries = self._outbox.deliveries
        self._switchboard = Switchboard(
            config, log, standing, listener, archive, self._speaking.speech, presences, voicemail, self._callbacks
        )
        self._warming = Warming(standing)
        self._watch = AsteriskWatch(*self._switchboard.manager_place, self._switchboard.secret)
        self._collector = Collector(self._topics, log, self._ask)
        self._pusher = SoundPusher(self._topics, self._speaking.own, self._ask)
        self._links = self._make_links()

    def _make_links(self) -> Links:
        config, standing = self._config, self._standing
        listen: dict[str, Callable[[str, bytes], None]] = {
            self._topics.roster: standing.hear_roster,
            self._guard.state: standing.hear_state,
            self._guard.agents: self._presences.hear,
        }
        commands = ExchangeCommands(
            config.exchange.name,
            self._log,
            self._picture,
            self._switchboard.hang_up,
            StatsCommands(config).table,
            self._recordings_commands().table,
            VoicemailCommands(
                self._topics, self._voicemail.archive, standing, self._ask, lambda: self._collector.others
            ).table,
            CallTestCommands(standing, self._switchboard.test_call).table,
            self._privacy_commands().table,
            PromptCommands(self._speaking, standing, self._sound_kept).table,
            CallbackCommands(self._topics, self._callbacks, self._ask, lambda: self._collector.others).table,
        )
        listen[self._collector.topic_filter] = self._hear_state
        return Links(
            config.device.id,
            __version__,
            config.mqtt,
            self._journal,
            self._board,
            commands,
            beat=self._heart.register("mqtt", MQTT_DEADLINE_S),
            topics=self._topics,
            listen=listen,
            discovery=False,
        )

    def _hear_state(self, topic: str, payload: bytes) -> None:
        self._elsewhere.hear(topic, payload)
        if self._config.exchange.name == BOX:
            self._collector.hear(topic, payload)
            self._pusher.hear(topic, payload)

    def _sound_kept(self) -> None:
        self._speaking.poke()
        self._pusher.poke()

    def _recordings_commands(self) -> RecordingsCommands:
        return RecordingsCommands(
            self._topics,
            self._config.device.region,
            self._archive,
            self._standing,
            self._ask,
            lambda: self._collector.others,
        )

    def _privacy_commands(self) -> PrivacyCommands:
        config, name = self._config, self._config.exchange.name
        folder = config.device.state_dir / "exchange"
        holders: tuple[Holder, ...] = (
            RecordingsHolder(self._archive.keeper, name),
            VoicemailHolder(folder / "voicemail.db"),
            CallbackHolder(callbacks_file(config.device.state_dir)),
            NoticeHolder(folder / "notices.db"),
            JournalHolder(self._journal),
            self._log,
        )
        return PrivacyCommands(
            self._topics,
            config.device.region,
            holders,
            self._journal,
            self._ask,
            lambda: self._collector.others,
            box=name == BOX,
        )

    async def run(self, config_file: Path) -> None:
        config = self._config
        self._standing.watch(self._switchboard.standing_changed)
        self._presences.watch(self._switchboard.presences_changed)
        self._standing.watch(self._warming.poke)
        self._standing.watch(self._speaking.poke)
        await self._speaking.open()
        await self._journal.append(
            EventType.BOOT,
            {"version": __version__, "exchange": config.exchange.name, "config_file": str(config_file)},
        )
        jobs: dict[str, Callable[[], Awaitable[None]]] = {
            "mqtt": self._links.run,
            "technician": self._switchboard.database.run,
            "asterisk watch": self._watch.run,
            "health": self._serve_health,
            "calls": lambda: tell_calls(config.exchange.name, self._log, self._journal),
            "tidy": self._switchboard.tidy,
            "notices": self._outbox.run,
            "messages": lambda: self._voicemail.run(self._outbox.hand),
            "old messages": self._voicemail.archive.run,
            "holidays": self._warming.run,
            "agents": lambda: self._presences.run(self),
            "callbacks' disk": self._callbacks.run,
            "callbacks": self._switchboard.look_after_callbacks,
            "calls elsewhere": self._elsewhere.run,
            "old callbacks": lambda: self._callbacks.keep_pruned(config.exchange.call_log_days),
            "voice": self._speaking.run,
            "recordings": self._archive.run,
            "recorded calls": self._archive.follow,
            "prune": lambda: self._log.keep_pruned(config.exchange.call_log_days),
        }
        if config.exchange.name == BOX:
            jobs |= {"collector": self._collector.run, "sounds": self._pusher.run}
        async with contextlib.aclosing(self._speaking), asyncio.TaskGroup() as tasks:
            tasks.create_task(self._switchboard.run(), name="calls")
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
        return await self._ask(self._guard.command, name, args, id_, timeout_s)

    async def _serve_health(self) -> None:
        socket = HealthSocket(self._config.device.state_dir / SOCKET, self._readiness)
        await socket.start()
        try:
            await asyncio.Event().wait()
        finally:
            await socket.close()

    def _readiness(self) -> Mapping[str, Any]:
        trunks = [trunk.name for trunk in self._config.trunk]
        why = "" if self._switchboard.connected else "the exchange is not connected to Asterisk"
        return readiness(self._watch.seen, ari=why, trunks=trunks, now=self._now())

    async def _show(self, beat: Callable[[], None]) -> None:
        while True:
            beat()
            self._board.publish(self._picture())
            await asyncio.sleep(PICTURE_EVERY_S)

    def _picture(self) -> Mapping[str, Any]:
        switchboard, standing, log = self._switchboard, self._standing, self._log
        return state_document(
            name=self._config.exchange.name,
            version=__version__,
            connected=switchboard.connected,
            asterisk=switchboard.version,
            calls=switchboard.calls,
            trunks=switchboard.trunks,
            registered=self._watch.seen.registrations,
            revision=standing.roster.revision,
            duty=(standing.duty.person, standing.technician),
            log={"seq": log.last_seq, "ok": log.health.ok, "reason": log.health.reason},
            queues=switchboard.queues,
            callbacks=[told(one) for one in self._callbacks.standing[:TOLD_CALLBACKS]],
            prompts=self._speaking.picture(),
        )
