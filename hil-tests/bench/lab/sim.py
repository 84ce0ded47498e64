"""The simulated bench as a labgrid resource, and the driver that runs it.

The world runs in a process of its own (``python -m bench serve``): the test suite's event loops come and go with each
test, the world stays. Everybody else asks it over its control socket.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attr
from labgrid import target_factory
from labgrid.driver.common import Driver
from labgrid.resource.common import Resource

from bench.profiles import PROFILES
from bench.remote import ask


@target_factory.reg_resource
@attr.s(eq=False)
class SimulatedBench(Resource):  # type: ignore[misc]
    """What kind of world: its times (``profile``), its modem (``personality``), its luck (``seed``).

    With ``exchange`` real exchanges stand on the nodes and the box, with ``local_route`` the box's is in the ladder.
    """

    profile: str = attr.ib(default="quick", validator=attr.validators.in_(PROFILES))
    personality: str = attr.ib(default="generic", validator=attr.validators.instance_of(str))
    seed: int = attr.ib(default=0, validator=attr.validators.instance_of(int))
    exchange: bool = attr.ib(default=False, validator=attr.validators.instance_of(bool))
    local_route: bool = attr.ib(default=False, validator=attr.validators.instance_of(bool))


@target_factory.reg_driver
@attr.s(eq=False)
class SimulatedWorld(Driver):  # type: ignore[misc]
    """Runs the world while it is active."""

    bindings: ClassVar[dict[str, type]] = {"bench": SimulatedBench}

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.directory = Path()
        self._process: subprocess.Popen[str] | None = None

    def on_activate(self) -> None:
        """Start it and wait until it stands. Raises ``RuntimeError`` with its last words."""
        self.directory = Path(tempfile.mkdtemp(prefix="hotline-bench-"))
        command = ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "bench"]
        command += ["--run-dir", str(self.directory), "serve", "--profile", self.bench.profile]
        command += ["--personality", self.bench.personality, "--seed", str(self.bench.seed)]
        command += ["--exchange"] if self.bench.exchange else []
        command += ["--local-route"] if self.bench.local_route else []
        self._process = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline().startswith("ready"):
            self._process.wait()
            raise RuntimeError(f"the simulated world did not start (exit code {self._process.returncode})")

    def on_deactivate(self) -> None:
        """End it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    async def ask(self, name: str, **arguments: Any) -> Any:
        """Ask the world for one thing."""
        return await ask(self.directory, name, **arguments)

    def log_tails(self, lines: int = 60) -> Mapping[str, str]:
        """The ends of the logs, for a report of a failure."""
        return {
            path.stem: "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
            for path in sorted(self.directory.glob("*.log"))
        }
