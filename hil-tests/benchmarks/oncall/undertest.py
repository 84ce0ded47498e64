"""The Asterisk under test: configured by ``hotline asterisk render``, with what the rivals need put beside."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.asterisk.manager import Manager, ManagerError
from bench.processes import Process
from bench.programs import Program
from benchmarks.oncall.numbers import answering_phone, phone

TRUNK = "operator"
MANAGER_PORT = 5038
HTTP_PORT = 8088
RINGS_S = 90
RECORDINGS = "recordings"
MODULES = ("app_queue.so", "func_devstate.so", "app_mixmonitor.so", "app_stack.so")


def dial_extension(phones: int) -> str:
    """What is dialled at the Asterisk under test for ``Dial(a&b&…)``."""
    return f"dial-{phones}"


def queue_extension(phones: int) -> str:
    """What is dialled for ``app_queue`` with the strategy ringall."""
    return f"queue-{phones}"


def mix_extension(index: int) -> str:
    """What is dialled for a recorded ``Dial`` of one answering phone."""
    return f"mix-{index}"


def custom_files(counts: Sequence[int], answering: int, recordings: Path, secret: str) -> dict[str, str]:
    """Additions by file name below the configuration's directory."""
    dialplan, queues = "[from-trunk](+)\n", "[general]\n"
    for count in counts:
        legs = [f"PJSIP/{phone(index)}@{TRUNK}" for index in range(1, count + 1)]
        dialplan += f"exten = {dial_extension(count)},1,Dial({'&'.join(legs)},{RINGS_S})\n same = n,Hangup()\n"
        queue = queue_extension(count)
        dialplan += f"exten = {queue},1,Queue({queue},r,,,{RINGS_S})\n same = n,Hangup()\n"
        queues += f"[{queue}]\nstrategy = ringall\ntimeout = {RINGS_S}\nringinuse = yes\njoinempty = yes\n"
        # a number behind a trunk has no state of its own: without the custom one app_queue takes it for invalid
        queues += "".join(f"member => {leg},0,{number},Custom:bench\n" for number, leg in enumerate(legs, 1))
    for index in range(1, answering + 1):
        name = mix_extension(index)
        dialplan += f"exten = {name},1,MixMonitor({recordings}/{name}.wav)\n"
        dialplan += f" same = n,Dial(PJSIP/{answering_phone(index)}@{TRUNK},{RINGS_S})\n same = n,Hangup()\n"
    return {
        "custom/extensions.conf": dialplan,
        "custom/modules.conf": "".join(f"require = {module}\n" for module in MODULES),
        "custom/manager.conf": f"[bench]\nsecret = {secret}\nread = all\nwrite = all\n",
        "queues.conf": queues,
    }


class UnderTest:
    """The running Asterisk under test."""

    def __init__(self, program: Program, address: str, folder: Path) -> None:
        self.address = address
        self.folder = folder
        self.recordings = folder / RECORDINGS
        self.secret = secrets.token_hex(16)
        self._etc = folder / "etc"
        self._manager: Manager | None = None
        argv = [*program.argv, "-f", "-n", "-C", str(self._etc / "asterisk.conf")]
        self.process = Process("under-test", argv, folder.with_suffix(".log"), folder.parent)

    @property
    def manager(self) -> Manager:
        """Its manager connection."""
        assert self._manager is not None, "start() came first"
        return self._manager

    @property
    def pid(self) -> int:
        """Its process id. Raises :class:`bench.processes.ProcessDied`."""
        if self.process.pid is None:
            raise self.process.died()
        return self.process.pid

    async def start(self, config_file: Path, custom: dict[str, str], timeout_s: float = 120.0) -> None:
        """Render, add, start; return once it takes calls."""
        await asyncio.to_thread(self._make, custom)
        await _render(config_file, self._etc)
        await self.process.start()
        async with asyncio.timeout(timeout_s):
            while self._manager is None:
                try:
                    self._manager = await Manager.connect(self.address, MANAGER_PORT, "bench", self.secret)
                except (OSError, ManagerError):
                    await asyncio.sleep(0.05)
                _ = self.pid  # a dead one never answers
            await self._manager.command("core waitfullybooted")

    async def stop(self) -> None:
        """End it."""
        if self._manager:
            self._manager.close()
        await self.process.kill()

    def _make(self, custom: dict[str, str]) -> None:
        for name in ("lib", "run", "spool/recording", "log", "recordings", "etc/custom"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name, text in custom.items():
            (self._etc / name).write_text(text)


async def _render(config_file: Path, directory: Path) -> None:
    render = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "appliance", "asterisk", "render"),
        *("--config", str(config_file), "--out", str(directory)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await render.communicate()
    if render.returncode:
        raise RuntimeError(f"hotline asterisk render ended with {render.returncode}: {said.decode()}")
