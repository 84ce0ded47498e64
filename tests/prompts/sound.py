"""Sounds for tests."""

from __future__ import annotations

import io
import wave

import numpy as np


def tone(seconds: float = 1.0, level: float = 0.3, rate: int = 8000, channels: int = 1, hz: int = 440) -> bytes:
    """A WAV file with a steady tone."""
    time_s = np.arange(int(seconds * rate)) / rate
    samples = np.round(level * 32767 * np.sin(2 * np.pi * hz * time_s)).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setnchannels(channels)
        writing.setsampwidth(2)
        writing.setframerate(rate)
        writing.writeframes(np.repeat(samples, channels).tobytes())
    return file.getvalue()
