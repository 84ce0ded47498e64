"""Other people's programs as filters: bytes in, bytes out, bounded in time and size.

They run behind the calls: an exchange stands before other programs (``Nice=`` of its unit), its children would stand
there too, and a hundred who wait may have as many sentences spoken.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from typing import IO

from appliance.domain.phrase import number, phrase
from appliance.threads import in_daemon_thread

WHY_BYTES = 300


NICENESS = 10  # of setpriority(2)


class ProgramError(Exception):
    """The program is not there, failed, took too long or said too much; the message says which."""


async def run(argv: Sequence[str], data: bytes, *, timeout_s: float, most_bytes: int) -> bytes:
    """What the program ``argv`` makes of ``data``. It is killed when time, size or our patience is over. Raises
    :class:`ProgramError`."""
    filter_ = _Filter(argv, timeout_s, most_bytes)
    try:
        return await in_daemon_thread(lambda: filter_.run(data), filter_.name)
    except asyncio.CancelledError:
        filter_.kill()
        raise


def missing(*names: str) -> tuple[str, ...]:
    """Which of the programs are not installed."""
    return tuple(name for name in names if shutil.which(name) is None)


class _Filter:
    """One run, in a thread: asyncio's own pipes to a program that is killed in the middle do not always end."""

    def __init__(self, argv: Sequence[str], timeout_s: float, most_bytes: int) -> None:
        self.name = argv[0].rpartition("/")[2]
        self._argv, self._timeout_s, self._most_bytes = argv, timeout_s, most_bytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    def run(self, data: bytes) -> bytes:
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(data)
            given.seek(0)
            process = self._start(given, said)
            patience = threading.Timer(self._timeout_s, self.kill)
            patience.start()
            try:
                assert process.stdout is not None
                with process.stdout as output:
                    made = output.read(self._most_bytes + 1)
                    if len(made) > self._most_bytes:
                        self.kill()
                code = process.wait()
            finally:
                late = not patience.is_alive()
                patience.cancel()
            if len(made) > self._most_bytes:
                raise ProgramError(
                    phrase("{name} makes more than {most} bytes of it", name=self.name, most=self._most_bytes)
                )
            if code and late:
                raise ProgramError(phrase("{name} took longer than {s} s", name=self.name, s=number(self._timeout_s)))
            if code:
                said.seek(0)
                why = _reason(said.read(100_000)) or phrase("it ended with code {code}", code=str(code))
                raise ProgramError(phrase("{name}: {reason}", name=self.name, reason=why))
            return made

    def kill(self) -> None:
        """End it, and what it has started in turn."""
        with self._lock:
            self._killed = True
            if self._process is not None and self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def _start(self, given: IO[bytes], said: IO[bytes]) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._killed:
                raise ProgramError(phrase("{name} is not wanted any more", name=self.name))
            try:
                self._process = subprocess.Popen(
                    self._argv, stdin=given, stdout=subprocess.PIPE, stderr=said, start_new_session=True
                )
            except OSError as error:
                raise ProgramError(
                    phrase("{name} cannot be run: {why}", name=self.name, why=str(error.strerror))
                ) from None
            behind = max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0))
            with contextlib.suppress(OSError):  # it is over already
                os.setpriority(os.PRIO_PROCESS, self._process.pid, behind)
            return self._process


def _reason(said: bytes) -> str:
    """The last thing it said, on one line and harmless."""
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return "".join(sign for sign in (lines[-1] if lines else "") if sign.isprintable())[:WHY_BYTES]
