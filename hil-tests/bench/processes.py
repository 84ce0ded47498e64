"""Real processes: started, stood still, killed and never left behind.

Each is a session of its own, so that a Ctrl-C on the terminal reaches only the bench, which then ends its processes
in order. ``setpriv --pdeathsig`` makes the kernel kill them if the bench itself is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class ProcessDied(RuntimeError):  # noqa: N818 - reads as what it tells
    """A process ended though nobody asked it to; the message carries the end of its log."""


@dataclass(slots=True)
class Process:
    """One process of the bench. Its output goes to ``log``, which is kept over restarts."""

    name: str
    argv: Sequence[str]
    log: Path
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    _running: asyncio.subprocess.Process | None = None
    _frozen: bool = False

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._running.pid if self._running and self._running.returncode is None else None

    @property
    def frozen(self) -> bool:
        """Whether it stands still (SIGSTOP)."""
        return self._frozen

    @property
    def returncode(self) -> int | None:
        """How it ended, ``None`` while it runs or before its first start."""
        return self._running.returncode if self._running else None

    async def start(self) -> None:
        """Start it; a running one is left alone."""
        if self.pid is not None:
            return
        self._frozen = False
        with self.log.open("ab") as log:
            self._running = await asyncio.create_subprocess_exec(
                "setpriv",
                "--pdeathsig",
                "KILL",
                "--",
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.cwd,
                env={**os.environ, **self.env},
                start_new_session=True,
            )

    def freeze(self) -> None:
        """Stand it still: it keeps its sockets and answers nothing."""
        self._signal(signal.SIGSTOP)
        self._frozen = True

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)
        self._frozen = False

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        await self.wait()

    async def stop(self, grace_s: float = 3.0) -> None:
        """Ask it to leave (SIGTERM), then make it."""
        if self._frozen:
            self.thaw()
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.wait(), grace_s)
        except TimeoutError:
            await self.kill()

    async def wait(self) -> int | None:
        """How it ended, once it has."""
        return await self._running.wait() if self._running else None

    def log_tail(self, lines: int = 30) -> str:
        """The end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def died(self) -> ProcessDied:
        """The error for an end nobody asked for."""
        return ProcessDied(f"{self.name} ended with {self.returncode}; its last words:\n{self.log_tail()}")

    def _signal(self, number: signal.Signals) -> None:
        if self._running and self._running.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._running.send_signal(number)
