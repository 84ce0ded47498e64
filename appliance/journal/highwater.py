"""Event ids that rise and are never reused, whatever becomes of the database (hi/lo allocation).

A small file beside the database holds the *ceiling*: every id that may ever have been given out is at or below it.
It is raised by a large block, durably, long before the ids run out, and each start begins above it. So an id that
some consumer has seen cannot come again though the database was lost, or the event was never written.

Where the ceiling cannot be read (a new box, a new card in an old box, a damaged file) ids begin at the Unix seconds:
above anything a box can have counted to, so that consumers who drop what is not newer stay right.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

FILE_NAME = "journal.ids"
BLOCK = 100_000
RENEW_BELOW = 50_000  # far more than the events that may wait in memory while the file cannot be renewed


def read_ceiling(state_dir: Path) -> int | None:
    """The ceiling last reserved, or ``None`` where none can be read."""
    try:
        text = (state_dir / FILE_NAME).read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return None
    return int(text) if re.fullmatch(r"[0-9]{1,16}\n", text) else None


def write_ceiling(state_dir: Path, ceiling: int) -> None:
    """Reserve every id up to ``ceiling``; durable on return. Raises ``OSError``."""
    target, fresh = state_dir / FILE_NAME, state_dir / f"{FILE_NAME}.new"
    try:
        with fresh.open("w", encoding="ascii") as file:
            file.write(f"{ceiling}\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise
    directory = os.open(state_dir, os.O_RDONLY)
    try:
        os.fsync(directory)  # the rename itself must last
    finally:
        os.close(directory)


class EventIds:
    """Hands out ids; says when more must be reserved. Belongs to the event loop, does no I/O."""

    def __init__(self, now: datetime) -> None:
        self._epoch = int(now.timestamp())
        self.last = 0
        self.ceiling = 0

    def begin(self, ceiling: int | None, newest_on_disk: int) -> int:
        """Start above everything that may have been given out; the floor that new ids lie above."""
        floor = max(newest_on_disk, self._epoch if ceiling is None else ceiling)
        self.last = max(self.last, floor)
        self.ceiling = max(self.ceiling, ceiling or 0)
        return floor

    def take(self) -> int:
        """The next id. It may lie above the ceiling while the disk refuses: then it must not leave the box."""
        self.last += 1
        return self.last

    @property
    def wanted_ceiling(self) -> int | None:
        """The ceiling to write now, or ``None`` while enough ids are reserved."""
        return self.last + BLOCK if self.ceiling - self.last < RENEW_BELOW else None
