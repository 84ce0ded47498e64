"""One recording's file while it grows: appended to, brought to the disk, closed with its length, mended after a cut.

Everything blocks and raises ``OSError``.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Self

from appliance.recordings import wav

MODE, FOLDER_MODE = 0o640, 0o750


class GrowingFile:
    """Made by :meth:`begin` or :meth:`take_up`. A file whose length was never written is told by :func:`mend`."""

    def __init__(self, descriptor: int, sides: int, frames: int) -> None:
        self._descriptor, self._sides = descriptor, sides
        self._size = wav.HEAD_BYTES + frames * sides * wav.SAMPLE_BYTES
        self._dirty = False

    @classmethod
    def begin(cls, path: Path, sides: int) -> Self:
        """A new file, its name on the disk too."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
        try:
            _write_all(descriptor, wav.head(sides, 0), 0)
            os.fsync(descriptor)
            for folder in (path.parent, path.parent.parent):
                sync_folder(folder)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor, sides, 0)

    @classmethod
    def take_up(cls, path: Path, sides: int) -> Self:
        """One that was cut off, to go on with behind its last whole frame."""
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            frames = wav.whole_frames(os.fstat(descriptor).st_size, sides)
            os.ftruncate(descriptor, wav.HEAD_BYTES + frames * sides * wav.SAMPLE_BYTES)
            _write_all(descriptor, wav.head(sides, 0), 0)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor, sides, frames)

    @property
    def frames(self) -> int:
        """How many are in it."""
        return wav.whole_frames(self._size, self._sides)

    def append(self, sound: bytes) -> None:
        """Write behind what is there; it is safe from a power cut only after :meth:`sync`."""
        if sound:
            self._dirty = True
            _write_all(self._descriptor, sound, self._size)
            self._size += len(sound)

    def sync(self) -> None:
        """Bring what was appended to the disk."""
        if self._dirty:
            os.fdatasync(self._descriptor)  # the length of a file counts as data that is needed to read it
            self._dirty = False

    def close(self) -> None:
        """Write the length, bring everything to the disk, let go. A disk that refuses loses no sound it took."""
        try:
            with contextlib.suppress(OSError):  # half of a refused piece
                os.ftruncate(self._descriptor, self._size)
            _write_all(self._descriptor, wav.head(self._sides, self._size - wav.HEAD_BYTES), 0)
            os.fsync(self._descriptor)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go as it is."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def mend(path: Path, sides: int) -> int:
    """Put a file right that a crash cut off; how many frames are in it. One that is right is not touched."""
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        frames = wav.whole_frames(size, sides)
        sound_bytes = frames * sides * wav.SAMPLE_BYTES
        if wav.read_head(file.read(wav.HEAD_BYTES)) == wav.Head(sides, sound_bytes) and sound_bytes:
            if size != wav.HEAD_BYTES + sound_bytes:
                file.truncate(wav.HEAD_BYTES + sound_bytes)
            return frames
        file.truncate(wav.HEAD_BYTES + sound_bytes)
        file.seek(0)
        file.write(wav.head(sides, sound_bytes))
        file.flush()
        os.fsync(file.fileno())
    return frames


def sync_folder(folder: Path) -> None:
    """Bring the names in it to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes, place: int) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(descriptor, view, place)
        view, place = view[count:], place + count
