"""Who was heard: telling tones apart in a recording by the Goertzel algorithm.

Pure. A recording is signed 16-bit mono samples. It is cut into blocks; in each the share of the block's power that
lies on each known frequency is measured, so that the level does not matter. A tone is heard when it holds its share
for a while: a click, a beep or noise does not.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

SAMPLE_RATE_HZ = 8000
BLOCK_S = 0.05  # 20 Hz between bins: tones 100 Hz apart do not mix
HELD_BLOCKS = 4  # 0.2 s without a break
SMALLEST_SHARE = 0.15  # of a block's power; two equal tones have 0.5 each
SILENCE_RMS = 30.0  # of 32767: quieter is line noise


def goertzel_share(samples: Sequence[int], hz: float, rate_hz: int = SAMPLE_RATE_HZ) -> float:
    """The share (0 to 1) of the samples' power that lies at ``hz``; 0 for silence."""
    energy = sum(sample * sample for sample in samples)
    if energy == 0:
        return 0.0
    omega = 2.0 * math.pi * hz / rate_hz
    coefficient = 2.0 * math.cos(omega)
    before_last = last = 0.0
    for sample in samples:
        before_last, last = last, sample + coefficient * last - before_last
    power = last * last + before_last * before_last - coefficient * last * before_last
    return min(2.0 * power / (len(samples) * energy), 1.0)


def tones_heard(samples: Sequence[int], known_hz: Iterable[int], rate_hz: int = SAMPLE_RATE_HZ) -> frozenset[int]:
    """Those of the known frequencies that were held for at least ``HELD_BLOCKS`` blocks in a row."""
    size = int(rate_hz * BLOCK_S)
    frequencies = sorted(set(known_hz))
    run = dict.fromkeys(frequencies, 0)
    held: set[int] = set()
    for start in range(0, len(samples) - size + 1, size):
        block = samples[start : start + size]
        loud = math.sqrt(sum(sample * sample for sample in block) / size) >= SILENCE_RMS
        for hz in frequencies:
            run[hz] = run[hz] + 1 if loud and goertzel_share(block, hz, rate_hz) >= SMALLEST_SHARE else 0
            if run[hz] >= HELD_BLOCKS:
                held.add(hz)
    return frozenset(held)


def who_by_tones(
    heard: frozenset[int], answerers: Mapping[str, int], trunks: Mapping[str, int]
) -> tuple[str | None, str | None]:
    """The answerer and the trunk that belong to the tones; two at once of a kind are nobody that is known."""
    who = [name for name, hz in answerers.items() if hz in heard]
    via = [name for name, hz in trunks.items() if hz in heard]
    return (who[0] if len(who) == 1 else None), (via[0] if len(via) == 1 else None)


def read_recording(path: Path) -> tuple[Sequence[int], int]:
    """The samples of a 16-bit mono WAV file and their rate in Hz. Raises ``ValueError`` for any other kind."""
    with wave.open(str(path), "rb") as recording:
        if recording.getsampwidth() != 2 or recording.getnchannels() != 1:
            raise ValueError(f"{path} is not 16-bit mono")
        samples = array("h")
        samples.frombytes(recording.readframes(recording.getnframes()))
        return samples, recording.getframerate()
