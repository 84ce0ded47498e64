"""The world around one box, and the box: everything started, held together and taken down."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.addresses import SIP_PORT, claim_subnet
from bench.asterisk.agi import AgiServer, Handler
from bench.asterisk.exchange_parts import exchange_network_part, exchange_trunk_part
from bench.asterisk.parts import network_part, node_part, trunk_part
from bench.asterisk.server import AsteriskServer
from bench.broker import MQTT_PORT, Broker
from bench.customer import Customers
from bench.exchange import Directory, Leg, find_leg
from bench.exchange_plan import PEOPLE, box_trunk_keys
from bench.lab.roles import Heard
from bench.mobile.modem import SimulatedModem
from bench.mobile.network import MobileNetwork
from bench.mobile.operator import OperatorPolicy
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import PtyPort
from bench.mobile.routing import RingsSubscriber
from bench.mobile.subscriber import Sim, Subscriber
from bench.mobile.switches import Switches
from bench.observer import Observer
from bench.plan import (
    BOX,
    DEVICE_ID,
    DIDS,
    DNS_PORT,
    LOCAL_DID,
    LOCAL_TRUNK,
    SERVICE_NUMBER,
    TCP_REFERENCE_PORT,
    TECHNICIANS,
    WEB_PASSWORD,
    WEB_PORT,
    Plan,
    render_config,
)
from bench.processes import Process
from bench.profiles import PROFILES, Profile
from bench.programs import find_program
from bench.references import References
from bench.switchboard import Switchboard
from bench.tones import plan_tones
from bench.wire import Wire


@dataclass(frozen=True, slots=True)
class Options:
    """What kind of world. ``watchdog`` overrides single keys of the profile; ``run_dir`` is kept when it is given."""

    profile: str = "quick"
    personality: str = "generic"
    pin: str | None = None
    watchdog: Mapping[str, float | str] = field(default_factory=dict)
    run_dir: Path | None = None
    seed: int = 0
    with_guard: bool = True
    ccfc_s: float | None = None
    exchange: bool = False  # real exchanges on the nodes and the box, instead of nodes that only answer
    local_route: bool = False  # the ladder has the box's own number too
    web: bool = False  # the pages


class World:
    """Use as ``async with World(options) as world``; all parts are up inside the block, all gone after it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.profile: Profile = PROFILES[options.profile]
        self.run_dir = options.run_dir or Path(tempfile.mkdtemp(prefix="hotline-bench-"))
        self._own_run_dir = options.run_dir is None
        self.plan = Plan(claim_subnet())
        self.mobile = self._make_mobile_network()
        self.modem = SimulatedModem(
            self.mobile,
            SERVICE_NUMBER,
            PtyPort(self.run_dir / "dev/modem"),
            PERSONALITIES[options.personality],
            boot_scale=0.2,
        )
        self.switches = Switches(self.modem)
        technicians = {f"technician:{name}": number for name, number in TECHNICIANS.items()}
        self.tones = plan_tones(list(self.plan.nodes), list(self.plan.trunks), list(technicians))
        self.customers = Customers(self.tones, self.run_dir, self._find_leg)
        self._directory = Directory(
            {did: name for name, did in DIDS.items()} | ({LOCAL_DID: LOCAL_TRUNK} if options.exchange else {}),
            self.plan.trunks,
            frozenset((PEOPLE if options.exchange else TECHNICIANS).values()),
        )
        scripts: dict[str, Handler] = {
            "route": self.customers.route,
            "ended": self.customers.ended,
            "hung_up": self.customers.hung_up,
        }
        self.asterisks: dict[str, AsteriskServer] = {}
        self.wires = self._make_wires()
        self.references = References(
            (self.plan.references[0], DNS_PORT), (self.plan.references[1], TCP_REFERENCE_PORT)
        )
        self.broker = Broker(find_program("mosquitto"), self.plan.broker, self.run_dir)
        self.observer = Observer(self.plan.broker, MQTT_PORT, DEVICE_ID)
        self.config_file = self.run_dir / "hotline.toml"
        self.switchboard: Switchboard | None = None
        if options.exchange:
            self.switchboard = Switchboard(self.plan, self.run_dir, self.config_file, self._find_leg, options.seed)
            scripts |= {"connect": self.switchboard.connect, "outgoing": self.switchboard.outgoing.verdict}
            self.wires |= self.switchboard.wires
        self._agi = AgiServer(scripts)
        self.guard = Process(
            "guard",
            [sys.executable, "-m", "appliance", "guard", "--config", str(self.config_file)],
            self.run_dir / "guard.log",
            self.run_dir,
        )
        self.web = Process(
            "web",
            [sys.executable, "-m", "appliance", "web", "--config", str(self.config_file)],
            self.run_dir / "web.log",
            self.run_dir,
        )
        self._observing: asyncio.Task[None] | None = None

    @property
    def pages(self) -> str:
        """Where the pages are; ``admin`` signs in with ``WEB_PASSWORD`` of the plan."""
        return f"https://{self.plan.box}:{WEB_PORT}"

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Start everything at once; the guard last, so that its first probes find a whole world."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        # a new world is a new mobile network: a box that remembered the last one would dispute it
        await asyncio.to_thread(shutil.rmtree, self.run_dir / "state", True)
        await self._agi.start(self.plan.bench)
        self.configure({})
        if self.switchboard:
            await self.switchboard.prepare()
        self._make_asterisks()
        async with asyncio.TaskGroup() as group:
            for asterisk in self._first_asterisks():
                group.create_task(asterisk.start(), name=asterisk.part.name)
            group.create_task(self._start_broker(), name="broker")
            group.create_task(self.references.start(), name="references")
            group.create_task(self.modem.start(), name="modem")
            for wire in self.wires.values():
                group.create_task(wire.start(), name=f"wire {wire.name}")
        # a registration that found no trunk would wait for its next try
        await asyncio.gather(
            *(asterisk.start() for asterisk in self.asterisks.values() if asterisk.process.pid is None)
        )
        if self.options.with_guard:
            await self.guard.start()
        if self.options.web:
            (self.run_dir / "web-password").write_text(WEB_PASSWORD)
            await self.web.start()
        if self.switchboard:
            await self.switchboard.start_exchanges()

    async def close(self) -> None:
        """Take everything down; the logs stay where ``run_dir`` was given."""
        await asyncio.gather(self.guard.stop(), self.web.stop())
        if self.switchboard:
            await self.switchboard.close()
        if self._observing:
            self._observing.cancel()
            await asyncio.gather(self._observing, return_exceptions=True)
        await asyncio.gather(
            *(asterisk.stop() for asterisk in self.asterisks.values()),
            *(wire.close() for wire in self.wires.values()),
            self.broker.process.stop(),
            self.references.close(),
            self.modem.stop(),
        )
        self._agi.close()
        self.plan.subnet.release()
        if self._own_run_dir:
            await asyncio.to_thread(shutil.rmtree, self.run_dir, True)

    def configure(self, watchdog: Mapping[str, float | str]) -> None:
        """Write the box's configuration, with these keys of ``[watchdog]`` changed; a running guard keeps its own."""
        state_dir, changed = self.run_dir / "state", {**self.options.watchdog, **watchdog}
        port, board = self.modem.port.address, self.switchboard
        text = render_config(
            self.plan,
            self.profile,
            port,
            state_dir,
            changed,
            trunk_keys=box_trunk_keys(self.plan, board.password_file) if board else None,
            more=board.sections(BOX) if board else "",
            local_route=self.options.local_route,
        )
        self.config_file.write_text(text)

    async def dial(self, number: str = SERVICE_NUMBER, ring_timeout_s: float = 40.0) -> Heard:
        """A customer dials; what is heard."""
        if self.switchboard:
            return await self.switchboard.dial(number, ring_timeout_s)
        return await self.customers.dial(self.asterisks["network"], number, ring_timeout_s)

    @property
    def uplink(self) -> list[str]:
        """The names of the box's own wires."""
        return [name for name in self.wires if ">" not in name]

    def processes(self) -> list[Process]:
        """Every real process of this world."""
        exchanges = self.switchboard.exchanges.values() if self.switchboard else ()
        asterisks = (asterisk.process for asterisk in self.asterisks.values())
        pages = [self.web] if self.options.web else []
        return [*asterisks, self.broker.process, self.guard, *pages, *exchanges]

    def dead(self) -> list[str]:
        """Names of processes that have ended, asked for or not."""
        return [process.name for process in self.processes() if process.returncode is not None]

    async def settled(self, service: str, route: str, timeout_s: float) -> Mapping[str, Any]:
        """The first state that tells this service and this route, verified. Raises ``TimeoutError``."""

        def wanted(state: Mapping[str, Any]) -> bool:
            told = (state["service"], state["route"]["active"], state["forwarding"]["status"])
            return told == (service, route, "verified")

        return await self.observer.wait_for(wanted, timeout_s)

    async def _start_broker(self) -> None:
        await self.broker.start()
        self._observing = asyncio.create_task(self.observer.run(), name="observer")
        await self.observer.connected()

    def _make_mobile_network(self) -> MobileNetwork:
        ccfc_s = self.profile.ccfc_s if self.options.ccfc_s is None else self.options.ccfc_s
        mobile = MobileNetwork(operator=OperatorPolicy(latency_s=ccfc_s))
        mobile.add(Subscriber(SERVICE_NUMBER, Sim(pin=self.options.pin)))
        return mobile

    def _make_asterisks(self) -> None:
        if self.switchboard:
            self._make_exchange_asterisks(self.switchboard)
            return
        plan, program = self.plan, find_program("asterisk")
        technicians = {f"technician:{name}": number for name, number in TECHNICIANS.items()}
        parts = [network_part(plan.network, plan.trunks, technicians, self.tones, self._agi.url)]
        parts += [
            trunk_part(name, address, plan.network, plan.nodes, plan.bench) for name, address in plan.trunks.items()
        ]
        parts += [
            node_part(name, address, plan.trunks, plan.bench, self.tones) for name, address in plan.nodes.items()
        ]
        self.asterisks = {part.name: AsteriskServer(program, part, self.run_dir) for part in parts}

    def _first_asterisks(self) -> list[AsteriskServer]:
        own = self.switchboard.asterisks if self.switchboard else {}
        return [asterisk for name, asterisk in self.asterisks.items() if name not in own]

    def _make_exchange_asterisks(self, board: Switchboard) -> None:
        plan, program, url = self.plan, find_program("asterisk"), self._agi.url
        parts = [exchange_network_part(plan.network, plan.trunks, self.tones, url, plan.phones)]
        parts += [
            exchange_trunk_part(
                name, address, plan.network, plan.nodes, plan.bench, url, registrar=name == LOCAL_TRUNK
            )
            for name, address in plan.trunks.items()
        ]
        self.asterisks = {part.name: AsteriskServer(program, part, self.run_dir) for part in parts}
        self.asterisks |= board.asterisks

    def _make_wires(self) -> dict[str, Wire]:
        plan = self.plan
        ends = {name: (address, SIP_PORT) for name, address in {**plan.trunks, **plan.nodes}.items()}
        ends |= {
            "reference-1": (plan.references[0], DNS_PORT),
            "reference-2": (plan.references[1], TCP_REFERENCE_PORT),
        }
        return {
            name: Wire(name, (plan.seen_from_box(address), port), (address, port), plan.bench, self.options.seed)
            for name, (address, port) in ends.items()
        }

    def _find_leg(self, called: str) -> Leg:
        if called != SERVICE_NUMBER:
            return self._directory.leg(called)
        destination = self.mobile.destination(called)
        if isinstance(destination, RingsSubscriber):
            call = self.modem.phone.ring("+420600000000")
            asyncio.get_running_loop().call_later(destination.no_reply_s or 30, self.modem.phone.release, call)
        return find_leg(called, destination, self._directory)
