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
FAINT_ABOVE_FLOOR_DB = 5.0
MOST_FAINT_FRAMES = 8
MOST_FAINT_GAP_FRAMES = 2  # a plosive and its vowel
BELOW_PEAK_DB = 26.0  # quieter than this under the loudest is a breath, an echo or somebody in the background
QUIETEST_DB = -55.0  # below it nothing is speech
FAINTEST_DB = -68.0
HIGHEST_FLOOR_DB = -30.0
JOIN_FRAMES = 9  # gaps up to 180 ms are inside a word or between two that belong together
VOICED = 0.42
SHORTEST_FRAMES = 2
LAST_FRAMES = 3
STILL_DB = 20.0  # under the loudest
SHORTEST_VOICED_FRAMES = 3
# frames it has at least, and the share of them that are steady; speech has a fifth, hardly ever more than 0.45
MUSIC = ((40, 0.75), (75, 0.6))
STEADY_HZ = 4.0  # between one frame and the next
STEADY_LINE_SHARE = 0.5  # of the power


@dataclass(frozen=True, slots=True)
class Burst:
    """Sound without a gap worth the name.

    ``start`` and ``end`` in frames, ``end`` excluded; how many of them are ``voiced``, and how many ``steady``, which
    hold a spectral line that does not move; ``peak_db`` its loudest.
    """

    start: int
    end: int
    voiced: int
    steady: int
    peak_db: float

    @property
    def ms(self) -> int:
        """How long it is."""
        return (self.end - self.start) * FRAME_MS

    @property
    def music(self) -> bool:
        """Notes keep their pitch, voices glide; the shorter it is, the steadier it has to be."""
        frames = self.end - self.start
        return any(frames >= least and self.steady > share * frames for least, share in MUSIC)

    @property
    def speech(self) -> bool:
        """Periodic for long enough to be a voice, not a click, a breath or a cough; and no music."""
        return self.voiced >= SHORTEST_VOICED_FRAMES and not self.music


class Activity:
    """The bursts so far."""

    def __init__(self) -> None:
        self._levels: npt.NDArray[np.float64] = np.full(MOST_FRAMES, SILENT_DB)
        self._voiced: npt.NDArray[np.bool_] = np.zeros(MOST_FRAMES, dtype=np.bool_)
        self._steady: npt.NDArray[np.bool_] = np.zeros(MOST_FRAMES, dtype=np.bool_)
        self._lines_hz: tuple[float, ...] = ()
        self._active: npt.NDArray[np.bool_] = np.zeros(MOST_FRAMES, dtype=np.bool_)
        self._faint: npt.NDArray[np.bool_] = np.zeros(MOST_FRAMES, dtype=np.bool_)
        self._pitch: npt.NDArray[np.float64] = np.zeros(MOST_FRAMES)
        self.frames = 0
        self.floor_db = SILENT_DB

    @property
    def now_ms(self) -> int:
        """How much sound has been looked at."""
        return self.frames * FRAME_MS

    @property
    def sounding(self) -> bool:
        """The last moments are about as loud as the loudest: whatever it is, it has not ended."""
        levels = self._levels[: self.frames]
        return bool(self.frames) and bool(levels[-LAST_FRAMES:].max() > max(QUIETEST_DB, levels.max() - STILL_DB))

    def add(self, frame: Frame) -> None:
        """One more frame."""
        if self.frames >= MOST_FRAMES:
            return
        self._levels[self.frames] = frame.level_db
        self._voiced[self.frames] = frame.voicing >= VOICED
        self._pitch[self.frames] = frame.pitch_hz
        self._steady[self.frames] = frame.line_share > STEADY_LINE_SHARE and any(
            abs(line - before) < STEADY_HZ for line in frame.lines_hz for before in self._lines_hz
        )
        self._lines_hz = frame.lines_hz
        self.frames += 1
        self._look_again()

    def strike(self, start: int, end: int) -> None:
        """Frames that turned out to be a tone of the network: they are neither speech nor noise."""
        self._levels[max(0, start) : min(end, self.frames)] = SILENT_DB
        self._active[max(0, start) : min(end, self.frames)] = False
        self._look_again()

    def _look_again(self) -> None:
        recent = self._levels[max(0, self.frames - FLOOR_FRAMES) : self.frames]
        heard = recent[recent > SILENT_DB + 20.0]  # digital silence says nothing about the line's noise
        if len(heard):
            index = int(len(heard) * FLOOR_PERCENTILE / 100.0)
            self.floor_db = min(float(np.partition(heard, index)[index]), HIGHEST_FLOOR_DB)
        threshold = max(self.floor_db + ABOVE_FLOOR_DB, float(recent.max()) - BELOW_PEAK_DB, QUIETEST_DB)
        span = slice(max(0, self.frames - OPEN_FRAMES), self.frames)
        self._active[span] = self._levels[span] > threshold
        self._faint[span] = self._levels[span] > max(self.floor_db + FAINT_ABOVE_FLOOR_DB, FAINTEST_DB)

    def _begun(self, start: int) -> int:
        """Where the burst that is loud from ``start`` on began faintly: many words begin with a soft consonant."""
        earliest = max(0, start - MOST_FAINT_FRAMES)
        before = np.flatnonzero(self._faint[earliest:start])
        for at in before[::-1] + earliest:
            if start - at > MOST_FAINT_GAP_FRAMES + 1:
                break
            start = int(at)
        return start

    def bursts(self) -> tuple[Burst, ...]:
        """All bursts, gaps up to ``JOIN_FRAMES`` joined, clicks left out."""
        at = np.flatnonzero(self._active[: self.frames])
        if not len(at):
            return ()
        breaks = np.flatnonzero(np.diff(at) > JOIN_FRAMES + 1)
        starts = at[np.concatenate(([0], breaks + 1))]
        ends = at[np.concatenate((breaks, [len(at) - 1]))] + 1
        return tuple(
            self._burst(int(start), int(end))
            for start, end in zip(starts, ends, strict=True)
            if end - start >= SHORTEST_FRAMES
        )

    def _burst(self, start: int, end: int) -> Burst:
        span = slice(start, end)
        return Burst(
            self._begun(start),
            end,
            int(np.count_nonzero(self._voiced[span] & self._active[span])),
            int(np.count_nonzero(self._steady[span])),
            float(self._levels[span].max()),
        )

    def pitch_hz(self, start: int, end: int) -> npt.NDArray[np.float64]:
        """The pitch of the voiced frames in between."""
        return self._pitch[start:end][self._voiced[start:end] & self._active[start:end]]
