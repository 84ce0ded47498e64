"""The pages' composition root: accounts, brokers and server, plugged together.

It starts without broker, guard or exchange, and says on every page what it does not hear.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance import __version__, lockfile
from appliance.again import again
from appliance.config import Config
from appliance.heartbeat import Heart, ServiceManager, feed
from appliance.journal import records
from appliance.mqtt.board import StateBoard
from appliance.mqtt.links import Links
from appliance.mqtt.topics import Topics
from appliance.threads import in_daemon_thread
from appliance.web import first_account, server, tls
from appliance.web.accounts import tables
from appliance.web.accounts.feeds import Feeds
from appliance.web.accounts.passwords import Passwords
from appliance.web.accounts.sessions import Lasts, Sessions
from appliance.web.accounts.store import Accounts
from appliance.web.assets import Assets
from appliance.web.box import BoxWords
from appliance.web.desk import Desk
from appliance.web.dispatch import assemble
from appliance.web.live import Broadcaster
from appliance.web.memory import give_back, keep_little
from appliance.web.pages import PAGES
from appliance.web.quiet import NoCommands, NoEvents
from appliance.web.render import Renderer

_log = logging.getLogger(__name__)
FOLDER = "web"  # of the state directory
MQTT_DEADLINE_S, LOOP_DEADLINE_S = 120.0, 20.0
BEAT_S = 5.0
BEATS_BETWEEN_TIDYING = 6


async def run(config: Config, *, config_file: Path) -> int:
    """Serve until cancelled. Returns 0, or 1 where another one runs or the certificate cannot be used."""
    keep_little()
    folder = config.device.state_dir / FOLDER
    lock = lockfile.hold(folder / "web.lock")
    if lock is False:
        _log.error("another web service runs on %s", folder)
        return 1
    manager = ServiceManager.from_environment()
    await tables.make(folder)
    accounts = await Accounts.open(folder)
    try:
        await _Web(config, config_file, folder, accounts, manager).run()
    except tls.CertificateError as error:
        _log.error("%s", error)
        return 1
    finally:
        manager.tell("STOPPING=1")
        await accounts.close()
        if lock is not None:
            lock.close()
    return 0


class _Web:
    def __init__(
        self, config: Config, config_file: Path, folder: Path, accounts: Accounts, manager: ServiceManager
    ) -> None:
        self._config, self._folder, self._manager = config, folder, manager
        self._heart = Heart(asyncio.get_running_loop().time)
        self._box = BoxWords(config.device.id)
        web, assets = config.web, Assets()
        self._desk = Desk(
            config=config,
            config_file=config_file,
            zone=ZoneInfo(config.device.timezone),
            box=self._box,
            accounts=accounts,
            sessions=Sessions(accounts.database, Lasts(web.session_hours * 3600, web.session_days * 86_400)),
            feeds=Feeds(accounts.database),
            passwords=Passwords(),
            assets=assets,
            renderer=Renderer(assets),
            live=Broadcaster(self._box),
            clock=time.time,
        )

    async def run(self) -> None:
        config, desk = self._config, self._desk
        await first_account.from_file(config.web.admin_password_file, desk.accounts, desk.passwords)
        if not await desk.accounts.all():
            _log.warning("nobody can sign in yet; set a password at the console: hotline web password")
        context = await in_daemon_thread(lambda: tls.context(config, self._folder, datetime.now(UTC)), "certificate")
        board = StateBoard()
        board.publish({"name": "web", "version": __version__})
        links = Links(
            config.device.id,
            __version__,
            config.mqtt,
            NoEvents(),
            board,
            NoCommands(),
            beat=self._heart.register("mqtt", MQTT_DEADLINE_S),
            topics=Topics(config.device.id, web=True),
            listen=self._box.listeners(),
            discovery=False,
            link_changed=self._box.link_changed,
        )
        self._box.ask_over(links)
        self._box.holidays.serving()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(again("mqtt", links.run), name="mqtt")
                tasks.create_task(self._look_into_the_journal(), name="journal")
                tasks.create_task(self._beat(self._heart.register("loop", LOOP_DEADLINE_S)), name="loop")
                tasks.create_task(feed(self._heart, self._manager), name="watchdog")
                tasks.create_task(
                    server.serve(
                        assemble(desk, PAGES), config.web.listen, context, config.web.trusted_proxies, self._listening
                    ),
                    name="server",
                )
        finally:
            desk.live.close()

    def _listening(self) -> None:
        give_back()  # of starting: modules are compiled, a certificate is made
        scheme = "https" if self._config.web.tls else "http"
        _log.info("serving %s://%s/", scheme, self._config.web.listen)
        self._manager.tell("READY=1")

    async def _look_into_the_journal(self) -> None:
        """Something to show before the guard is heard."""
        try:
            kept = await in_daemon_thread(lambda: records.last_state(self._config.device.state_dir), "journal")
        except records.NotYetError:
            return
        except (records.UnreadableError, sqlite3.Error, OSError) as error:
            _log.info("nothing from the journal: %s", error)
            return
        if kept is not None:
            self._box.take_from_journal(kept)

    async def _beat(self, beat: Callable[[], None]) -> None:
        """That the loop turns; and now and then, what pages took and need no more goes back to the system."""
        while True:
            for _ in range(BEATS_BETWEEN_TIDYING):
                beat()
                await asyncio.sleep(BEAT_S)
            give_back()
