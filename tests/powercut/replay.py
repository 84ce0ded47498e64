"""The state partition as it was when the power went, at any point of the record."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

from tests.powercut.writes import Write, apply, settled, survivors, within


class Replay:
    """Points in rising order: what is settled is written once, on a copy that grows along."""

    def __init__(self, record: Path, writes: list[Write], pristine: Path, size: int, folder: Path) -> None:
        self.record = record
        self.writes = within(writes, 0, size)
        self._done = 0
        self.base, self._folder = folder / "settled", folder
        self._last: Path | None = None
        subprocess.run(["cp", "--sparse=always", str(pristine), str(self.base)], check=True)

    def at(self, point: int, chance: random.Random) -> Path:
        """The disk as a cut before ``writes[point]`` leaves it."""
        upto, open_ = settled(self.writes, point)
        assert upto >= self._done, "points come in rising order"
        for place in range(self._done, upto):
            apply(self.writes[place][1], self.record, self.base)
        self._done = upto
        # a new file for each: mount takes a loop device that the kernel still has for the same file once more,
        # and shows what was on it before
        trial = self._folder / f"cut-{point}"
        if self._last is not None:
            self._last.unlink(missing_ok=True)
        self._last = trial
        subprocess.run(["cp", "--sparse=always", str(self.base), str(trial)], check=True)
        for place in survivors(self.writes, open_, chance):
            apply(self.writes[place][1], self.record, trial)
        return trial


def acknowledged(record: Path, writes: list[Write], start: int) -> list[tuple[int, str]]:
    """The notes of what the guard had answered, from ``start`` of the disk on, each with its number in the record."""
    found = []
    with record.open("rb") as file:
        for number, one in enumerate(writes):
            if one.length and one.offset >= start:
                file.seek(one.data_at)
                found.append((number, str(json.loads(file.read(one.length))["id"])))
    return found


def repaired(part: Path) -> int:
    """What the initramfs does at each start; the code of the first check (below 4: nothing but its journal)."""
    check = subprocess.run(["/sbin/e2fsck", "-p", str(part)], capture_output=True, check=False).returncode
    if check >= 4:
        subprocess.run(["/sbin/e2fsck", "-f", "-y", str(part)], capture_output=True, check=False)
    return check
