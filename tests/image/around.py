"""What is around the box in QEMU: a modem with a mobile network, real Asterisks as trunks and nodes, references."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.addresses import SIP_PORT, claim_subnet
from bench.asterisk.server import AsteriskServer, Part, Peer
from bench.mobile.forwarding import Reason
from bench.mobile.modem import SimulatedModem
from bench.mobile.network import MobileNetwork
from bench.mobile.operator import OperatorPolicy
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import TcpPort
from bench.mobile.subscriber import Sim, Subscriber
from bench.plan import DIDS, SERVICE_NUMBER, TECHNICIANS, Plan
from bench.programs import find_program
from recipe.places import OUTPUT
from tests.image.boards import PC, Board
from tests.image.machine import Machine
from tests.image.relay import UdpRelay

SERVICES = ("hotline-guard", "hotline-exchange", "hotline-web", "asterisk", "mosquitto")
TECHNICIAN = TECHNICIANS["tech-1"]
BACK_S = 600.0  # emulated and beside other work; a bound, no measurement
CONFIG = """[device]
id = "image-test"
region = "CZ"

[modem]
port = "/dev/ttyUSB0"
service_number = "{service}"

{targets}
[watchdog]
failback_hold = 5.0
timeout = 5.0
inter = 5.0
downinter = 10.0
references = ["tcp://10.0.2.2:{references[0]}", "tcp://10.0.2.2:{references[1]}"]

[duty]
default = "tech-1"

[[person]]
id = "tech-1"
name = "Technician"
mobile = "{technician}"

[provisioning]
hostname = "image-test"
"""


@dataclass
class Bench:
    """The box and what is around it."""

    box: Machine
    network: MobileNetwork
    trunks: dict[str, AsteriskServer]
    hotline_toml: str
    custom_toml: str

    async def leads_to(self, number: str, reason: Reason = Reason.CFU) -> float:
        """Wait until the network leads the service number there; how long it took."""
        began = time.monotonic()
        while (now := self.network.target(SERVICE_NUMBER, reason)) != number:
            assert time.monotonic() - began < BACK_S, f"{now} and not {number}\n{self.box.tail()}"
            await asyncio.sleep(0.5)
        return time.monotonic() - began

    async def status(self) -> dict[str, Any]:
        """What MQTT says, by the command line in the box."""
        # emulated beside other work, Python alone has taken two minutes to start
        found: dict[str, Any] = json.loads(await self.box.do("hotline --timeout 60 status --json", within_s=BACK_S))
        return found


@asynccontextmanager
async def bench(
    folder: Path,
    *,
    stick: bool = True,
    shown: Iterable[int] = (),
    cards: Iterable[str] = (),
    off: Iterable[str] = (),
    told: str = "",
    board: Board = PC,
) -> AsyncIterator[Bench]:
    """The newest image for the ``board``, booting. Without the ``stick`` it has no set-up; ``shown``, ``cards`` and
    ``off`` as the machine has; ``told`` are more lines of ``[provisioning]``."""
    plan = Plan(claim_subnet())
    network = MobileNetwork(operator=OperatorPolicy(latency_s=0.5))
    network.add(Subscriber(SERVICE_NUMBER, Sim(pin=None)))
    port = TcpPort(0)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(plan.subnet.release)
        await stack.enter_async_context(SimulatedModem(network, SERVICE_NUMBER, port, PERSONALITIES["huawei"]))
        places = {**plan.trunks, **plan.nodes}
        program = find_program("asterisk")
        servers, relays = {}, {}
        for name, address in places.items():
            peers = [Peer("box", plan.bench, "default")]
            servers[name] = AsteriskServer(program, Part(name, address, peers, "[default]\n"), folder)
            await servers[name].start()
            stack.push_async_callback(servers[name].stop)
            relays[name] = await stack.enter_async_context(UdpRelay(plan.bench, (address, SIP_PORT)))
        references = [await stack.enter_async_context(await a_reference()) for _ in range(2)]
        host, modem_port = port.address.removeprefix("socket://").split(":")
        at = (host, int(modem_port))
        box = Machine(the_image(board.architecture), folder, at, files := {}, shown, cards, off, board)
        asked = [one.sockets[0].getsockname()[1] for one in references]
        hotline_toml = configuration(plan, {name: one.port for name, one in relays.items()}, asked) + told
        custom_toml = f'[ssh]\nenabled = true\nauthorized_keys = ["{box.make_key()}"]\n'
        if stick:
            files |= {"hotline.toml": hotline_toml, "custom.toml": custom_toml}
        await stack.enter_async_context(box)
        yield Bench(box, network, {name: servers[name] for name in plan.trunks}, hotline_toml, custom_toml)


async def a_reference() -> asyncio.Server:
    """What stands outside the cluster and shows that the box has a network: it accepts, and hangs up."""
    return await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)


def configuration(plan: Plan, ports: dict[str, int], references: list[int]) -> str:
    targets = [
        f'[[{kind}]]\nname = "{name}"\nsip = "sip:10.0.2.2:{ports[name]}"\n'
        for kind, names in (("trunk", plan.trunks), ("node", plan.nodes))
        for name in names
    ]
    targets += [
        f'[[route]]\nname = "{route}"\nnumber = "{DIDS[trunk]}"\nneeds = {{ trunk = "{trunk}", nodes = 1 }}\n'
        for route, trunk in (("primary", "trunk-a"), ("secondary", "trunk-b"))
    ]
    return CONFIG.format(
        service=SERVICE_NUMBER, technician=TECHNICIAN, targets="\n".join(targets), references=references
    )


def the_image(architecture: str = "amd64") -> Path:
    """The newest one that was made."""
    found = sorted((OUTPUT / architecture).glob("*.img"), key=lambda one: one.stat().st_mtime)
    assert found, f"make image ARCH={architecture} comes before"
    return found[-1]


def note(folder: Path, what: str, seconds: float) -> None:
    """Figures of an emulated machine, for docs/figures.md with that said."""
    with (folder / "figures.txt").open("a") as file:
        file.write(f"{what}: {seconds:.0f} s\n")
    print(f"{what}: {seconds:.0f} s")
