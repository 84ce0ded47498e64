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
from bench.asterisk.agi import AgiServer
from bench.asterisk.parts import network_part, node_part, trunk_part
from bench.asterisk.server import AsteriskServer
from bench.broker import MQTT_PORT, Broker
from bench.customer import Customers
from bench.exchange import Directory, Leg, find_leg
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
from bench.plan import DEVICE_ID, DIDS, DNS_PORT, SERVICE_NUMBER, TCP_REFERENCE_PORT, TECHNICIANS, Plan, render_config
from bench.processes import Process
from bench.profiles import PROFILES, Profile
from bench.programs import find_program
from bench.references import References
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
            {did: name for name, did in DIDS.items()}, self.plan.trunks, frozenset(TECHNICIANS.values())
        )
        self._agi = AgiServer(
            {"route": self.customers.route, "ended": self.customers.ended, "hung_up": self.customers.hung_up}
        )
        self.asterisks: dict[str, AsteriskServer] = {}
        self.wires = self._make_wires()
        self.references = References(
            (self.plan.references[0], DNS_PORT), (self.plan.references[1], TCP_REFERENCE_PORT)
        )
        self.broker = Broker(find_program("mosquitto"), self.plan.broker, self.run_dir)
        self.observer = Observer(self.plan.broker, MQTT_PORT, DEVICE_ID)
        self.config_file = self.run_dir / "hotline.toml"
        self.guard = Process(
            "guard",
            [sys.executable, "-m", "appliance", "guard", "--config", str(self.config_file)],
            self.run_dir / "guard.log",
            self.run_dir,
        )
        self._observing: asyncio.Task[None] | None = None

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
        self._make_asterisks()
        async with asyncio.TaskGroup() as group:
            for asterisk in self.asterisks.values():
                group.create_task(asterisk.start(), name=asterisk.part.name)
            group.create_task(self._start_broker(), name="broker")
            group.create_task(self.references.start(), name="references")
            group.create_task(self.modem.start(), name="modem")
            for wire in self.wires.values():
                group.create_task(wire.start(), name=f"wire {wire.name}")
        self.configure({})
        if self.options.with_guard:
            await self.guard.start()

    async def close(self) -> None:
        """Take everything down; the logs stay where ``run_dir`` was given."""
        await self.guard.stop()
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
        self.config_file.write_text(
            render_config(self.plan, self.profile, self.modem.port.address, state_dir, changed)
        )

    async def dial(self, number: str = SERVICE_NUMBER, ring_timeout_s: float = 40.0) -> Heard:
        """A customer dials; what is heard."""
        return await self.customers.dial(self.asterisks["network"], number, ring_timeout_s)

    def processes(self) -> list[Process]:
        """Every real process of this world."""
        return [*(asterisk.process for asterisk in self.asterisks.values()), self.broker.process, self.guard]

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
