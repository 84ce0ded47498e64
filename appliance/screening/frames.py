"""Sound cut into frames of 20 ms, each with the few numbers the judge looks at. Pure.

Two windows end with each frame: a short one for its level in the telephone band, and one of 50 ms for spectral lines
and voicing, for which a deep voice needs three of its periods. Voicing is the highest peak of the autocorrelation,
which the power spectrum gives by another transform (Wiener-Khinchin): three transforms of 512 points a frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE_HZ = 8000
FRAME_MS = 20
FRAME_SAMPLES = RATE_HZ * FRAME_MS // 1000
SILENT_DB = -100.0  # the level given to digital silence

_FULL_SCALE = 32768.0
_LEVEL_SAMPLES = 256
_VOICE_SAMPLES = 400
_TRANSFORM = 512
_BIN_HZ = RATE_HZ / _TRANSFORM
_BAND = slice(round(140 / _BIN_HZ), round(3600 / _BIN_HZ))  # above most of mains hum, below the codec's edge
_VOICE_BINS = slice(round(80 / _BIN_HZ), round(3600 / _BIN_HZ))
_LAGS = slice(RATE_HZ // 400, RATE_HZ // 61)  # voices between 61 and 400 Hz
_LOBE_BINS = 3  # half the main lobe of the Hann window at this padding
_TINY = 1e-30  # keeps a logarithm finite
_LINE_SHARE = 0.08  # of the power in the band; weaker is no second line but leakage or noise

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """One 20 ms.

    ``level_db``: power in the band, below full scale. ``lines_hz``: its one or two strongest spectral lines, rising;
    ``line_share``: how much of the power they hold (0 to 1). ``voicing``: how periodic it is (0 to 1);
    ``pitch_hz``: with which fundamental.
    """

    level_db: float
    lines_hz: tuple[float, ...]
    line_share: float
    voicing: float
    pitch_hz: float


SILENCE = Frame(SILENT_DB, (), 0.0, 0.0, 0.0)


class Framer:
    """Bytes in, frames out. Signed 16-bit little-endian mono at 8 kHz, in pieces of any length, odd ones too."""

    def __init__(self) -> None:
        self._rest = b""
        self._heard: Samples = np.zeros(_VOICE_SAMPLES)
        self._short: Samples = np.hanning(_LEVEL_SAMPLES)
        self._long: Samples = np.hanning(_VOICE_SAMPLES)
        self._scale = float(np.sum(self._short**2)) * _TRANSFORM / 2.0
        shape = np.fft.irfft(_power(self._long))[_LAGS] / np.sum(self._long**2)
        # the window takes from each lag; to give all of it back would raise noise at the long ones
        self._lag_shape: Samples = shape**0.75

    def feed(self, pcm: bytes) -> Iterator[Frame]:
        """The frames that ``pcm`` completes."""
        self._rest += pcm
        size = 2 * FRAME_SAMPLES
        while len(self._rest) >= size:
            piece, self._rest = self._rest[:size], self._rest[size:]
            yield self._frame(np.frombuffer(piece, dtype="<i2").astype(np.float64) / _FULL_SCALE)

    def _frame(self, fresh: Samples) -> Frame:
        self._heard = np.concatenate((self._heard[FRAME_SAMPLES:], fresh))
        level = float(_power(self._heard[-_LEVEL_SAMPLES:] * self._short)[_BAND].sum())
        power = _power(self._heard * self._long)
        band = power[_BAND]
        total = float(band.sum())
        if level <= 0.0 or total <= 0.0:
            return SILENCE
        level_db = max(SILENT_DB, 10.0 * math.log10(level / self._scale))
        lines, share = _lines(band, total)
        return Frame(level_db, lines, share, *self._voice(power))

    def _voice(self, power: Samples) -> tuple[float, float]:
        voice = np.zeros_like(power)
        voice[_VOICE_BINS] = power[_VOICE_BINS]
        correlation = np.fft.irfft(voice)
        if correlation[0] <= 0.0:
            return 0.0, 0.0
        periodic = correlation[_LAGS] / self._lag_shape
        best = int(periodic.argmax())
        return min(1.0, float(periodic[best] / correlation[0])), RATE_HZ / (best + _LAGS.start)


def _power(windowed: Samples) -> Samples:
    return np.abs(np.fft.rfft(windowed, _TRANSFORM)) ** 2


def _lines(band: Samples, total: float) -> tuple[tuple[float, ...], float]:
    first, held = _strongest(band)
    lobe = slice(max(0, first - _LOBE_BINS), first + _LOBE_BINS + 1)
    rest = band.copy()
    rest[lobe] = 0.0
    second, second_held = _strongest(rest)
    if second_held < _LINE_SHARE * total:
        return (_hz(band, first),), held / total
    return tuple(sorted((_hz(band, first), _hz(band, second)))), (held + second_held) / total


def _strongest(band: Samples) -> tuple[int, float]:
    at = int(band.argmax())
    return at, float(band[max(0, at - _LOBE_BINS) : at + _LOBE_BINS + 1].sum())


def _hz(band: Samples, at: int) -> float:
    """The frequency of the peak, between the bins (parabola through the logarithms of three of them)."""
    shift = 0.0
    if 0 < at < len(band) - 1:
        left, middle, right = (math.log(float(value) + _TINY) for value in band[at - 1 : at + 2])
        bend = left - 2.0 * middle + right
        if bend < 0.0:
            shift = 0.5 * (left - right) / bend
    return (at + _BAND.start + shift) * _BIN_HZ
