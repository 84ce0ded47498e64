"""What the ends of calls say, and what can be told from what they hear. Pure.

Each end says its own pair of tones in bursts. The pair tells who is heard, the bursts' beginnings how long sound
was on its way: sample ``k`` of a frame that was sent or came at ``T`` has the time ``T + k / 8000``, as if
played.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bench.hearing import tones_heard

RATE_HZ = 8000
FRAME = 160  # samples of 20 ms
BURST_FRAMES = 20
CYCLE_FRAMES = 40
FRAME_S = 0.02
LOUD = 1000  # of 32767; A-law's error at silence is 8
QUIET_BEFORE = 800  # samples: a burst begins after so much silence
LATEST_S = 0.35  # less than the silence between two bursts, so that each beginning has one burst it can belong to
FREQUENCIES_HZ = tuple(range(450, 1851, 100))
CODES = tuple(combinations(FREQUENCIES_HZ, 2))
_AMPLITUDE = 6000.0


def code_of(index: int) -> tuple[int, int]:
    """The pair of tones of the end number ``index`` (from 1). Raises ``IndexError`` beyond 105."""
    if index < 1:
        raise IndexError(index)
    return CODES[index - 1]


def bursts(code: tuple[int, int]) -> list[bytes]:
    """One cycle of frames (16-bit signed little-endian): so many with the tones, the rest silent."""
    times = np.arange(BURST_FRAMES * FRAME) / RATE_HZ
    tones = sum(_AMPLITUDE * np.cos(2 * np.pi * hz * times) for hz in code)
    silence = np.zeros((CYCLE_FRAMES - BURST_FRAMES) * FRAME)
    samples = np.concatenate([tones, silence]).astype("<i2")
    return [samples[start : start + FRAME].tobytes() for start in range(0, len(samples), FRAME)]


@dataclass(frozen=True, slots=True)
class Frame:
    """A piece of sound that came at ``at`` (seconds)."""

    at: float
    sound: bytes


def beginnings(frames: Sequence[Frame]) -> list[float]:
    """When each heard burst began."""
    if not frames:
        return []
    pieces = [np.frombuffer(frame.sound, "<i2") for frame in frames]
    loud = np.flatnonzero(np.abs(np.concatenate(pieces).astype(np.int32)) >= LOUD)
    if not len(loud):
        return []
    first = np.concatenate([[loud[0] >= QUIET_BEFORE], np.diff(loud) > QUIET_BEFORE])
    starts = np.cumsum([0, *(len(piece) for piece in pieces)])
    found = []
    for place in loud[first]:
        index = int(np.searchsorted(starts, place, "right")) - 1
        found.append(frames[index].at + float(place - starts[index]) / RATE_HZ)
    return found


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of one call: seconds on the way of each burst that arrived, and how many did not."""

    delays_s: tuple[float, ...]
    lost: int


def way(said: Sequence[float], heard: Sequence[float]) -> Way:
    """Match the beginnings of bursts that were said with those that were heard."""
    delays = []
    for at in said:
        after = next((one - at for one in heard if one >= at), LATEST_S)
        if after < LATEST_S:
            delays.append(after)
    return Way(tuple(delays), len(said) - len(delays))


def tones_in(samples: Sequence[int]) -> frozenset[int]:
    """The tones of the code that are heard."""
    return tones_heard(samples, FREQUENCIES_HZ, RATE_HZ)


def samples_of(frames: Sequence[Frame]) -> list[int]:
    """The frames' samples as numbers."""
    return [int(one) for frame in frames for one in np.frombuffer(frame.sound, "<i2")]
