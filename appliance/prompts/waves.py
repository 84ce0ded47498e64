"""Sound as Asterisk plays it here: WAV, 8 kHz, 16 bit, one channel. What is in it, and how loud. Pure."""

from __future__ import annotations

import io
import math
import struct
import wave
from dataclasses import dataclass

import numpy as np

from appliance.domain.phrase import number, phrase

RATE_HZ = 8000
SAMPLE_BYTES = 2
FULL_SCALE = 32768.0
SHORTEST_S, LONGEST_S = 0.1, 600.0
QUIETEST_DB = -50.0  # no peak above it: silence, hum or a broken file
PEAK_DB = -3.0  # what a sound's loudest moment is brought to; lines clip above
MOST_GAIN_DB = 30.0
CLIPPED_SHARE = 0.01
FRAME = 160  # samples: 20 ms
LOUD_RMS = 200.0  # of 32768: -44 dB; people on a quiet line are 20 dB above


class UnusableError(ValueError):
    """No sound that a caller could be given; the message says why, and what would be right."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A sound that can be used: at which level it came, and whether much of it was at the limit."""

    seconds: float
    peak_db: float
    clipped: bool


def judge(pcm: bytes) -> Judged:
    """Raw samples at :data:`RATE_HZ`. Raises :class:`UnusableError`."""
    samples = _samples(pcm)
    seconds = len(samples) / RATE_HZ
    if seconds < SHORTEST_S:
        lasts = f"{seconds:.2f}"
        raise UnusableError(
            phrase("it lasts {lasts} s; a prompt lasts {least} s or more", lasts=lasts, least=number(SHORTEST_S))
        )
    if seconds > LONGEST_S:
        raise UnusableError(
            phrase(
                "it lasts {lasts} s; a prompt lasts {most} s at most", lasts=round(seconds), most=number(LONGEST_S)
            )
        )
    peak_db = level_db(int(np.abs(samples).max()))
    if peak_db < QUIETEST_DB:
        raise UnusableError(phrase("it is silent; record it louder"))
    at_limit = np.count_nonzero(np.abs(samples) >= FULL_SCALE - 2)
    return Judged(round(seconds, 2), round(peak_db, 1), bool(at_limit > CLIPPED_SHARE * len(samples)))


def levelled(pcm: bytes, peak_db: float) -> bytes:
    """The same with its peak at :data:`PEAK_DB`, as far as :data:`MOST_GAIN_DB` goes."""
    gain = 10 ** (min(PEAK_DB - peak_db, MOST_GAIN_DB) / 20)
    return np.clip(np.round(_samples(pcm) * gain), -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()


def level_db(peak: int) -> float:
    """A sample's level against full scale."""
    return 20 * math.log10(max(peak, 1) / FULL_SCALE)


def as_wav(pcm: bytes) -> bytes:
    """A whole file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setnchannels(1)
        writing.setsampwidth(SAMPLE_BYTES)
        writing.setframerate(RATE_HZ)
        writing.writeframes(pcm)
    return file.getvalue()


def seconds_of(wav_bytes: int) -> float:
    """How long a file of ours lasts, by its size."""
    return round(max(0, wav_bytes - 44) / SAMPLE_BYTES / RATE_HZ, 2)


def _samples(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    whole = len(pcm) - len(pcm) % SAMPLE_BYTES
    return np.frombuffer(pcm[:whole], dtype="<i2").astype(np.int32)


def pcm_in(file: bytes) -> bytes:
    """The samples of a file that Asterisk wrote, also where it was cut off and its lengths were never written.
    Raises :class:`UnusableError` for another kind of file."""
    form = file.find(b"fmt ", 12, 200)
    data = file.find(b"data", 12, 400)
    if file[:4] != b"RIFF" or file[8:12] != b"WAVE" or form < 0 or data < 0 or len(file) < data + 8:
        raise UnusableError(phrase("it is no WAV file"))
    channels, rate_hz = struct.unpack_from("<HI", file, form + 10)
    if (channels, rate_hz) != (1, RATE_HZ):
        raise UnusableError(phrase("it has {channels} channels at {rate} Hz", channels=channels, rate=rate_hz))
    return file[data + 8 :]


def speech_in(pcm: bytes) -> tuple[float, int]:
    """How many seconds are louder than line noise, and behind which sample none are."""
    samples = _samples(pcm)
    whole = len(samples) // FRAME * FRAME
    if whole == 0:
        return 0.0, 0
    frames = samples[:whole].reshape(-1, FRAME).astype(np.float64)
    loud = np.flatnonzero(np.sqrt((frames**2).mean(axis=1)) > LOUD_RMS)
    return (len(loud) * FRAME / RATE_HZ, int(loud[-1] + 1) * FRAME) if len(loud) else (0.0, 0)
