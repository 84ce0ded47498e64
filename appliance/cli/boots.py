"""``hotline boots``: counts the box's restarts, and takes things off when faults restart it too often."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from appliance.cli.exits import CliError, Exit
from appliance.provision.budget import Start, begun, degraded, ended, lasted
from appliance.translation import _
from appliance.wholefile import replace

KEPT = Path("var/lib/hotline-provisioned/starts.json")
MARK = Path("run/hotline/degraded")
# the mark was taken away: what it kept off is to be started, once
BACK = Path("run/hotline/back")


def run(arguments: argparse.Namespace) -> int:
    """``begin``, ``beat`` or ``end``, by units of the image. Exit 1 where the box cannot be written."""
    starts, up_s = _read(arguments.root / KEPT), time.clock_gettime(time.CLOCK_BOOTTIME)
    changed = {
        "begin": lambda: begun(starts),
        "beat": lambda: lasted(starts, up_s),
        "end": lambda: ended(starts, up_s),
    }[arguments.what]()
    mark = arguments.root / MARK
    try:
        if changed != starts:
            (arguments.root / KEPT).parent.mkdir(parents=True, exist_ok=True)
            replace(arguments.root / KEPT, json.dumps([asdict(one) for one in changed]).encode())
        if degraded(changed):
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
            print(_("restarted by faults too often: the exchange stays off for an hour"), file=sys.stderr)
        elif mark.exists():
            mark.rename(arguments.root / BACK)
    except OSError as error:
        raise CliError(Exit.REFUSED, f"{error.filename}: {error.strerror}") from None
    return Exit.DONE


def _read(path: Path) -> tuple[Start, ...]:
    try:
        return tuple(Start(float(one["lasted_s"]), bool(one["orderly"])) for one in json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, KeyError):
        return ()  # a count that is lost begins anew: it must never stop a start
