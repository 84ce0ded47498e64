"""``hotline clock``: sets the clock by the mobile network's time, as the guard noted it. Run by its unit, as root."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime
from pathlib import Path

from appliance.cli.exits import CliError, Exit
from appliance.provision.clock import Told, new_time
from appliance.translation import _

NOTE = Path("var/lib/hotline/network-time.json")
FLOOR = Path("usr/lib/clock-epoch")
SYNCHRONISED = Path("run/systemd/timesync/synchronized")


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 also where there is nothing to set; 1 for a note that cannot be read or a clock that cannot be set."""
    root: Path = arguments.root
    try:
        note = json.loads((root / NOTE).read_bytes())
        told = Told(datetime.fromisoformat(note["time"]).timestamp(), float(note["boottime"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CliError(
            Exit.REFUSED, _("{place}: no note of the time ({why})").format(place=NOTE, why=error)
        ) from None
    floor_s = (root / FLOOR).stat().st_mtime if (root / FLOOR).exists() else 0.0
    boottime_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    set_to, why = new_time(told, time.time(), boottime_s, floor_s, synchronised=(root / SYNCHRONISED).exists())
    print(why, file=sys.stderr)
    if set_to is not None:
        try:
            time.clock_settime(time.CLOCK_REALTIME, set_to)
        except OSError as error:
            raise CliError(Exit.REFUSED, _("the clock cannot be set: {why}").format(why=error.strerror)) from None
    return Exit.DONE
