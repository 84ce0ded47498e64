"""What a telephone heard, as spans of time: whose tone, from when until when. Pure.

The same rules as :mod:`bench.hearing` (share of a block's power, held for a while), over many tones and minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.hearing import BLOCK_S, HELD_BLOCKS, SILENCE_RMS, SMALLEST_SHARE
from bench.phones.audio import RATE_HZ, Samples

OTHER = "sound"  # loud, and none of the tones that are known: speech, music
GAP_BLOCKS = 3  # shorter breaks do not end a span: packets come late on a busy machine


@dataclass(frozen=True, slots=True)
class Span:
    """``what`` was heard from ``start_s`` until ``end_s``, in seconds since the recording began."""

    what: str
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


class Ear:
    """Listens to one recording that only grows: each block of it is looked at once, however often one asks."""

    def __init__(self, known_hz: Mapping[str, int], rate_hz: int = RATE_HZ) -> None:
        self.known_hz = known_hz
        self._size = int(rate_hz * BLOCK_S)
        turns = 2 * np.pi * np.outer(np.arange(self._size), list(known_hz.values())) / rate_hz
        self._waves = np.concatenate((np.cos(turns), np.sin(turns)), axis=1)
        self._present = np.zeros((0, len(known_hz) + 1), dtype=bool)  # a block a row; OTHER is the last column

    def spans(self, samples: Samples) -> tuple[Span, ...]:
        """Everything that was heard in the whole recording, in the order in which it began. Two at once overlap."""
        self._present = np.concatenate((self._present, self._look(samples[len(self._present) * self._size :])))
        columns = zip((*self.known_hz, OTHER), self._present.T, strict=True)
        found = [span for what, present in columns for span in _held(what, present)]
        return tuple(sorted(found, key=lambda span: (span.start_s, span.what)))

    def _look(self, samples: Samples) -> np.ndarray:
        """Which tone is in which whole block of these samples."""
        size, count = self._size, len(samples) // self._size
        blocks = samples[: count * size].reshape(count, size).astype(np.float64)
        energy = (blocks**2).sum(axis=1)
        loud = np.sqrt(energy / size) >= SILENCE_RMS
        cosines, sines = np.split(blocks @ self._waves, 2, axis=1)
        share = 2 * (cosines**2 + sines**2) / (size * np.maximum(energy, 1.0))[:, np.newaxis]
        tones = loud[:, np.newaxis] & (share >= SMALLEST_SHARE)
        return np.column_stack((tones, loud & ~tones.any(axis=1)))


def spans(samples: Samples, known_hz: Mapping[str, int], rate_hz: int = RATE_HZ) -> tuple[Span, ...]:
    """What an :class:`Ear` hears in a recording that is whole."""
    return Ear(known_hz, rate_hz).spans(samples)


def _held(what: str, present: np.ndarray) -> list[Span]:
    """The runs that are long enough; runs with a short gap between them are one."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], present.astype(np.int8), [0]))))
    runs: list[tuple[int, int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and start - runs[-1][1] <= GAP_BLOCKS:
            runs[-1] = runs[-1][0], end
        else:
            runs.append((start, end))
    return [
        Span(what, start * BLOCK_S, end * BLOCK_S) for start, end in runs if present[start:end].sum() >= HELD_BLOCKS
    ]
