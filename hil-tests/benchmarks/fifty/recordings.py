"""Whether a recording holds both sides of its call."""

from __future__ import annotations

from pathlib import Path

from bench.hearing import read_recording
from benchmarks.fifty.sound import CYCLE_FRAMES, FRAME, tones_in

LISTENED = 3 * CYCLE_FRAMES * FRAME  # samples: three cycles of bursts


def both_sides(recording: Path, caller: tuple[int, int], phone: tuple[int, int]) -> bool:
    """Whether the tones of both, and no others, are heard in the middle of the recording. Blocks.

    A tone that both have may cancel itself out, so one of each side's own is enough.
    """
    try:
        samples, _ = read_recording(recording)
    except (OSError, EOFError, ValueError):
        return False
    middle = max(0, len(samples) // 2 - LISTENED // 2)
    heard = tones_in(list(samples[middle : middle + LISTENED]))
    own = {*caller} - {*phone}, {*phone} - {*caller}
    return heard <= {*caller, *phone} and all(heard & tones for tones in own)
