"""What the figures were measured on, in general words: no names of hosts or people."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime


def machine() -> str:
    """``2 cores of x86_64, 24 GB, Linux, Python 3.11.2``: what a figure depends on."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} {'core' if cores == 1 else 'cores'} of {platform.machine()}, {memory_gb:.0f} GB of memory, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def today() -> str:
    """The date of a run, UTC."""
    return datetime.now(UTC).date().isoformat()
