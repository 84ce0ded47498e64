"""WAV files of 16-bit PCM at 8 kHz: what stands before the sound, and what to make of a file whose end never came.

Pure. The head is the shortest there is (RIFF, ``fmt ``, ``data``; Microsoft and IBM, "Multimedia Programming
Interface and Data Specifications 1.0", 1991), so sound begins at byte 44 and its length follows from the file's.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

RATE_HZ = 8000
SAMPLE_BYTES = 2
HEAD_BYTES = 44
MOST_SOUND_BYTES = 0xFFFFFFFF - HEAD_BYTES  # the length has four bytes; two sides fill them in 37 hours
_HEAD = struct.Struct("<4sI4s4sIHHIIHH4sI")
_PCM = 1


@dataclass(frozen=True, slots=True)
class Head:
    """What a head says. ``sound_bytes`` is 0 in a file that was never closed."""

    sides: int
    sound_bytes: int


def head(sides: int, sound_bytes: int) -> bytes:
    """The head of a file of one or two ``sides``."""
    frame = sides * SAMPLE_BYTES
    sound_bytes = min(sound_bytes, MOST_SOUND_BYTES)
    return _HEAD.pack(
        b"RIFF",
        HEAD_BYTES - 8 + sound_bytes,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        sides,
        RATE_HZ,
        RATE_HZ * frame,
        frame,
        8 * SAMPLE_BYTES,
        b"data",
        sound_bytes,
    )


def read_head(data: bytes) -> Head | None:
    """The head of one of our files; ``None`` where it is none, or of something else than :func:`head` makes."""
    if len(data) < HEAD_BYTES:
        return None
    riff, _size, wave, fmt, length, kind, sides, rate, _rate, _frame, bits, chunk, sound_bytes = _HEAD.unpack(
        data[:HEAD_BYTES]
    )
    ours = (b"RIFF", b"WAVE", b"fmt ", 16, _PCM, RATE_HZ, 8 * SAMPLE_BYTES, b"data")
    if (riff, wave, fmt, length, kind, rate, bits, chunk) != ours or sides not in (1, 2):
        return None
    return Head(sides, sound_bytes)


def whole_frames(file_bytes: int, sides: int) -> int:
    """How many frames a file of so many bytes holds; half a one at its end does not count."""
    return max(0, file_bytes - HEAD_BYTES) // (sides * SAMPLE_BYTES)


def seconds(frames: int) -> float:
    """How long so many frames last."""
    return frames / RATE_HZ
