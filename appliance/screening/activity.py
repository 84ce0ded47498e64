"""When does somebody speak? Frames in, bursts of sound out, against a noise floor that follows the line. Pure.

The last two seconds are looked at anew with every frame: while the first word is spoken nobody can know what the
noise of the line will be, half a second later it is plain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from appliance.screening.frames import FRAME_MS, SILENT_DB, Frame

MOST_FRAMES = 3000  # one minute; nobody screens that long
FLOOR_FRAMES = 150  # the floor is taken over 3 s
OPEN_FRAMES = 100  # what may still be judged anew
FLOOR_PERCENTILE = 12.0
ABOVE_FLOOR_DB = 7.0
BELOW_PEAK_DB = 26.0  # quieter than this under the loudest is a breath, an echo or somebody in the background
QUIETEST_DB = -55.0  # below it nothing is speech
HIGHEST_FLOOR_DB = -30.0
JOIN_FRAMES = 9  # gaps up to 180 ms are inside a word or between two that belong together
VOICED = 0.55
SHORTEST_FRAMES = 2
SHORTEST_VOICED_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Burst:
    """Sound without a gap worth the name; ``start`` and ``end`` in frames, ``end`` excluded."""

    start: int
    end: int
    voiced: int

    @property
    def speech(self) -> bool:
        """Periodic for long enough to be a voice (or a tone), not a click, a breath or a cough."""
        return self.voiced >= SHORTEST_VOICED_FRAMES


class Activity:
    """The bursts so far."""

    def __init__(self) -> None:
        self._levels: npt.NDArray[np.float64] = np.full(MOST_FRAMES, SILENT_DB)
        self._voiced: npt.NDArray[np.bool_] = np.zeros(MOST_FRAMES, dtype=np.bool_)
        self._active: npt.NDArray[np.bool_] = np.zeros(MOST_FRAMES, dtype=np.bool_)
        self.frames = 0
        self.floor_db = SILENT_DB

    @property
    def now_ms(self) -> int:
        """How much sound has been looked at."""
        return self.frames * FRAME_MS

    def add(self, frame: Frame, *, voice: bool = True) -> None:
        """One more frame; ``voice`` is false for one that is known to be a tone of the network."""
        if self.frames >= MOST_FRAMES:
            return
        self._levels[self.frames] = frame.level_db if voice else SILENT_DB
        self._voiced[self.frames] = voice and frame.voicing >= VOICED
        self.frames += 1
        recent = self._levels[max(0, self.frames - FLOOR_FRAMES) : self.frames]
        heard = recent[recent > SILENT_DB + 20.0]  # digital silence says nothing about the line's noise
        if len(heard):
            index = int(len(heard) * FLOOR_PERCENTILE / 100.0)
            self.floor_db = min(float(np.partition(heard, index)[index]), HIGHEST_FLOOR_DB)
        peak = float(recent.max())
        threshold = max(self.floor_db + ABOVE_FLOOR_DB, peak - BELOW_PEAK_DB, QUIETEST_DB)
        span = slice(max(0, self.frames - OPEN_FRAMES), self.frames)
        self._active[span] = self._levels[span] > threshold

    def bursts(self) -> tuple[Burst, ...]:
        """All bursts, gaps up to ``JOIN_FRAMES`` joined, clicks left out."""
        at = np.flatnonzero(self._active[: self.frames])
        if not len(at):
            return ()
        breaks = np.flatnonzero(np.diff(at) > JOIN_FRAMES + 1)
        starts = at[np.concatenate(([0], breaks + 1))]
        ends = at[np.concatenate((breaks, [len(at) - 1]))] + 1
        return tuple(
            Burst(int(start), int(end), int(np.count_nonzero(self._voiced[start:end] & self._active[start:end])))
            for start, end in zip(starts, ends, strict=True)
            if end - start >= SHORTEST_FRAMES
        )
