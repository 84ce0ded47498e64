"""The state partition on a disk whose every write QEMU's ``blklogwrites`` records; this machine's kernel mounts it.

Behind the partition there is room for notes on the same disk: so the record tells what had been noted at each point.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NOTES_BYTES = 4 << 20
STARTS_S = 60.0


@dataclass(frozen=True, slots=True)
class Disk:
    """Its files: ``plain`` holds what is written, ``record`` each write, ``shown`` is what the kernel mounts."""

    plain: Path
    record: Path
    shown: Path
    size: int

    @contextmanager
    def recorded(self, log: Path) -> Iterator[None]:
        """``shown`` is there inside."""
        self.record.unlink(missing_ok=True)
        self.record.touch()
        self.shown.touch()
        argv = [
            "qemu-storage-daemon",
            *("--blockdev", f"driver=file,node-name=plain,filename={self.plain}"),
            *("--blockdev", f"driver=file,node-name=record,filename={self.record}"),
            *("--blockdev", "driver=blklogwrites,node-name=disk,file=plain,log=record,log-sector-size=512"),
            *("--export", f"type=fuse,id=disk,node-name=disk,mountpoint={self.shown},writable=on"),
        ]
        with log.open("wb") as file:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
            try:
                deadline = time.monotonic() + STARTS_S
                while self.shown.stat().st_size != self.size:
                    assert process.poll() is None, log.read_text()
                    assert time.monotonic() < deadline, "the recorded disk does not appear"
                    time.sleep(0.1)
                yield
            finally:
                process.terminate()
                process.wait(60)


def made(image: Path, start: int, size: int, folder: Path) -> Disk:
    """A disk with the partition as the image has it, and an untouched copy beside it, ``pristine``."""
    pristine, plain = folder / "pristine", folder / "plain"
    with image.open("rb") as source, pristine.open("wb") as target:
        target.truncate(size + NOTES_BYTES)
        source.seek(start)
        for at in range(0, size, 1 << 20):
            if any(block := source.read(min(1 << 20, size - at))):
                target.seek(at)
                target.write(block)
    subprocess.run(["cp", "--sparse=always", str(pristine), str(plain)], check=True)
    return Disk(plain, folder / "record", folder / "shown", size + NOTES_BYTES)


@contextmanager
def mounted(disk: Path, size: int, place: Path, options: str) -> Iterator[Path]:
    """The partition at the disk's beginning."""
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-o", f"loop,sizelimit={size},{options}", str(disk), str(place)], check=True)
    try:
        yield place
    finally:
        _unmounted(place)


def _unmounted(place: Path) -> None:
    """Namespaces that are just ending may hold on to it for a moment."""
    deadline = time.monotonic() + STARTS_S
    while subprocess.run(["umount", str(place)], capture_output=True, check=False).returncode != 0:
        assert time.monotonic() < deadline, f"{place} stays mounted"
        time.sleep(0.2)


def cleared(folder: Path) -> Path:
    """A new folder in the place of whatever is there."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder
