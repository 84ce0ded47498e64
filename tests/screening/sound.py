"""Small sounds for the judge: a voice made of pulses, tones, noise. Signed 16-bit mono at 8 kHz."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE_HZ = 8000
Sound = npt.NDArray[np.float64]


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE_HZ))


def voice(seconds: float, *, from_hz: float = 140.0, to_hz: float = 110.0, level: float = 0.2) -> Sound:
    """Harmonics of a gliding pitch: periodic as a voice is, without words. It falls, as a statement does."""
    pitch = np.linspace(from_hz, to_hz, round(seconds * RATE_HZ))
    pitch *= 1 + 0.08 * np.sin(2 * np.pi * 3 * np.arange(len(pitch)) / RATE_HZ)  # no voice holds a note
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    formant = [np.exp(-(((number * from_hz - 650) / 350) ** 2)) for number in range(1, 20)]
    harmonics = sum((weight * np.sin((1 + at) * phase) for at, weight in enumerate(formant)), np.zeros(len(pitch)))
    swing = 0.6 + 0.4 * np.sin(2 * np.pi * 5 * np.arange(len(pitch)) / RATE_HZ)  # syllables
    return np.asarray(level * harmonics * swing)


def tone(seconds: float, *lines_hz: float, level: float = 0.2) -> Sound:
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.asarray(level * sum((np.sin(2 * np.pi * hz * at) for hz in lines_hz), np.zeros(len(at))))


def noise(seconds: float, level: float) -> Sound:
    return np.asarray(level * np.random.default_rng(1).standard_normal(round(seconds * RATE_HZ)))


def pcm(*pieces: Sound) -> bytes:
    whole = np.concatenate(pieces)
    return np.round(np.clip(whole, -1.0, 32767 / 32768) * 32768).astype("<i2").tobytes()
