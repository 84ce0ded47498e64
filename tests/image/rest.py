"""What a box at rest writes and holds in memory, as its own kernel counts it.

Written: the sectors that reached the partitions of state and data, everything that was waiting included, by
``/sys/class/block/*/stat``; beside it who asked for it (``write_bytes`` of ``/proc/*/io``, by unit). Memory: what
each unit's processes hold, shared pages in parts (PSS).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

DAY_S = 86_400.0
MB, MIB = 1e6, 1024 * 1024
SECTOR = 512  # of /sys/class/block/*/stat, whatever the disk's own is
PARTITIONS = ("state", "data")
# it looks by itself: each login would put seven lines into the journal, more than a box at rest does in an hour
LOOK = r"""
import json, os, re, sys, time
windows, window_s, devices = int(sys.argv[1]), float(sys.argv[2]), dict(one.split("=") for one in sys.argv[3:])
for number in range(windows + 1):
    time.sleep(window_s if number else 30)
    os.sync()
    written, asked, pss = {}, {}, {}
    for name, device in devices.items():
        fields = open(f"/sys/class/block/{device}/stat").read().split()
        written[name] = [int(fields[4]), int(fields[6])]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            unit = open(f"/proc/{pid}/cgroup").read().strip().rpartition("/")[2] or "kernel"
            io = int(re.search(r"^write_bytes: (\d+)", open(f"/proc/{pid}/io").read(), re.M)[1])
            asked[unit] = asked.get(unit, 0) + io
            rollup = open(f"/proc/{pid}/smaps_rollup").read()
            pss[unit] = pss.get(unit, 0) + int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1]) * 1024
        except (OSError, TypeError):
            pass
    print(json.dumps({"at": time.monotonic(), "written": written, "asked": asked, "pss": pss}), flush=True)
"""
KEPT = "/run/rest.json"


@dataclass(frozen=True, slots=True)
class Look:
    """Seconds since the start; writes and sectors by partition; bytes asked for and PSS by unit."""

    at: float
    written: Mapping[str, tuple[int, int]]
    asked: Mapping[str, int]
    pss: Mapping[str, int]


def begin(windows: int, window_s: float, devices: Mapping[str, str]) -> str:
    """A shell command: look at the box now and after each window, into a file in memory; returns at once."""
    arguments = f"{windows} {window_s:g} " + " ".join(f"{name}={device}" for name, device in devices.items())
    return f"setsid python3 -I -c '{LOOK}' {arguments} >{KEPT} 2>&1 </dev/null &"


def read(text: str) -> list[Look]:
    """What was seen. Pure."""
    looks = []
    for line in text.splitlines():
        seen = json.loads(line)
        written = {name: (int(writes), int(sectors)) for name, (writes, sectors) in seen["written"].items()}
        looks.append(Look(float(seen["at"]), written, seen["asked"], seen["pss"]))
    return looks


def mb_a_day(looks: list[Look]) -> float:
    """What reaches both partitions in a day, by what did between the first look and the last. Pure."""
    first, last = looks[0], looks[-1]
    sectors = sum(last.written[name][1] - first.written[name][1] for name in PARTITIONS)
    return sectors * SECTOR * DAY_S / (last.at - first.at) / MB


def told(looks: list[Look], services: tuple[str, ...]) -> str:
    """The figures in words. Pure."""
    first, last = looks[0], looks[-1]
    lasted = last.at - first.at
    lines = []
    for name in PARTITIONS:
        writes = last.written[name][0] - first.written[name][0]
        amount = (last.written[name][1] - first.written[name][1]) * SECTOR
        lines.append(f"{name}: {amount:_} bytes by {writes} writes in {lasted:.0f} s")
    lines.append(f"both, times 86400/{lasted:.0f}: {mb_a_day(looks):.1f} MB a day")
    each = [
        sum(later.written[name][1] - earlier.written[name][1] for name in PARTITIONS) * SECTOR
        for earlier, later in pairwise(looks)
    ]
    lines.append("each window: " + ", ".join(f"{one:_}" for one in each) + " bytes")
    asked = Counter(last.asked)
    asked.subtract(first.asked)
    lines.append(
        "asked for: " + ", ".join(f"{unit} {amount:_}" for unit, amount in asked.most_common() if amount > 0)
    )
    held = {unit: last.pss.get(f"{unit}.service", 0) for unit in services}
    lines += [f"PSS {unit}: {amount / MIB:.0f} MiB" for unit, amount in held.items()]
    whole = sum(held.values())
    lines.append(f"PSS of all of them: {whole / MIB:.0f} MiB, {whole / MB:.0f} MB")
    return "\n".join(lines) + "\n"
