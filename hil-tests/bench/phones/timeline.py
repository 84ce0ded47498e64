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


def spans(samples: Samples, known_hz: Mapping[str, int], rate_hz: int = RATE_HZ) -> tuple[Span, ...]:
    """Everything that was heard, in the order in which it began. Two at once overlap."""
    size = int(rate_hz * BLOCK_S)
    count = len(samples) // size
    if count == 0:
        return ()
    blocks = samples[: count * size].reshape(count, size).astype(np.float64)
    energy = (blocks**2).sum(axis=1)
    loud = np.sqrt(energy / size) >= SILENCE_RMS
    found: list[Span] = []
    nobody = loud.copy()
    for what, hz in known_hz.items():
        wave = np.exp(-2j * np.pi * hz * np.arange(size) / rate_hz)
        share = 2 * np.abs(blocks @ wave) ** 2 / (size * np.maximum(energy, 1.0))
        present = loud & (share >= SMALLEST_SHARE)
        nobody &= ~present
        found += _held(what, present)
    return tuple(sorted((*found, *_held(OTHER, nobody)), key=lambda span: (span.start_s, span.what)))


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
