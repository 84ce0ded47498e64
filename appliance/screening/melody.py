"""Does it sound like a question? Whoever takes up a phone and says "Hello?" hands the word to the caller, and the
pitch says so: it ends high, or rises once more at the end. A recorded text states. Pure.
"""

from __future__ import annotations

from statistics import median

import numpy as np
import numpy.typing as npt

FEWEST_FRAMES = 8  # 160 ms with a voice; of less nothing can be said
FARTHEST_SEMITONES = 8.0  # from the middle: an octave taken for the pitch, not the voice
END_FRAMES = 5
HIGH_SEMITONES = -0.5  # a question's end lies so much over the rest; a statement's 2 to 6 under it
TAIL_FRAMES = 18
TIP_FRAMES = 3
RISE_SEMITONES = 2.0


def asks(pitch_hz: npt.NDArray[np.float64]) -> bool:
    """Whether this pitch, of the voiced frames of what was said, is that of a question."""
    if len(pitch_hz) < FEWEST_FRAMES:
        return False
    semitones = 12.0 * np.log2(pitch_hz)
    semitones = semitones[np.abs(semitones - np.median(semitones)) < FARTHEST_SEMITONES]
    if len(semitones) < FEWEST_FRAMES:
        return False
    level = float(np.median(semitones[-END_FRAMES:]) - np.median(semitones[:-END_FRAMES]))
    count, plain = len(semitones), semitones.tolist()
    smooth = (median(plain[max(0, at - 1) : at + 2]) for at in range(max(0, count - TAIL_FRAMES), count - TIP_FRAMES))
    rise = float(np.median(semitones[-TIP_FRAMES:])) - min(smooth)
    return level >= HIGH_SEMITONES or rise >= RISE_SEMITONES
