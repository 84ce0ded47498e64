"""What the kernel says of a process (proc(5))."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds used and bytes sent to storage since the process began, and what it holds in memory now.

    ``written_bytes`` are the pages the process made the kernel write (``write_bytes`` of ``/proc/PID/io``), ``peak``
    is the largest resident size so far, ``private`` what no other process shares.
    """

    cpu_s: float
    written_bytes: int
    resident_bytes: int
    peak_bytes: int
    private_bytes: int
    threads: int


def usage(pid: int) -> Usage:
    """The usage of a living process. Raises ``OSError`` once it is gone."""
    folder = Path("/proc") / str(pid)
    # the second field is the name in brackets and may hold anything; utime and stime are the 14th and 15th
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = _pairs(folder / "status")
    memory = _pairs(folder / "smaps_rollup")
    return Usage(
        cpu_s=ticks / os.sysconf("SC_CLK_TCK"),
        written_bytes=_pairs(folder / "io")["write_bytes"],
        resident_bytes=status["VmRSS"] * 1024,
        peak_bytes=status["VmHWM"] * 1024,
        private_bytes=(memory["Private_Clean"] + memory["Private_Dirty"]) * 1024,
        threads=status["Threads"],
    )


def _pairs(file: Path) -> dict[str, int]:
    """``Name:   123 kB`` lines as name and number; other lines are left out."""
    pairs = {}
    for line in file.read_text().splitlines():
        name, colon, value = line.partition(":")
        words = value.split()
        if colon and words and words[0].isdigit():
            pairs[name] = int(words[0])
    return pairs
