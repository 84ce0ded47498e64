"""A Debian that Hotline is installed into as a person would do it, and that is then booted.

A real systemd runs as the first process of its own namespaces. A kernel and a disk of its own it has not: those are
for the image's tests.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CGROUPS = Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
BOOT_S = 90.0
GONE_S = 60.0

# a pseudo terminal counts as a port that the guard may have (ttyS), and as one that it may not
BOOT = r"""
set -e
mount --make-rprivate /
cd "$1"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for node in null.1.3 zero.1.5 full.1.7 random.1.8 urandom.1.9 tty.5.0; do
    IFS=. read -r name major minor <<< "$node"
    mknod -m 666 "dev/$name" c "$major" "$minor"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
pivot_root . mnt
exec chroot . /usr/bin/env -i container=other PATH="$2" /lib/systemd/systemd --log-target=console
"""


class Box:
    """An installed Debian: ``run`` inside it before it is booted, ``do`` afterwards."""

    def __init__(self, root: Path, boot: str = BOOT) -> None:
        self.root, self._boot = root, boot
        self.before: set[str] = set()  # the files of the root as its packages left it
        self._first: int | None = None

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program in the root, with this machine's network."""
        kept = {name: value for name, value in os.environ.items() if name in ("PIP_INDEX_URL", "PIP_CERT")}
        return _said(["chroot", str(self.root), *argv], check, {"PATH": PATH, "HOME": "/root", **kept})

    def install(self, *settings: str) -> str:
        """``make install`` in the root; what it said."""
        return self.run("env", "-C", "/srv/hotline", *settings, "make", "install").stdout

    def do(self, command: str, *, check: bool = True) -> str:
        """Run a shell command in the booted box; what it said."""
        return _said(self.entering("/bin/sh", "-c", command), check).stdout

    def entering(self, *argv: str) -> list[str]:
        """What runs a program in the booted box."""
        enter = ["nsenter", "-t", str(self._first), "-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w"]
        return [*enter, "env", "-i", f"PATH={PATH}", "HOME=/root", *argv]

    def beside(self, *argv: str) -> subprocess.Popen[str]:
        """A program of this machine in the box's network; its first words on a pipe."""
        enter = ["nsenter", "-t", str(self._first), "-n"]
        return subprocess.Popen([*enter, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def shows(self, unit: str, what: str) -> str:
        """A property of a unit."""
        return self.do(f"systemctl show --property={what} --value {unit}").strip()

    def until(self, command: str, within_s: float = BOOT_S) -> None:
        """Wait until a shell command succeeds."""
        deadline = time.monotonic() + within_s
        while (
            subprocess.run(self.entering("/bin/sh", "-c", command), capture_output=True, check=False).returncode != 0
        ):
            assert time.monotonic() < deadline, f"not within {within_s:g} s: {command}"
            time.sleep(0.2)

    def until_all_run(self, *units: str, within_s: float = BOOT_S) -> None:
        """Wait until each of the units is active; ``systemctl is-active`` itself is content with one of them."""
        self.until(f"! systemctl is-active {' '.join(units)} | grep -vqx active", within_s)

    @contextmanager
    def booted(self, log: Path) -> Iterator[None]:
        """systemd runs inside; every process of the box is gone afterwards."""
        base = next(place for place in CGROUPS if (place / "cgroup.procs").exists())
        # one for each box: two of them run at a time
        group = base / f"hotline-install-test-{os.getpid()}-{self.root.parent.name}"
        group.mkdir(exist_ok=True)
        # the shell joins the group first, so that the new cgroup namespace begins there
        join = f"echo $$ > {shlex.quote(str(group / 'cgroup.procs'))}"
        outer = f'{join}; exec unshare -C -m -p -u -i -n -f bash -c {shlex.quote(self._boot)} boot "$@"'
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-c", outer, "boot", str(self.root), PATH],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                self._first = _child(process)
                self.until("systemctl is-system-running --wait | grep -qE 'running|degraded'")
                self.do("ip link set lo up || true")
                yield
            finally:
                if self._first is not None:
                    os.kill(self._first, signal.SIGKILL)  # the first process takes all others with it
                process.wait(30)
                self._first = None
                _remove(group)


@contextmanager
def debian(suite: str, folder: Path) -> Iterator[Box]:
    """A fresh copy of a suite's root with the sources in /srv/hotline; nothing of it is left mounted."""
    made = subprocess.run([REPOSITORY / "scripts/install-root", suite], stdout=subprocess.PIPE, text=True, check=True)
    folder.mkdir(parents=True, exist_ok=True)
    upper, work, root = (folder / name for name in ("upper", "work", "root"))
    for one in (upper, work, root):
        one.mkdir()
    layers = f"lowerdir={made.stdout.strip()},upperdir={upper},workdir={work}"
    _said(["mount", "-t", "overlay", "overlay", "-o", layers, str(root)])
    _said(["mount", "-t", "proc", "proc", str(root / "proc")])
    try:
        for name in ("Makefile", "README.md", "LICENSE", "pyproject.toml", "requirements-runtime.lock"):
            (root / "srv/hotline").mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, root / "srv/hotline")
        for name in ("appliance", "scripts", "systemd"):
            shutil.copytree(
                REPOSITORY / name, root / "srv/hotline" / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in ("etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt"):
            if (Path("/") / name).exists():
                shutil.copyfile(Path("/") / name, root / name)
        yield Box(root)
    finally:
        _said(["umount", "--recursive", "--lazy", str(root)])


def _child(process: subprocess.Popen[bytes]) -> int:
    """The box's first process, as this machine numbers it."""
    deadline = time.monotonic() + 10
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while not (found := children.read_text().split() if children.exists() else []):
        assert process.poll() is None, "the box could not be started"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return int(found[0])


def _remove(group: Path) -> None:
    """No process may be left; an empty group that the kernel still holds on to costs nothing."""
    deadline = time.monotonic() + GONE_S
    while "populated 1" in (group / "cgroup.events").read_text():
        assert time.monotonic() < deadline, "processes of the box outlived it"
        time.sleep(0.1)
    folders = sorted((one for one in group.rglob("*") if one.is_dir()), key=lambda one: -len(one.parts))
    for one in (*folders, group):
        with contextlib.suppress(OSError):
            one.rmdir()


def _said(
    argv: list[str], check: bool = True, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment, timeout=600)
    assert not check or ran.returncode == 0, f"{argv} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
    return ran
