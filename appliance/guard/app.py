"""The guard's composition root: real modem, real probes, real journal, real brokers, plugged into the loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance import __version__, lockfile
from appliance.again import again
from appliance.asterisk.pjsip import reserved_names
from appliance.config import Config
from appliance.domain.events import EventType
from appliance.domain.people import Person
from appliance.guard import tables
from appliance.guard.agentdesk import AgentDesk
from appliance.guard.brain import Policy
from appliance.guard.commands import GuardCommands
from appliance.guard.desk import Desk
from appliance.guard.frontpanel import front_panel, has_pins, network_reset
from appliance.guard.health import WatchSettings
from appliance.guard.ladder import Rules
from appliance.guard.loop import Guard
from appliance.guard.picture import Frame
from appliance.guard.reconcile import Settings
from appliance.guard.rosterdesk import Origin, RosterDesk
from appliance.guard.scribe import Scribe
from appliance.guard.timekeeper import Timekeeper
from appliance.heartbeat import Heart, ServiceManager, feed
from appliance.journal.journal import Journal
from appliance.modem.service import ModemService
from appliance.mqtt.board import StateBoard
from appliance.mqtt.links import Links
from appliance.mqtt.topics import Topics
from appliance.notify import sms_store
from appliance.notify.sms_outbox import SmsOutbox
from appliance.probes.factory import probers

log = logging.getLogger(__name__)

MODEM_DEADLINE_S = 60.0
MQTT_DEADLINE_S = 120.0


def policy_of(config: Config) -> Policy:
    """The decision's rules, as configured."""
    watchdog = config.watchdog
    return Policy(
        rules=Rules(
            routes=config.routes,
            failback_hold_s=watchdog.failback_hold,
            outlast_s=watchdog.outlast_s,
            # in bridge mode every call passes the box: what isolates it, isolates the callers
            isolation_means_technician=watchdog.on_isolation == "technician" or config.ingress.mode == "bridge",
        ),
        watch=WatchSettings(
            inter_s=watchdog.inter,
            fastinter_s=watchdog.fastinter,
            downinter_s=watchdog.downinter,
            timeout_s=watchdog.timeout,
            fall=watchdog.fall,
            rise=watchdog.rise,
            half_life_s=watchdog.damping_half_life,
        ),
        mode=config.ingress.mode,
        net=config.ingress.net,
        no_reply_time_s=config.ingress.no_reply_time,
    )


async def run(config: Config, *, config_file: Path) -> int:
    """Guard until cancelled. Returns 0; an error of the guard's own ends it, and the service manager starts anew."""
    lock = lockfile.hold(config.device.state_dir / "guard.lock")
    if lock is False:
        log.error("another guard runs on %s; two would fight for modem and network", config.device.state_dir)
        return 1
    loop = asyncio.get_running_loop()
    manager = ServiceManager.from_environment()
    heart = Heart(loop.time)
    boot_id = str(uuid.uuid4())
    journal_turned = asyncio.Event()
    await tables.make_journal(config.device.state_dir)
    journal = await Journal.open(
        config.device.state_dir,
        boot_id=boot_id,
        now=lambda: datetime.now(UTC),
        on_trouble=lambda _: journal_turned.set(),
    )
    try:
        await journal.seed_people(config.person)
        await _guard(config, config_file, journal, journal_turned, boot_id, heart, manager)
    finally:
        manager.tell("STOPPING=1")
        await journal.close()
        if lock is not None:
            lock.close()
    return 0


