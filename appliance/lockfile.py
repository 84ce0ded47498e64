"""One process of a kind on one state directory: a lock that the kernel gives back when its holder dies, however."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO, Literal


def hold(path: Path) -> IO[str] | Literal[False] | None:
    """Hold the file for this process until it is closed; ``False`` when another process does. ``None`` where the
    directory cannot be written, which holds nobody off: a service must run all the same. Blocks."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        lock = path.open("w")
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return False
    return lock
