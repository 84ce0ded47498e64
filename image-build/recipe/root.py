"""The read-only root: the base, what a box does not need taken away, and what makes it Hotline put in."""

from __future__ import annotations

import gzip
import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from recipe import manual
from recipe.kernel import add
from recipe.places import RECIPE, REPOSITORY
from recipe.tree import Tree

UNITS = "etc/systemd/system"
REMOVED = (
    "dev/*",
    "run/*",
    "tmp/*",
    "boot/*",
    "var/cache/*",
    "var/log/*",
    "var/backups/*",
    "var/lib/apt*",
    "var/lib/dpkg/info/*",
    "var/lib/systemd/deb-systemd-helper*",
    "var/lib/ucf*",
    # keys of the builder must never be everybody's
    "etc/ssh/ssh_host_*",
    "etc/ssl/private/*",
    # a root that is replaced whole installs nothing
    "etc/apt*",
    "usr/bin/apt*",
    "usr/lib/apt",
    "usr/share/bug",
    "usr/share/apport",
    "usr/share/perl",
    "usr/share/perl5/[!D]*",
    "usr/lib/*/perl/*",
    "usr/lib/*/libperl.so.*.old",
    # compiled again from their sources with hashes instead of times, or never used by a root that installs nothing
    "usr/share/python3/debpython/__pycache__",
    "etc/udev/hwdb.d",
    "usr/lib/udev/hwdb.d",
    "etc/machine-id",
    "var/lib/dbus/machine-id",
    "etc/fstab",
    "etc/hostname",
    "etc/resolv.conf",
)
ENABLED = {
    "multi-user.target.wants": ("asterisk", "mosquitto", "nftables", "ssh"),
    "sysinit.target.wants": ("systemd-networkd", "systemd-resolved", "systemd-timesyncd"),
    # with its card, as wlan0 may be on a bus where it comes late, or not be there at all
    "sys-subsystem-net-devices-wlan0.device.wants": ("wpa_supplicant@wlan0",),
}
# what waits for somebody, writes without need, or wants a root that can be written
MASKED = (
    "systemd-firstboot.service",
    "systemd-machine-id-commit.service",
    "systemd-networkd-wait-online.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "serial-getty@.service",
    "getty@.service",
    "autovt@.service",
    "console-getty.service",
    "wpa_supplicant.service",
    "ssh.socket",
    "sshd-keygen.service",
    "systemd-binfmt.service",
    "proc-sys-fs-binfmt_misc.automount",
    "emergency.service",
    "rescue.service",
    "systemd-hwdb-update.service",
    "ldconfig.service",
    "systemd-update-done.service",
    "man-db.timer",
    "systemd-pcrphase.service",
    "systemd-userdbd.socket",
    "systemd-journald-audit.socket",
    "logrotate.timer",
)
DROP_INS = {  # of image-build/drop-ins, each for several units
    "set-up": ("asterisk", "hotline-asterisk-render", "hotline-exchange", "hotline-guard"),
    "budget": ("asterisk", "hotline-exchange", "hotline-web"),
}
# a second way in by ssh that nobody asked for
GENERATORS_OFF = ("systemd-ssh-generator",)
PLACED = {  # what make install puts, to the same places
    "hotline-tmpfiles.conf": "etc/tmpfiles.d/hotline.conf",
    "hotline-asterisk-tmpfiles.conf": "etc/tmpfiles.d/hotline-asterisk.conf",
    "hotline-modules.conf": "etc/modules-load.d/hotline.conf",
    "hotline-sysusers.conf": "etc/sysusers.d/hotline.conf",
    "hotline-udev.rules": "etc/udev/rules.d/90-hotline-pins.rules",
    "hotline-mosquitto.conf": "etc/mosquitto/conf.d/hotline.conf",
    "hotline.toml": "usr/share/hotline/hotline.toml",
}


