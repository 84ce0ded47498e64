"""A part of the disk as it was when the power went, at any point of the record."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.powercut.writes import Write, apply, settled, survivors, within


class Replay:
    """Points in rising order: what is settled is written once, on a copy that grows along."""

    def __init__(self, record: Path, writes: list[Write], image: Path, start: int, size: int, folder: Path) -> None:
        self.record, self.start, self.folder = record, start, folder
        self.writes = within(writes, start, size)
        self._image, self._size, self._done = image, size, 0
        self.base, self.trial = folder / "settled.img", folder / "trial.img"
        _cut_out(image, start, size, self.base)

    def at(self, point: int, chance: random.Random) -> Path:
        """The part as a cut before ``writes[point]`` leaves it."""
        upto, open_ = settled(self.writes, point)
        assert upto >= self._done, "points come in rising order"
        for place in range(self._done, upto):
            apply(self.writes[place][1], self.record, self.base, self.start)
        self._done = upto
        subprocess.run(["cp", "--sparse=always", str(self.base), str(self.trial)], check=True)
        for place in survivors(self.writes, open_, chance):
            apply(self.writes[place][1], self.record, self.trial, self.start)
        return self.trial


def _cut_out(image: Path, start: int, size: int, target: Path) -> None:
    with image.open("rb") as source, target.open("wb") as file:
        file.truncate(size)
        length = max(0, min(size, image.stat().st_size - start))
        source.seek(start)
        for at in range(0, length, 1 << 20):
            if any(block := source.read(min(1 << 20, length - at))):
                file.seek(at)
                file.write(block)


def acknowledged(record: Path, writes: list[Write], start: int, size: int) -> list[tuple[int, str]]:
    """The notes of what the guard had answered, each with its number in the record."""
    found = []
    with record.open("rb") as file:
        for number, one in enumerate(writes):
            if one.length and start <= one.offset < start + size:
                file.seek(one.data_at)
                found.append((number, str(json.loads(file.read(one.length))["id"])))
    return found


def repaired(part: Path) -> int:
    """What the initramfs does at each start; the code of the first check (below 4: nothing but its journal)."""
    check = subprocess.run(["/sbin/e2fsck", "-p", str(part)], capture_output=True, check=False).returncode
    if check >= 4:
        subprocess.run(["/sbin/e2fsck", "-f", "-y", str(part)], capture_output=True, check=False)
    return check


@contextmanager
def mounted(part: Path, place: Path) -> Iterator[Path]:
    """The part, to be read."""
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop,ro,noload", str(part), str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
