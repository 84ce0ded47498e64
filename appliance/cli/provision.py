"""``hotline provision``: take what stands on card or stick. Its unit runs it at each start, as root."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.cli.exits import CliError, Exit
from appliance.translation import _

if TYPE_CHECKING:
    from appliance.provision.apply import Outcome, Places

CONSOLES = ("/dev/console", "/dev/tty1")
LIGHT = "sys/class/leds"  # the light on a Pi's board: the panel's pins are not known while the file is wrong


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 also where a file has mistakes: they are told, and what stands goes on. 1 where the box cannot be
    written."""
    from appliance.provision.apply import Places
    from appliance.provision.media import brought_late

    places = Places(arguments.root)
    machine_id = (arguments.root / "etc/machine-id").read_text().strip()
    try:
        outcome, without_stick = _taken(arguments.boot, places, machine_id)
        if without_stick and brought_late():
            outcome, _none = _taken(arguments.boot, places, machine_id)
    except OSError as error:
        reason = _("{place}: {why}").format(place=error.filename, why=error.strerror)
        raise CliError(Exit.REFUSED, reason) from None
    with contextlib.suppress(OSError):  # a container's name is not ours to set
        socket.sethostname(outcome.hostname)
    lines = [_("{name}: {status}").format(name=f"{outcome.hostname}.local", status=_STATUS[outcome.status])]
    lines += [str(one) for one in outcome.mistakes]
    print("\n".join(lines), file=sys.stderr)
    _console(lines, arguments.root)
    _light(bool(outcome.mistakes), arguments.root)
    return Exit.DONE


def _taken(boot: Path, places: Places, machine_id: str) -> tuple[Outcome, bool]:
    """What came of it, and whether there was no stick."""
    from appliance.provision.apply import provision
    from appliance.provision.media import handed_in, look, stick

    # a stick is brought on purpose, so it stands above the card, and above what anybody could hand in
    brought = stick(places.run / "hotline/stick")
    card = look(boot) | handed_in(places.handed_in, places.config)
    return provision(card | (brought or {}), places, machine_id, card), brought is None


_STATUS = {
    "none": _("not set up yet; put hotline.toml on the card's HOTLINE partition or on a stick of that name"),
    "standing": _("set up"),
    "taken": _("the configuration was taken"),
    "salvaged": _("the file has mistakes: until they are mended, every call goes to the technician"),
    "refused": _("the file has mistakes, and there is no number to lead calls to"),
}


def _console(lines: list[str], root: Path) -> None:
    for name in CONSOLES:
        with contextlib.suppress(OSError):
            # a console that nobody reads is not waited for, and never becomes the terminal of this process
            descriptor = os.open(root / name.lstrip("/"), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                os.write(descriptor, ("\r\n" + "".join(f"Hotline: {line}\r\n" for line in lines)).encode())
            finally:
                os.close(descriptor)


def _light(wrong: bool, root: Path) -> None:
    """Quick blinking of the board's own light: a file has mistakes."""
    for light in ("ACT", "led0", "PWR"):
        place = root / LIGHT / light
        if not place.exists():
            continue
        with contextlib.suppress(OSError):
            (place / "trigger").write_text("timer" if wrong else "mmc0")
            if wrong:
                (place / "delay_on").write_text("100")
                (place / "delay_off").write_text("100")
        return
