"""What a box at rest writes and holds in memory, as its own kernel counts it.

Written: the sectors that reached the partitions of state and data, everything that was waiting included, by
``/sys/class/block/*/stat``; beside it who asked for it (``write_bytes`` of ``/proc/*/io``, by unit). Memory: what
each unit's processes hold, shared pages in parts (PSS).
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.image.machine import Machine

DAY_S = 86_400.0
MB, MIB = 1e6, 1024 * 1024
SECTOR = 512  # of /sys/class/block/*/stat, whatever the disk's own is
PARTITIONS = ("state", "data")
# one process, so that looking costs little; its own words are left out of what it tells
LOOK = r"""
import json, os, re, time
os.sync()
written = {}
for name in ("state", "data"):
    device = os.path.basename(os.path.realpath(f"/dev/disk/by-partlabel/hotline-{name}"))
    fields = open(f"/sys/class/block/{device}/stat").read().split()
    written[name] = [int(fields[4]), int(fields[6])]
asked, pss = {}, {}
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        unit = open(f"/proc/{pid}/cgroup").read().strip().rpartition("/")[2] or "kernel"
        io = int(re.search(r"^write_bytes: (\d+)", open(f"/proc/{pid}/io").read(), re.M)[1])
        asked[unit] = asked.get(unit, 0) + io
        rollup = open(f"/proc/{pid}/smaps_rollup").read()
        pss[unit] = pss.get(unit, 0) + int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1]) * 1024
    except (OSError, TypeError):
        pass
print(json.dumps({"at": time.monotonic(), "written": written, "asked": asked, "pss": pss}))
"""


@dataclass(frozen=True, slots=True)
class Look:
    """Seconds since the start; writes and sectors by partition; bytes asked for and PSS by unit."""

    at: float
    written: Mapping[str, tuple[int, int]]
    asked: Mapping[str, int]
    pss: Mapping[str, int]


async def look(box: Machine) -> Look:
    """See what there is now."""
    told = json.loads(await box.do(f"python3 -I -c '{LOOK}'"))
    written = {name: (int(writes), int(sectors)) for name, (writes, sectors) in told["written"].items()}
    return Look(float(told["at"]), written, told["asked"], told["pss"])


async def at_rest(box: Machine, windows: int, window_s: float) -> list[Look]:
    """Looks with ``window_s`` between them; the box is left alone meanwhile."""
    looks = [await look(box)]
    for _ in range(windows):
        await asyncio.sleep(window_s)
        looks.append(await look(box))
    return looks


def told(looks: list[Look], services: tuple[str, ...]) -> str:
    """The figures in words, with how a day was made of them. Pure."""
    first, last = looks[0], looks[-1]
    lasted = last.at - first.at
    a_day = DAY_S / lasted / MB
    lines = []
    total = 0
    for name in PARTITIONS:
        writes = last.written[name][0] - first.written[name][0]
        amount = (last.written[name][1] - first.written[name][1]) * SECTOR
        total += amount
        lines.append(f"{name}: {amount:_} bytes by {writes} writes in {lasted:.0f} s, {amount * a_day:.1f} MB a day")
    lines.append(f"both: {total:_} bytes in {lasted:.0f} s; times 86400/{lasted:.0f}: {total * a_day:.1f} MB a day")
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
