"""A box for the command line: a configuration, a broker, a journal, and a way to run ``hotline``."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.cli.main import main
from bench.addresses import free_port
from tests.cli.broker import mosquitto
from tests.cli.peer import ScriptedGuard, scripted_guard

CONFIG = """\
[device]
id = "{device}"
region = "CZ"
timezone = "Europe/Prague"
state_dir = "{state_dir}"
[modem]
port = "socket://127.0.0.1:1"
service_number = "+420777000100"
[[trunk]]
name = "trunk-a"
sip = "sip:127.0.0.1:5060"
[[trunk]]
name = "trunk-b"
sip = "sip:127.0.0.1:5061"
[[node]]
name = "node-1"
sip = "sip:127.0.0.1:5062"
[[node]]
name = "node-2"
sip = "sip:127.0.0.1:5063"
[[route]]
name = "primary"
number = "+420226000100"
needs = {{ trunk = "trunk-a", nodes = 1 }}
[[route]]
name = "secondary"
number = "+420910000200"
needs = {{ trunk = "trunk-b", nodes = 1 }}
[watchdog]
references = ["udp://127.0.0.1:53", "tcp://127.0.0.2:443"]
[duty]
default = "tech-1"
[[person]]
id = "tech-1"
name = "Technician 1"
mobile = "+420777000111"
[[mqtt]]
host = "127.0.0.1"
port = {port}
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Hotline = Callable[..., Awaitable[Ran]]


@dataclass(frozen=True, slots=True)
class Box:
    """One configured box."""

    config: Path
    state_dir: Path
    device: str
    port: int


@pytest.fixture(scope="session")
def broker_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A broker for the whole session; every test has a device of its own."""
    port = free_port()
    with mosquitto(tmp_path_factory.mktemp("broker"), port):
        yield port


def make_box(folder: Path, port: int) -> Box:
    """Write a configuration whose broker is at ``port``."""
    state_dir = folder / "state"
    state_dir.mkdir()
    device = f"box-{abs(hash(str(folder))) % 10**9}"
    config = folder / "hotline.toml"
    config.write_text(CONFIG.format(device=device, state_dir=state_dir, port=port))
    return Box(config, state_dir, device, port)


@pytest.fixture
def box(tmp_path: Path, broker_port: int) -> Box:
    """A box with a broker."""
    return make_box(tmp_path, broker_port)


@pytest.fixture
def lonely_box(tmp_path: Path) -> Box:
    """A box whose broker is not there."""
    return make_box(tmp_path, free_port())


@pytest.fixture
async def guard(box: Box) -> AsyncIterator[ScriptedGuard]:
    """The guard's side of the box's broker."""
    async with scripted_guard(box.port, box.device) as running:
        yield running


@pytest.fixture
def hotline() -> Hotline:
    """Run ``hotline`` in a thread of its own, beside the test's event loop."""

    async def run(*argv: str | Path) -> Ran:
        out, err = io.StringIO(), io.StringIO()

        def call() -> int:
            try:
                return main([str(word) for word in argv])
            except SystemExit as error:  # argparse
                return int(error.code or 0)

        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = await asyncio.to_thread(call)
        return Ran(code, out.getvalue(), err.getvalue())

    return run
