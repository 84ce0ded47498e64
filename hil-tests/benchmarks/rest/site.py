"""The site around one real guard process: broker, modem, and everything it probes, each its own process."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt

from bench.programs import find_program
from benchmarks.rest.counting import CountingProxy

DEVICE_ID = "figures"
SITE_READY_WITHIN_S = 20.0
CCFC_S = 3.0

CONFIG = """
[device]
id = "{device}"
region = "CZ"
timezone = "Europe/Prague"
state_dir = "{state_dir}"
[modem]
port = "{modem}"
service_number = "+420777000100"
usb_rebind = false
[[trunk]]
name = "trunk-a"
sip = "sip:127.0.0.1:{ports[0]}"
[[trunk]]
name = "trunk-b"
sip = "sip:127.0.0.1:{ports[1]}"
[[node]]
name = "node-1"
sip = "sip:127.0.0.1:{ports[2]}"
[[node]]
name = "node-2"
sip = "sip:127.0.0.1:{ports[3]}"
[[route]]
name = "primary"
number = "+420226000100"
needs = {{ trunk = "trunk-a", nodes = 1 }}
[[route]]
name = "secondary"
number = "+420910000200"
needs = {{ trunk = "trunk-b", nodes = 1 }}
[watchdog]
inter = 2.0
references = ["udp://127.0.0.1:{ports[4]}", "tcp://127.0.0.1:{ports[5]}"]
[duty]
default = "tech-1"
[[person]]
id = "tech-1"
name = "Technician 1"
mobile = "+420777000111"
[[mqtt]]
port = {mqtt}
"""


@dataclass(slots=True)
class Site:
    """Everything but the guard. ``asked`` gets the time of each question after half a second of silence (monotonic
    seconds)."""

    folder: Path
    config_file: Path
    broker_port: int
    proxy: CountingProxy
    asked: asyncio.Queue[float] = field(default_factory=asyncio.Queue)

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[tuple[asyncio.subprocess.Process, float]]:
        """A guard process, and when its start was asked for; stopped at the end."""
        with (self.folder / "guard.log").open("ab") as log:
            began = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "appliance", "guard", "--config", str(self.config_file)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=Path(__file__).parents[3],
                env=self._environment(),
            )
        try:
            yield process, began
        finally:
            await _stop(process)

    def _environment(self) -> dict[str, str]:
        """As the unit sets it, and with compiled files, as an installed package has them: a site's first guard makes
        them, the others read."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONNODEBUGRANGES": "1", "PYTHONPYCACHEPREFIX": str(self.folder / "compiled")}

    def log_tail(self) -> str:
        """The guard's last words."""
        return "\n".join((self.folder / "guard.log").read_text(errors="replace").splitlines()[-20:])

    async def verified(self, timeout_s: float) -> None:
        """Return once the guard says that its forwarding is verified. Raises ``TimeoutError``."""
        async with (
            asyncio.timeout(timeout_s),
            aiomqtt.Client("127.0.0.1", self.broker_port, protocol=aiomqtt.ProtocolVersion.V5) as client,
        ):
            await client.subscribe(f"hotline/{DEVICE_ID}/state")
            async for message in client.messages:
                payload = message.payload
                state: Mapping[str, Mapping[str, object]] = json.loads(payload) if isinstance(payload, bytes) else {}
                if state and state["forwarding"]["status"] == "verified" and state["route"]["active"] == "primary":
                    return


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """A site that is up; all its processes end with the block."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-figures-")))
        broker_port = _free_port()
        await _broker(stack, folder, broker_port)
        proxy = await stack.enter_async_context(CountingProxy("127.0.0.1", broker_port))
        modem_port = folder / "modem"
        modem = ("bench.mobile", "--pty", str(modem_port), "--latency", str(CCFC_S))
        await _first_line(await _module(stack, *modem))
        responder = await _module(stack, "benchmarks.responder", "5", "1")
        ports = [int(word) for word in (await _first_line(responder)).split()[1:]]
        config_file = folder / "hotline.toml"
        config_file.write_text(
            CONFIG.format(
                device=DEVICE_ID, state_dir=folder / "state", modem=modem_port, ports=ports, mqtt=proxy.port
            )
        )
        made = Site(folder, config_file, broker_port, proxy)
        listening = asyncio.create_task(_note_questions(responder, made), name="first questions")
        stack.callback(listening.cancel)
        yield made


async def _note_questions(responder: asyncio.subprocess.Process, made: Site) -> None:
    assert responder.stdout is not None, "it was started with a pipe"
    while line := await responder.stdout.readline():
        made.asked.put_nowait(float(line.split()[1]))


async def _module(stack: AsyncExitStack, name: str, *arguments: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", name, *arguments), stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    stack.push_async_callback(_stop, process)
    return process


async def _first_line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None, "it was started with a pipe"
    async with asyncio.timeout(SITE_READY_WITHIN_S):
        line = await process.stdout.readline()
    if not line:
        raise RuntimeError("a process of the site ended at its start; its error stands above")
    return line.decode()


async def _broker(stack: AsyncExitStack, folder: Path, port: int) -> None:
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nlog_type error\n")
    process = await asyncio.create_subprocess_exec(*find_program("mosquitto").argv, "-c", str(config))
    stack.push_async_callback(_stop, process)
    async with asyncio.timeout(SITE_READY_WITHIN_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5.0)
        except TimeoutError:
            process.kill()
            await process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
