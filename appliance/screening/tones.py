"""Tones among the sound: a beep, the network's special information tones, a fax; and ringing, which is none of them.

A tone is one or two spectral lines that hold nearly all the power and do not move, for longer than any voice keeps
still. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.screening.frames import Frame

LINE_SHARE = 0.9
LOUD_DB = -48.0
STEADY_HZ = 9.0
SHORTEST_FRAMES = 8  # 160 ms
# ringing tones of the world: 425 (most of Europe), 400+450, 440+480, 400, 440, 450 (ITU-T E.180 Supplement 2)
RINGING_HZ = (380.0, 500.0)


@dataclass(frozen=True, slots=True)
class Tone:
    """``start`` and ``end`` in frames, ``end`` excluded."""

    start: int
    end: int
    lines_hz: tuple[float, ...]

    @property
    def ringing(self) -> bool:
        """It lies where ringing tones lie."""
        return _ringing(self.lines_hz)


class Tones:
    """The tones so far; the last one may still sound."""

    def __init__(self) -> None:
        self._found: list[Tone] = []
        self._run: list[tuple[float, ...]] = []
        self.frames = 0

    @property
    def found(self) -> tuple[Tone, ...]:
        """Every tone that lasted."""
        return (*self._found, self._sounding()) if self.sounding else tuple(self._found)

    @property
    def sounding(self) -> bool:
        """A tone is on now."""
        return len(self._run) >= SHORTEST_FRAMES

    def add(self, frame: Frame) -> None:
        """One more frame."""
        steady = frame.level_db > LOUD_DB and frame.line_share >= LINE_SHARE
        if not (steady and self._same(frame.lines_hz)):
            if self.sounding:
                self._found.append(self._sounding())
            self._run = []
        if steady:
            self._run.append(frame.lines_hz)
        self.frames += 1

    def _same(self, lines_hz: tuple[float, ...]) -> bool:
        if not self._run:
            return True
        if _ringing(lines_hz) and _ringing(self._run[0]):
            return True  # two lines that lie so close together beat, and seem to be one that wanders
        first = self._run[min(1, len(self._run) - 1)]  # the first frame holds the edge
        return len(first) == len(lines_hz) and all(
            abs(a - b) <= STEADY_HZ for a, b in zip(first, lines_hz, strict=True)
        )

    def _sounding(self) -> Tone:
        middle = self._run[len(self._run) // 2]
        return Tone(self.frames - len(self._run), self.frames, middle)


def _ringing(lines_hz: tuple[float, ...]) -> bool:
    return all(RINGING_HZ[0] <= hz <= RINGING_HZ[1] for hz in lines_hz)
