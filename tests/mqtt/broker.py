"""A real mosquitto for tests: from the PATH, or from the root that the bench makes for itself."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.addresses import free_port


def bench_roots() -> Iterator[Path]:
    """Where the bench may have put a root with mosquitto in it."""
    if named := os.environ.get("HOTLINE_BENCH_ROOT"):
        yield Path(named)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotline"
    if cache.is_dir():
        yield from sorted(path for path in cache.glob("root-*") if path.is_dir())


def find() -> tuple[list[str], Path] | None:
    """The command that starts mosquitto, and the directory that it sees as ``/``."""
    if program := shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin"):
        return [program], Path("/")
    for root in bench_roots():
        if (root / "usr/sbin/mosquitto").exists() and os.geteuid() == 0:
            return ["chroot", str(root), "/usr/sbin/mosquitto"], root
    return None


class Broker:
    """One mosquitto on loopback. Configuration lines may be added before it starts."""

    def __init__(self, extra: str = "", root: Path | None = None) -> None:
        """``root`` holds the mosquitto to be started; without it the one that :func:`find` finds."""
        found = find() if root is None else (["chroot", str(root), "/usr/sbin/mosquitto"], root)
        assert found is not None
        self._command, self._root = found
        self.directory = Path(tempfile.mkdtemp(prefix="hotline-mqtt-", dir=self._root / "tmp"))
        self.port = free_port()
        inside = Path("/") / self.directory.relative_to(self._root)
        self.inside = inside
        (self.directory / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nuser root\nset_tcp_nodelay true\nmax_queued_messages 0\n"
            f"persistence true\npersistence_location {inside}/\n"
            f"{extra or 'allow_anonymous true'}\n".replace("{dir}", str(inside))
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return once it listens."""
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, "-c", str(self.inside / "mosquitto.conf")], stdout=log, stderr=log
            )
        for _ in range(3000):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._process.poll() is None, (self.directory / "log").read_text()
            time.sleep(0.02)
        raise AssertionError("mosquitto does not listen")

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        self.signal(signal.SIGKILL)
        self._end()

    def stop(self) -> None:
        """In good order; what it keeps is written to its files."""
        self.signal(signal.SIGTERM)
        self._end()

    def remove(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self.stop()
        shutil.rmtree(self.directory)

    def _end(self) -> None:
        assert self._process is not None
        self._process.wait(60)
        self._process = None
