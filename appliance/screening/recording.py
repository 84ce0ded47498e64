"""WAV files as the telephone has them: bytes in, PCM at 8 kHz out. Pure.

Taken: mono at 8 kHz; PCM of 8 or 16 bit, A-law or µ-law (RIFF WAVE, also with an extensible header). Everything else
is refused with the words that mend it, rather than resampled: a judge tuned to telephone sound should get just that.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from appliance.screening.frames import RATE_HZ

PCM, A_LAW, MU_LAW, EXTENSIBLE = 1, 6, 7, 0xFFFE
OPEN_ENDED = (0, 0x7FFFFFFF - 36, 0x7FFFF000, 0xFFFFFFFF, 0xFFFFFFFF - 36)  # what writers to a pipe announce


class RecordingError(ValueError):
    """Not a recording that can be judged; the message says why, and what would do."""


@dataclass(frozen=True, slots=True)
class _Format:
    coding: int
    channels: int
    rate_hz: int
    bits: int


def pcm_of(data: bytes, size: int | None = None) -> bytes:
    """The sound of a WAV file as signed 16-bit little-endian mono at 8 kHz.

    ``data`` is the file or its beginning, ``size`` how long the file is in truth. Raises :class:`RecordingError`.
    """
    size = len(data) if size is None else size
    if not data:
        raise RecordingError("the file is empty")
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise RecordingError("this is not a WAV file (RIFF WAVE)")
    form: _Format | None = None
    at = 12
    while at + 8 <= len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = at + 8
        if name == b"fmt ":
            form = _format(data[body : body + length])
        elif name == b"data":
            return _sound(form, data[body : body + length], length, size - body)
        at = body + length + length % 2
    raise RecordingError("the file ends before its sound begins: it was cut off")


def _sound(form: _Format | None, sound: bytes, announced: int, there: int) -> bytes:
    if form is None:
        raise RecordingError("the WAV file does not say how its sound is coded (no fmt chunk before the data)")
    _check(form)
    if announced not in OPEN_ENDED and there < announced:
        raise RecordingError(
            f"the file was cut off: its header announces {_ms(form, announced)} ms of sound, "
            f"{_ms(form, there)} ms are there"
        )
    decode = DECODERS[form.coding, form.bits]
    if len(sound) < form.bits // 8:
        raise RecordingError("there is no sound in the file")
    return decode(sound)


def _format(body: bytes) -> _Format:
    if len(body) < 16:
        raise RecordingError("the format in the WAV file's header is cut off")
    coding, channels, rate_hz, _bytes_a_second, _align, bits = struct.unpack("<HHIIHH", body[:16])
    if coding == EXTENSIBLE and len(body) >= 26:
        coding = int.from_bytes(body[24:26], "little")
    return _Format(coding, channels, rate_hz, bits)


def _check(form: _Format) -> None:
    if (form.coding, form.bits) not in DECODERS:
        raise RecordingError(
            f"coding {form.coding} with {form.bits} bits is not read; "
            "PCM of 16 bit would be right: sox FILE -r 8000 -c 1 -e signed -b 16 NEW.wav"
        )
    if form.channels != 1:
        raise RecordingError(
            f"the file has {form.channels} channels; only the answering side is judged, as mono: "
            "sox FILE -r 8000 -e signed -b 16 NEW.wav remix 1 (or 2) takes one of them"
        )
    if form.rate_hz != RATE_HZ:
        raise RecordingError(
            f"the file has {form.rate_hz} samples a second, a call has {RATE_HZ}: "
            "sox FILE -r 8000 -c 1 -e signed -b 16 NEW.wav"
        )


def _ms(form: _Format, length: int) -> int:
    return max(0, length) * 1000 // (form.rate_hz * form.bits // 8)


def _from_16_bit(sound: bytes) -> bytes:
    return sound[: len(sound) // 2 * 2]


def _from_8_bit(sound: bytes) -> bytes:
    return ((np.frombuffer(sound, dtype=np.uint8).astype(np.int16) - 128) * 256).astype("<i2").tobytes()


def _from_a_law(sound: bytes) -> bytes:
    """ITU-T G.711, table 1a."""
    code = np.frombuffer(sound, dtype=np.uint8).astype(np.int32) ^ 0x55
    segment, step = (code & 0x70) >> 4, (code & 0x0F) << 4
    size = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, size, -size).astype("<i2").tobytes()


def _from_mu_law(sound: bytes) -> bytes:
    """ITU-T G.711, table 2a."""
    code = ~np.frombuffer(sound, dtype=np.uint8).astype(np.int32) & 0xFF
    size = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -size, size).astype("<i2").tobytes()


DECODERS: Mapping[tuple[int, int], Callable[[bytes], bytes]] = {
    (PCM, 16): _from_16_bit,
    (PCM, 8): _from_8_bit,
    (A_LAW, 8): _from_a_law,
    (MU_LAW, 8): _from_mu_law,
}
