"""Sound as the telephone carries it: A-law (ITU-T G.711), tones and WAV files, cut into frames of 20 ms."""

from __future__ import annotations

import wave
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
FRAME_SAMPLES = 160
FRAME_S = FRAME_SAMPLES / RATE_HZ
TONE_LEVEL = 6000.0  # of 32767
Samples = NDArray[np.int16]


def _decode(code: int) -> int:
    """One A-law code as a linear sample (ITU-T G.711 table 1a; even bits are inverted on the wire)."""
    code ^= 0x55
    mantissa, segment = (code & 0x0F) << 4, (code & 0x70) >> 4
    size = mantissa + 8 if segment == 0 else (mantissa + 0x108) << (segment - 1)
    return size if code & 0x80 else -size


_TO_LINEAR = np.array([_decode(code) for code in range(256)], dtype=np.int16)


@cache
def _to_codes() -> NDArray[np.uint8]:
    """The nearest code for each of 65536 samples."""
    order = np.argsort(_TO_LINEAR)
    levels = _TO_LINEAR[order].astype(np.int32)
    samples = np.arange(-32768, 32768, dtype=np.int32)
    right = np.clip(np.searchsorted(levels, samples), 1, 255)
    nearest = np.where(samples - levels[right - 1] <= levels[right] - samples, right - 1, right)
    return order[nearest].astype(np.uint8)


def to_a_law(samples: Samples) -> bytes:
    """Samples as A-law."""
    return _to_codes()[samples.astype(np.int32) + 32768].tobytes()


def from_a_law(codes: bytes) -> Samples:
    """A-law as samples."""
    return _TO_LINEAR[np.frombuffer(codes, dtype=np.uint8)]


SILENT_FRAME = bytes([0xD5]) * FRAME_SAMPLES


@cache
def tone(hz: int) -> tuple[bytes, ...]:
    """One second of a tone in frames. It can be repeated without a click, as ``hz`` is a whole number."""
    time_s = np.arange(RATE_HZ) / RATE_HZ
    return frames(np.round(TONE_LEVEL * np.sin(2 * np.pi * hz * time_s)).astype(np.int16))


def frames(samples: Samples) -> tuple[bytes, ...]:
    """The samples as A-law frames; the last one is filled up with silence."""
    codes = to_a_law(samples)
    codes += SILENT_FRAME[: -len(codes) % FRAME_SAMPLES]
    return tuple(codes[start : start + FRAME_SAMPLES] for start in range(0, len(codes), FRAME_SAMPLES))


def read_wav(path: Path) -> Samples:
    """A 16-bit mono WAV file, brought to 8 kHz. Raises ``ValueError`` for any other kind."""
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2 or file.getnchannels() != 1:
            raise ValueError(f"{path} is not 16-bit mono")
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        rate_hz = file.getframerate()
    if rate_hz == RATE_HZ:
        return samples
    count = int(len(samples) * RATE_HZ / rate_hz)
    return np.interp(np.arange(count) * rate_hz / RATE_HZ, np.arange(len(samples)), samples).astype(np.int16)


def write_wav(path: Path, samples: Samples) -> None:
    """Write 8 kHz 16-bit mono."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())
