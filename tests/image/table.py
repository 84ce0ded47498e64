"""Where a partition of an image is, by its name in the GPT."""

from __future__ import annotations

import struct
from pathlib import Path

SECTOR = 512
HEADER = struct.Struct("<72xQII")  # where the entries are, how many, how big each is
ENTRY = struct.Struct("<32xQQ8x72s")


def part(image: Path, label: str) -> tuple[int, int]:
    """Its first byte, and how many. Raises ``LookupError``."""
    with image.open("rb") as file:
        file.seek(SECTOR)
        at, count, size = HEADER.unpack(file.read(HEADER.size))
        file.seek(at * SECTOR)
        for _ in range(count):
            first, last, name = ENTRY.unpack(file.read(size)[: ENTRY.size])
            if name.decode("utf-16-le").rstrip("\0") == f"hotline-{label}":
                return first * SECTOR, (last - first + 1) * SECTOR
    raise LookupError(f"{image} has no partition hotline-{label}")
