"""A real guard process, a real broker, a simulated modem, and nobody else: the ladder ends at the technician."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.addresses import claim_subnet
from bench.broker import MQTT_PORT, Broker
from bench.mobile.forwarding import Reason
from bench.mobile.network import MobileNetwork
from bench.mobile.subscriber import Sim, Subscriber
from bench.observer import Observer
from bench.processes import Process
from bench.programs import find_program

OWN, TECH_1, TECH_2 = "+420777000100", "+420777000111", "+420777000222"


@dataclass
class Rig:
    """The guard, its broker and its network."""

    guard: Process
    observer: Observer
    network: MobileNetwork
    state_dir: Path

    def target(self, reason: Reason = Reason.CFU) -> str | None:
        """Where the network diverts calls."""
        return self.network.target(OWN, reason)

    async def until_target(self, number: str, timeout_s: float = 120.0) -> None:
        """Wait until CFU leads to ``number``."""
        async with asyncio.timeout(timeout_s):
            while self.target() != number:
                if self.guard.pid is None:
                    raise self.guard.died()
                await asyncio.sleep(0.02)

    async def until(self, wanted: Any, timeout_s: float = 120.0) -> Mapping[str, Any]:
        """Wait for a state."""
        return await self.observer.wait_for(wanted, timeout_s)

    async def until_event(self, type_: str, timeout_s: float = 120.0) -> Mapping[str, Any]:
        """Wait for an event, or take the first one that came."""
        async with asyncio.timeout(timeout_s):
            while True:
                seen = self.observer.changes
                for event in self.observer.events:
                    if event["type"] == type_:
                        return event
                await self.observer.change_after(seen, timeout_s)

    async def command(self, name: str, args: Mapping[str, Any] | None = None, id_: str = "") -> Mapping[str, Any]:
        """Give a command."""
        payload = {"schema": 1, "id": id_ or str(uuid.uuid4()), "name": name, "args": dict(args or {})}
        answer = await self.observer.command(json.dumps(payload).encode(), 30.0)
        assert answer is not None, f"no response to {name}"
        return answer


def subscriber(pin: str | None = None) -> tuple[MobileNetwork, Sim]:
    """A network that knows the service number."""
    network = MobileNetwork()
    network.operator.latency_s = 0.02
    sim = Sim(pin=pin)
    network.add(Subscriber(OWN, sim))
    return network, sim


def config_text(modem_port: str, state_dir: Path, broker: str, *, modem_extra: str = "") -> str:
    """A ``hotline.toml`` without trunks: every call goes to the person on duty."""
    return f"""
[device]
id = "rig-01"
region = "CZ"
timezone = "Europe/Prague"
state_dir = "{state_dir}"
[modem]
port = "{modem_port}"
service_number = "{OWN}"
usb_rebind = false
{modem_extra}
[duty]
default = "tech-1"
[[person]]
id = "tech-1"
name = "Technician 1"
mobile = "{TECH_1}"
[[person]]
id = "tech-2"
name = "Technician 2"
mobile = "{TECH_2}"
[[mqtt]]
name = "local"
host = "{broker}"
port = {MQTT_PORT}
"""


@asynccontextmanager
async def rig(
    tmp_path: Path,
    network: MobileNetwork,
    modem_port: str,
    *,
    modem_extra: str = "",
    state_dir: Path | None = None,
) -> AsyncIterator[Rig]:
    """Start broker and guard; both are gone afterwards."""
    state_dir = state_dir or tmp_path / "state"
    subnet = claim_subnet()
    broker = Broker(find_program("mosquitto"), subnet.host(1), tmp_path)
    await broker.start()
    observer = Observer(subnet.host(1), MQTT_PORT, "rig-01")
    observing = asyncio.create_task(observer.run())
    await observer.connected()
    config = tmp_path / "hotline.toml"
    config.write_text(config_text(modem_port, state_dir, subnet.host(1), modem_extra=modem_extra))
    argv = [sys.executable, "-m", "appliance", "guard", "--config", str(config)]
    guard = Process("guard", argv, tmp_path / "guard.log", tmp_path)
    await guard.start()
    try:
        yield Rig(guard, observer, network, state_dir)
    finally:
        await guard.stop()
        observing.cancel()
        await asyncio.gather(observing, return_exceptions=True)
        await broker.process.stop()
        subnet.release()
