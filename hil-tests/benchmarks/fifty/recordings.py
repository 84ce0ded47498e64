"""Whether a recording holds both sides of its call."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path

from bench.hearing import read_recording
from benchmarks.fifty.sound import CYCLE_FRAMES, FRAME, tones_in

LISTENED = 3 * CYCLE_FRAMES * FRAME  # samples: three cycles of bursts


def both_sides(recording: Path, tones: AbstractSet[int]) -> bool:
    """Whether these tones, and no others, are heard in the middle of the recording. Blocks."""
    try:
        samples, _ = read_recording(recording)
    except (OSError, EOFError, ValueError):
        return False
    middle = max(0, len(samples) // 2 - LISTENED // 2)
    return tones_in(list(samples[middle : middle + LISTENED])) == tones
