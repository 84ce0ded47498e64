"""Where the real programs are: on the PATH, or in the bench's own Debian root.

A program of the root is run by the root's own dynamic loader, not by chroot: this needs no privileges and no mounts,
sees the same files as everybody else, and the process is the program itself, so signals reach it directly.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SMALLEST_ASTERISK = 20


class MissingProgram(RuntimeError):  # noqa: N818 - reads as what it tells
    """A program of the bench is nowhere; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """How a program is started (``argv``), and the root its data files are under (``/`` for the machine's own)."""

    argv: tuple[str, ...]
    root: Path

    def library_dir(self) -> Path:
        """The multiarch library directory of its root, for instance ``/usr/lib/x86_64-linux-gnu``."""
        for candidate in sorted((self.root / "usr/lib").glob("*-linux-gnu*")):
            if (candidate / "libc.so.6").exists():
                return candidate
        return self.root / "usr/lib"


def cache_dir() -> Path:
    """Where the bench's roots are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotline"


def find_root() -> Path | None:
    """The bench's root made by ``scripts/bench-root``; ``HOTLINE_BENCH_ROOT`` names another one."""
    if named := os.environ.get("HOTLINE_BENCH_ROOT"):
        return Path(named)
    roots = [path for path in cache_dir().glob("root-*") if (path / "usr/sbin/asterisk").exists()]
    return max(roots, key=lambda path: path.stat().st_mtime, default=None)


def find_program(name: str) -> Program:
    """A program by name. Raises :class:`MissingProgram`."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path and (name != "asterisk" or _asterisk_version(path) >= SMALLEST_ASTERISK):
        return Program((path,), Path("/"))
    root = find_root()
    if root is not None:
        for folder in ("usr/sbin", "usr/bin"):
            if (root / folder / name).exists():
                return _from_root(root, root / folder / name)
    raise MissingProgram(f"{name} is neither on the PATH nor in a bench root; run scripts/bench-root")


def _from_root(root: Path, executable: Path) -> Program:
    loaders = [*root.glob("usr/lib64/ld-linux-*.so.*"), *root.glob("usr/lib/ld-linux-*.so.*")]
    if not loaders:
        raise MissingProgram(f"{root} has no dynamic loader; remove it and run scripts/bench-root again")
    libraries = Program((), root).library_dir()
    path = f"{libraries}:{libraries / 'pulseaudio'}"  # where Debian keeps a library that espeak-ng needs
    argv = (str(loaders[0]), "--argv0", executable.name, "--library-path", path, str(executable))
    return Program(argv, root)


def _asterisk_version(path: str) -> int:
    said = subprocess.run([path, "-V"], capture_output=True, text=True, check=False, timeout=10).stdout
    match = re.search(r"Asterisk\D+(\d+)", said)
    return int(match[1]) if match else 0
