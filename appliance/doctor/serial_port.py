"""The modem's serial port, looked at without opening it: the guard may be in the middle of an AT command."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from appliance.doctor.finding import Finding, Level
from appliance.translation import _

INTRUDERS = ("ModemManager", "brltty", "gpsd", "NetworkManager")


def check(port: str, proc: Path = Path("/proc"), sys_class: Path = Path("/sys/class/tty")) -> Iterator[Finding]:
    """Whether it is there, may be used, has a lasting name, is kept awake, and belongs to nobody else."""
    part = _("modem port")
    if "://" in port:
        yield Finding(part, Level.OK, _("{port}, a port on the network").format(port=port))
        return
    path = Path(port)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        mend = _("plug the modem in; ls -l /dev/serial/by-path shows the ports there are")
        yield Finding(part, Level.FAIL, f"{port}: {error.strerror}", mend)
        return
    if not stat.S_ISCHR(mode):
        yield Finding(part, Level.FAIL, _("{port} is no serial port").format(port=port), _("correct modem.port"))
        return
    if not os.access(path, os.R_OK | os.W_OK):
        mend = _("add the user to its group: usermod -a -G dialout hotline")
        yield Finding(part, Level.FAIL, _("{port} may not be used by this user").format(port=port), mend)
    device = path.resolve()
    yield from _name(part, path, device)
    yield from _power(part, sys_class / device.name)
    holders = list(_holders(device, proc))
    intruders = [name for name in holders if name in INTRUDERS]
    if intruders:
        mend = _("systemctl disable --now {name}, or a udev rule with ID_MM_DEVICE_IGNORE=1")
        text = _("{name} holds it").format(name=", ".join(intruders))
        yield Finding(part, Level.FAIL, text, mend.format(name=intruders[0]))
    else:
        held = _(", held by {name}").format(name=", ".join(holders)) if holders else ""
        yield Finding(part, Level.OK, f"{port}{held}")


def _name(part: str, path: Path, device: Path) -> Iterator[Finding]:
    if path.name.startswith(("ttyUSB", "ttyACM")) and not path.is_symlink():
        text = _("{name} changes when the modem is plugged in again").format(name=device)
        yield Finding(part, Level.WARN, text, _("write its name under /dev/serial/by-path instead"))


def _power(part: str, tty: Path) -> Iterator[Finding]:
    for folder in [(tty / "device").resolve(), *(tty / "device").resolve().parents]:
        control = folder / "power" / "control"
        if (folder / "idVendor").exists() and control.exists():
            if control.read_text().strip() == "auto":
                mend = _('a udev rule with ATTR{power/control}="on" for the modem')
                yield Finding(part, Level.WARN, _("USB autosuspend is on and can hang the modem"), mend)
            return


def _holders(device: Path, proc: Path) -> Iterator[str]:
    """The names of programs that have the device open, as far as this user may see."""
    for folder in proc.glob("[0-9]*"):
        try:
            if any(os.readlink(link) == str(device) for link in (folder / "fd").iterdir()):
                yield (folder / "comm").read_text().strip()
        except OSError:
            continue  # gone meanwhile, or another user's
