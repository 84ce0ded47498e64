"""Reading a recording piece by piece. Blocks; raises ``OSError``."""

from __future__ import annotations

import os
from pathlib import Path

MOST_BYTES = 128 * 1024  # of a piece: what becomes a message of some 180 kB


def piece(path: Path, offset: int, length: int) -> tuple[bytes, int]:
    """Up to ``length`` bytes from ``offset`` on, and how many the whole file has."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(offset)
        return file.read(min(length, MOST_BYTES)), size