async def _guard(
    config: Config,
    config_file: Path,
    journal: Journal,
    journal_turned: asyncio.Event,
    boot_id: str,
    heart: Heart,
    manager: ServiceManager,
) -> None:
    scribe = Scribe(journal)
    board, roster_board, agent_board = StateBoard(), StateBoard(), StateBoard()
    roster = _roster_desk(config, journal, scribe, roster_board)
    await roster.open()
    agents = AgentDesk(journal, scribe.say, agent_board, lambda: roster.roster, time.time)
    await agents.open()
    modem = ModemService(
        config.modem,
        region=config.device.region,
        state_dir=config.device.state_dir,
        on_event=scribe.say,
        beat=heart.register("modem", MODEM_DEADLINE_S),
    )
    guard = Guard(
        policy=policy_of(config),
        settings=Settings(config.watchdog.verify_interval, config.watchdog.change_budget),
        frame=Frame(boot_id, __version__, config.routes, config.ingress.mode, config.watchdog.verify_interval),
        probers=probers(config),
        modem=modem,
        journal=journal,
        journal_health=lambda: _journal_health(journal),
        desk=_desk(config, journal, scribe, roster),
        scribe=scribe,
        report=board.publish,
        heart=heart,
        unix=time.time,
        chance=random.Random(),
        # an operation tries its ways in turn, and each may take the network's guard timer
        forwarding_deadline_s=max(900.0, 6 * config.modem.ccfc_timeout),
    )
    outbox = _outbox(config, modem, scribe, lambda: guard.forwarder.due)
    commands = GuardCommands(guard, config, roster, outbox, agents)
    links = Links(
        config.device.id,
        __version__,
        config.mqtt,
        journal,
        board,
        commands,
        beat=heart.register("mqtt", MQTT_DEADLINE_S),
        retained={Topics(config.device.id).roster: roster_board, Topics(config.device.id).agents: agent_board},
    )
    roster.changed = _follows(guard)
    scribe.say(EventType.BOOT, {"version": __version__, "device": config.device.id, "config_file": str(config_file)})
    async with contextlib.aclosing(outbox), asyncio.TaskGroup() as tasks:
        tasks.create_task(guard.run(), name="guard")
        tasks.create_task(modem.run(), name="modem")
        tasks.create_task(again("mqtt", links.run), name="mqtt")
        tasks.create_task(again("roster", roster.run), name="roster")
        tasks.create_task(again("sms", outbox.run), name="sms")
        if has_pins(config.panel):
            reset = network_reset(config.device.state_dir)
            panel = front_panel(config.panel, lambda: board.newest, commands, journal, scribe.say, reset)
            tasks.create_task(again("panel", panel), name="panel")
        timekeeper = Timekeeper(modem.network_time, config.device.state_dir)
        tasks.create_task(again("timekeeper", timekeeper.run), name="timekeeper")
        tasks.create_task(_watch_journal(journal_turned, guard), name="journal-watch")
        tasks.create_task(feed(heart, manager), name="watchdog")
        manager.tell("READY=1")


async def _watch_journal(turned: asyncio.Event, guard: Guard) -> None:
    while True:
        await turned.wait()
        turned.clear()
        guard.poke()


def _journal_health(journal: Journal) -> dict[str, Any]:
    health = journal.health
    return {"ok": health.ok, "reason": health.reason}


def _roster_desk(config: Config, journal: Journal, scribe: Scribe, board: StateBoard) -> RosterDesk:
    origin = Origin(
        people=journal.people,
        file_people=tuple(Person(one.id, one.name, one.mobile) for one in config.person),
        default=config.duty.default,
        timezone=config.device.timezone,
        service_number=config.modem.service_number.e164,
        taken_accounts=reserved_names(config),
        listen_extension=config.recordings.extension,
    )
    return RosterDesk(journal, scribe.say, board, origin, time.time)


def _follows(guard: Guard) -> Callable[[str], Awaitable[None]]:
    async def follow(by: str) -> None:
        await guard.desk.refresh(by)
        guard.poke()

    return follow


def _desk(config: Config, journal: Journal, scribe: Scribe, roster: RosterDesk) -> Desk:
    return Desk(
        journal,
        scribe.say,
        people=roster.people,
        fallback_people={one.id: Person(one.id, one.name, one.mobile) for one in config.person},
        default=config.duty.default,
        region=config.device.region,
        unix=time.time,
        duty_at=roster.duty_at,
    )


def _outbox(config: Config, modem: ModemService, scribe: Scribe, forwarding_due: Callable[[], bool]) -> SmsOutbox:
    return SmsOutbox(
        config.device.state_dir / sms_store.FILE_NAME,
        modem,
        scribe.say,
        per_hour=config.sms.per_hour,
        delivery_reports=config.sms.delivery_reports,
        keep_trying_s=config.sms.keep_trying_s,
        forwarding_due=forwarding_due,
        before_opening=lambda: tables.make_sms(config.device.state_dir),
    )
