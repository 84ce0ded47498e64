"""What else runs on the machine: rounds wait for its end, and tell what was left of it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

CALM_SHARE = 0.1
LOOK_S = 0.5
CALM_WITHIN_S = 30.0
_BUSY = (0, 1, 2, 5, 6, 7)  # user, nice, system, irq, softirq, steal (proc_stat(5)); idle and iowait are not


def busy_s(stat: str) -> float:
    """Processor seconds that all cores were busy since the machine began, from ``/proc/stat``."""
    ticks = stat.partition("\n")[0].split()[1:]
    return sum(int(ticks[index]) for index in _BUSY) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Look:
    """A moment: processor seconds of all others so far."""

    at: float
    others_s: float

    @classmethod
    def now(cls, ours_s: float) -> Self:
        """Now, when our own processes have used so much."""
        return cls(time.monotonic(), busy_s(Path("/proc/stat").read_text()) - ours_s)

    def share_until(self, later: Look) -> float:
        """The share of the machine's cores that others used in between."""
        cores = os.cpu_count() or 1
        return max(0.0, (later.others_s - self.others_s) / (later.at - self.at) / cores)


async def calm(look: Callable[[], Look]) -> bool:
    """Return when others are nearly still, or after half a minute; whether they are."""
    until = time.monotonic() + CALM_WITHIN_S
    while time.monotonic() < until:
        before = look()
        await asyncio.sleep(LOOK_S)
        if before.share_until(look()) < CALM_SHARE:
            return True
    return False
