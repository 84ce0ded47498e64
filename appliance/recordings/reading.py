"""Reading a recording piece by piece. Blocks; raises ``OSError``."""

from __future__ import annotations

import os
from pathlib import Path

from appliance.recordings import wav
from appliance.recordings.track import mixed

MOST_BYTES = 128 * 1024  # of a piece: what becomes a message of some 180 kB


def piece(path: Path, offset: int, length: int) -> tuple[bytes, int]:
    """Up to ``length`` bytes from ``offset`` on, and how many the whole file has."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(min(offset, size))  # file systems refuse places that are far beyond
        return file.read(min(length, MOST_BYTES)), size


def for_the_ear(source: Path, sides: int, target: Path) -> None:
    """Copy the sound as a telephone plays it: both sides as one, without a head."""
    frame = sides * wav.SAMPLE_BYTES
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o770)
    with source.open("rb") as file, target.open("wb") as copy:
        file.seek(wav.HEAD_BYTES)
        while sound := file.read(frame * 8192):
            whole = sound[: len(sound) // frame * frame]
            copy.write(mixed(whole) if sides == 2 else whole)
