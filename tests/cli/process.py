"""``hotline`` as a process of its own, for commands that run until a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class Running:
    """A running command; ``until`` reads its output up to a text."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.seen = ""

    async def until(self, text: str) -> str:
        """Everything printed up to and with the line that holds ``text``, since the last call."""
        assert self.process.stdout is not None
        begun = len(self.seen)
        while text not in self.seen[begun:]:
            line = await asyncio.wait_for(self.process.stdout.readline(), 60)
            assert line, f"it ended without {text!r}, after:\n{self.seen}"
            self.seen += line.decode()
        return self.seen[begun:]

    async def stop(self, number: signal.Signals) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 60)


@asynccontextmanager
async def running(*argv: str | Path) -> AsyncIterator[Running]:
    """Run ``python -m appliance ...``; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "appliance",
        *map(str, argv),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        umask=0o022,
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()  # to the end of its output, or the pipe is left for the garbage collector
