"""The amd64 image booted in QEMU, with a modem on its serial port and real Asterisks for trunks: `make image-test`.

One boot serves many looks, because a boot without KVM takes minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

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
from tests.image.machine import Machine
from tests.image.relay import UdpRelay

pytestmark = [
    pytest.mark.skipif("HOTLINE_IMAGE_TEST" not in os.environ, reason="make image-test boots the image for it"),
    pytest.mark.timeout(7200),
]
SERVICES = ("hotline-guard", "hotline-exchange", "hotline-web", "asterisk", "mosquitto")
ON_DATA = (
    "/var/log",
    "/var/spool/asterisk",
    "/var/lib/hotline-prompts",
    "/var/lib/hotline/exchange/recordings",
    "/var/lib/hotline/exchange/voicemail",
)
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

    def forwarded_to(self) -> str | None:
        """Where the network leads the service number."""
        return self.network.target(SERVICE_NUMBER, Reason.CFU)

    async def leads_to(self, number: str, within_s: float = BACK_S) -> float:
        began = time.monotonic()
        while self.forwarded_to() != number:
            assert time.monotonic() - began < within_s, f"{self.forwarded_to()} and not {number}\n{self.box.tail()}"
            await asyncio.sleep(0.5)
        return time.monotonic() - began

    async def status(self) -> dict[str, Any]:
        """What MQTT says, by the command line in the box."""
        found: dict[str, Any] = json.loads(await self.box.do("hotline --timeout 60 status --json"))
        return found


@asynccontextmanager
async def bench(folder: Path, image: Path) -> AsyncIterator[Bench]:
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
        box = Machine(image, folder, (host, int(modem_port)), files := {})
        files["custom.toml"] = f'[ssh]\nenabled = true\nauthorized_keys = ["{box.make_key()}"]\n'
        asked = [one.sockets[0].getsockname()[1] for one in references]
        files["hotline.toml"] = configuration(plan, {name: one.port for name, one in relays.items()}, asked)
        await stack.enter_async_context(box)
        yield Bench(box, network, {name: servers[name] for name in plan.trunks})


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
    found = sorted((OUTPUT / architecture).glob("*.img"), key=lambda one: one.stat().st_mtime)
    assert found, f"make image ARCH={architecture} comes before"
    return found[-1]


def note(folder: Path, what: str, seconds: float) -> None:
    """Figures of an emulated machine, for docs/figures.md with that said."""
    with (folder / "figures.txt").open("a") as file:
        file.write(f"{what}: {seconds:.0f} s\n")
    print(f"{what}: {seconds:.0f} s")


async def test_the_image(tmp_path: Path) -> None:
    async with bench(tmp_path, the_image()) as all_of_it:
        began = time.monotonic()
        box = all_of_it.box
        note(tmp_path, "ssh answers after", await box.until("true"))
        for service in SERVICES:
            await box.until(f"systemctl is-active {service}")
        note(tmp_path, "all services up after", time.monotonic() - began)
        await promises(box)
        await a_trunk_dies(all_of_it)
        for service in SERVICES:
            note(tmp_path, f"{service} killed, back after", await killed(box, service))
        note(tmp_path, "guard frozen, back after", await frozen(box))
        await restarted(all_of_it)
        note(tmp_path, "kernel dead, i6300esb, back after", await kernel_dead(box))


async def promises(box: Machine) -> None:
    """What the image says of itself, seen from inside."""
    assert (await box.do("hostname")).strip() == "image-test"
    assert await box.do("find / -xdev -perm /6000 -type f") == ""
    for place in ("/usr/x", "/etc/x", "/opt/hotline/x", "/boot/hotline/x"):
        assert "rc=1" in await box.do(f"touch {place} 2>/dev/null; echo rc=$?", check=False)
    for file_system in ("/state", "/data", "/var", "/tmp"):
        assert "noexec" in await box.do(f"findmnt -no OPTIONS {file_system}")
    await box.until("test $(findmnt -bno SIZE /data) -gt 1000000000")  # grown to the card
    await lasting_places(box)
    listening = await box.do("ss -Hlntu | awk '{print $1, $5}' | grep -vE '127\\.|\\[::1\\]|%lo:'")
    print(listening)
    assert "1883" not in listening
    rules = await box.do("nft list ruleset")
    assert rules.count("policy drop") == 2
    failed = await box.do("systemctl --failed --no-legend --plain")
    assert failed == ""


async def lasting_places(box: Machine) -> None:
    """What fills with time is on the partition that grows, and there is room for it."""
    for place in ON_DATA:
        assert "same" in await box.do(f"test $(stat -c %d {place}) = $(stat -c %d /data) && echo same"), place
    assert "getting full" not in await box.do("journalctl -b -u hotline-exchange -o cat --no-pager")


async def a_trunk_dies(all_of_it: Bench) -> None:
    """Forwarding changes in the network, and MQTT says so."""
    await all_of_it.leads_to(DIDS["trunk-a"])
    await all_of_it.trunks["trunk-a"].kill()
    await all_of_it.leads_to(DIDS["trunk-b"])
    await all_of_it.box.until('hotline --timeout 60 status --json | grep -q \'"active": *"secondary"\'')
    state = await all_of_it.status()
    assert state["trunks"]["trunk-a"]["health"] == "down"
    await all_of_it.trunks["trunk-a"].start()
    await all_of_it.leads_to(DIDS["trunk-a"])


async def killed(box: Machine, service: str) -> float:
    first = (await box.do(f"systemctl show -p MainPID --value {service}")).strip()
    await box.do(f"systemctl kill --signal=KILL --kill-whom=main {service}")
    return await box.until(
        f'test "$(systemctl show -p MainPID --value {service})" -gt 0 -a '
        f'"$(systemctl show -p MainPID --value {service})" -ne {first} && systemctl is-active {service}',
        BACK_S,
    )


async def frozen(box: Machine) -> float:
    first = (await box.do("systemctl show -p MainPID --value hotline-guard")).strip()
    await box.do("systemctl kill --signal=STOP --kill-whom=main hotline-guard")
    took = await box.until(
        f'test "$(systemctl show -p MainPID --value hotline-guard)" -gt 0 -a '
        f'"$(systemctl show -p MainPID --value hotline-guard)" -ne {first} && systemctl is-active hotline-guard',
        BACK_S,
    )
    assert "atchdog" in await box.do("journalctl -b -u hotline-guard -o cat | grep -i watchdog")
    return took


async def restarted(all_of_it: Bench) -> None:
    """Everything that must last, lasts."""
    box = all_of_it.box
    before = await box.do("cat /etc/machine-id /etc/ssh/keys/ssh_host_ed25519_key.pub")
    boot = (await box.do("cat /proc/sys/kernel/random/boot_id")).strip()
    await box.do("systemctl reboot", check=False)
    await box.until(f"! grep -qx {boot} /proc/sys/kernel/random/boot_id")
    assert await box.do("cat /etc/machine-id /etc/ssh/keys/ssh_host_ed25519_key.pub") == before
    for service in SERVICES:
        await box.until(f"systemctl is-active {service}")
    await box.until("journalctl --list-boots --no-pager | grep -q '^ *-1'")
    await all_of_it.leads_to(DIDS["trunk-a"])


async def kernel_dead(box: Machine) -> float:
    """A kernel that stands still after a panic is restarted by the watchdog's hardware."""
    boot = (await box.do("cat /proc/sys/kernel/random/boot_id")).strip()
    await box.do(
        "sysctl -qw kernel.panic=0 kernel.sysrq=1; sync; (sleep 1; echo c > /proc/sysrq-trigger) &", check=False
    )
    took = await box.until(f"! grep -qx {boot} /proc/sys/kernel/random/boot_id")
    await box.until("systemctl is-active hotline-guard")
    return took