def root(base: Path, added: Iterable[Path], architecture: str, release: str) -> Tree:
    """Everything but the program and the kernel. ``added`` are packages put over the base as they are."""
    tree = Tree()
    with base.open("rb") as tar:
        tree.merge(tar)
    status = tree.data("var/lib/dpkg/status")
    add(tree, added)
    tree.remove(*REMOVED)
    tree.file(manual.PLACE, manual.shortened(tree.data(manual.PLACE)))
    tree.file("usr/share/hotline/dpkg-status.gz", gzip.compress(status, 9, mtime=0))
    for folder in (
        "dev",
        "proc",
        "sys",
        "run",
        "tmp",
        "state",
        "data",
        "boot/hotline",
        "etc/ssh/keys",
        "etc/hotline",
    ):
        tree.folder(folder)
    for folder in ("hotline", "hotline-asterisk", "hotline-prompts", "hotline-provisioned", "hotline-boots"):
        tree.folder(f"var/lib/{folder}")
    tree.folder("etc/credstore", 0o700)
    for folder in ("spool/asterisk", "log", "cache", "tmp"):
        tree.folder(f"var/{folder}")
    tree.copy(RECIPE / "files", "")
    if architecture == "amd64":
        # a Pi's timer reaches 15 s; a PC's further, and a virtual machine on a busy host needs it
        tree.file("etc/systemd/system.conf.d/pc.conf", b"[Manager]\nRuntimeWatchdogSec=60s\n")
        # and its partitions come late
        table = tree.data("etc/fstab").replace(b"device-timeout=90s", b"device-timeout=300s")
        tree.file("etc/fstab", table)
    tree.file("etc/machine-id", b"")
    tree.link("etc/resolv.conf", "/run/systemd/resolve/stub-resolv.conf")
    tree.link("etc/localtime", "/usr/share/zoneinfo/UTC")
    tree.file("usr/lib/clock-epoch", b"")  # systemd never lets the clock stand before this file's time
    for stamp in ("etc/.updated", "var/.updated"):
        tree.file(stamp, b"")
    tree.file("etc/hotline-release", f"{release}\n".encode())
    _units(tree)
    _users(tree)
    _unprivileged(tree)
    return tree


def _units(tree: Tree) -> None:
    for name, target in PLACED.items():
        tree.file(target, (REPOSITORY / "systemd" / name).read_bytes())
    for path in [one for one in tree.paths() if re.match(rf"{UNITS}/[^/]+\.wants/", one)]:
        if path.rsplit("/", 1)[1] in ("remote-fs.target", "getty@tty1.service", "sshd-keygen.service", *MASKED):
            tree.remove(path)
    for folder in (REPOSITORY / "systemd", RECIPE / "units"):
        for one in sorted(folder.rglob("*")):
            if one.suffix in (".service", ".timer", ".path") or one.parent.name.endswith(".service.d"):
                tree.file(f"{UNITS}/{one.relative_to(folder)}", one.read_bytes())
                _enable(tree, one)
    for name, services in DROP_INS.items():
        for service in services:
            tree.file(f"{UNITS}/{service}.service.d/{name}.conf", (RECIPE / f"drop-ins/{name}.conf").read_bytes())
    for target, names in ENABLED.items():
        for name in names:
            of = re.sub(r"@.*", "@", name)  # an instance is its template
            tree.link(f"{UNITS}/{target}/{name}.service", f"/usr/lib/systemd/system/{of}.service")
    for name in MASKED:
        tree.remove(f"{UNITS}/{name}")
        tree.link(f"{UNITS}/{name}", "/dev/null")
    for name in GENERATORS_OFF:
        tree.link(f"etc/systemd/system-generators/{name}", "/dev/null")
    tree.link(f"{UNITS}/default.target", "/usr/lib/systemd/system/multi-user.target")


def _enable(tree: Tree, unit: Path) -> None:
    """As ``systemctl enable`` does."""
    for targets in re.findall(r"^WantedBy=(.+)$", unit.read_text(), re.MULTILINE):
        for target in targets.split():
            tree.link(f"{UNITS}/{target}.wants/{unit.name}", f"/{UNITS}/{unit.name}")


def _users(tree: Tree) -> None:
    """The users of our services, by systemd's own tool on a copy of the tables."""
    names = ("passwd", "group", "shadow", "gshadow")
    with tempfile.TemporaryDirectory() as folder:
        etc = Path(folder) / "etc"
        (etc / "sysusers.d").mkdir(parents=True)
        for name in names:
            (etc / name).write_bytes(tree.data(f"etc/{name}"))
        (etc / "sysusers.d/hotline.conf").write_bytes(tree.data("etc/sysusers.d/hotline.conf"))
        subprocess.run(
            ["systemd-sysusers", f"--root={folder}", "hotline.conf"], check=True, env={"SOURCE_DATE_EPOCH": "0"}
        )
        for name in names:
            info = tree.info(f"etc/{name}")
            data = (etc / name).read_bytes()
            if name == "shadow":  # the day of the last change is no fact of a box
                data = re.sub(rb"^([^:]+:[^:]*):\d*:", rb"\1:1:", data, flags=re.MULTILINE)
            tree.file(f"etc/{name}", data, info.mode, (info.uid, info.gid))
    tree.remove("etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid*", "etc/subgid*")


def _unprivileged(tree: Tree) -> None:
    """Nobody logs in to become somebody else: no program keeps a setuid or setgid bit."""
    for info in tree:
        if info.isreg():
            info.mode &= ~0o6000
