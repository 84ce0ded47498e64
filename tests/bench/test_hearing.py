"""Hearing: the right tones at any level, through A-law and noise; and nothing where nothing is."""

from __future__ import annotations

import itertools
import math
import random
import wave
from array import array
from pathlib import Path

import pytest

from bench.hearing import SAMPLE_RATE_HZ, goertzel_share, read_recording, tones_heard, who_by_tones
from bench.plan import DIDS, TECHNICIANS
from bench.tones import plan_tones

TONES = plan_tones(["node-1", "node-2"], list(DIDS), [f"technician:{name}" for name in TECHNICIANS])
KNOWN = [*TONES.answerers.values(), *TONES.trunks.values()]


def tone(*frequencies_hz: float, seconds: float = 0.6, level: float = 8000, noise: float = 0) -> list[int]:
    chance = random.Random(1)
    return [
        round(
            sum(level * math.sin(2 * math.pi * hz * n / SAMPLE_RATE_HZ) for hz in frequencies_hz)
            + (chance.gauss(0, noise) if noise else 0)
        )
        for n in range(int(seconds * SAMPLE_RATE_HZ))
    ]


def through_a_law(samples: list[int]) -> list[int]:
    """Thirteen segments of sixteen steps each (ITU-T G.711): the error grows with the level."""
    out = []
    for sample in samples:
        size = abs(sample) >> 4
        step = 1 << max(size.bit_length() - 5, 0)
        value = ((size // step) * step + step // 2) << 4
        out.append(value if sample >= 0 else -value)
    return out


@pytest.mark.parametrize("answerer", sorted(TONES.answerers))
@pytest.mark.parametrize("trunk", [None, *sorted(TONES.trunks)])
@pytest.mark.parametrize("level", [300, 3000, 12000])
def test_everybody_is_told_apart_through_every_trunk_at_every_level(
    answerer: str, trunk: str | None, level: int
) -> None:
    frequencies = [TONES.answerers[answerer], *([TONES.trunks[trunk]] if trunk else [])]
    heard = tones_heard(through_a_law(tone(*frequencies, level=level)), KNOWN)
    assert who_by_tones(heard, TONES.answerers, TONES.trunks) == (answerer, trunk)


def test_a_tone_is_heard_in_noise_as_loud_as_a_bad_line() -> None:
    assert tones_heard(tone(460, 1130, level=4000, noise=1500), KNOWN) == {460, 1130}


def test_silence_line_noise_and_hiss_are_nobody() -> None:
    assert tones_heard([0] * 8000, KNOWN) == frozenset()
    assert tones_heard(tone(seconds=1, noise=10), KNOWN) == frozenset()
    assert tones_heard(tone(seconds=1, noise=3000), KNOWN) == frozenset()
    assert tones_heard([], KNOWN) == frozenset()


@pytest.mark.parametrize("hz", [300, 425, 515, 640, 1004, 1250, 1500, 2000])
def test_other_tones_of_a_telephone_are_nobody(hz: int) -> None:
    assert tones_heard(tone(hz), KNOWN) == frozenset()


def test_a_beep_is_too_short_to_be_somebody() -> None:
    assert tones_heard([0] * 2000 + tone(460, seconds=0.15) + [0] * 2000, KNOWN) == frozenset()
    assert tones_heard([0] * 2000 + tone(460, seconds=0.3) + [0] * 2000, KNOWN) == {460}


def test_two_answerers_at_once_are_nobody_that_is_known() -> None:
    heard = tones_heard(tone(460, 570), KNOWN)
    assert heard == {460, 570}
    assert who_by_tones(heard, TONES.answerers, TONES.trunks) == (None, None)


def test_the_share_is_of_the_power_and_not_the_level() -> None:
    for level in (100, 10_000):
        assert goertzel_share(tone(460, seconds=0.05, level=level), 460) == pytest.approx(1.0, abs=0.01)
        assert goertzel_share(tone(460, 1130, seconds=0.05, level=level), 460) == pytest.approx(0.5, abs=0.05)
    assert goertzel_share([0] * 400, 460) == 0.0


def test_tones_lie_far_enough_apart_to_be_told_apart() -> None:
    ordered = sorted(KNOWN)
    assert len(set(ordered)) == len(ordered)
    assert min(after - before for before, after in itertools.pairwise(ordered)) >= 100


def test_a_recording_is_read_and_another_kind_refused(tmp_path: Path) -> None:
    for channels in (1, 2):
        with wave.open(str(tmp_path / f"{channels}.wav"), "wb") as out:
            out.setnchannels(channels)
            out.setsampwidth(2)
            out.setframerate(8000)
            out.writeframes(array("h", [1, -2, 3, -4]).tobytes())
    samples, rate_hz = read_recording(tmp_path / "1.wav")
    assert (list(samples), rate_hz) == ([1, -2, 3, -4], 8000)
    with pytest.raises(ValueError, match="not 16-bit mono"):
        read_recording(tmp_path / "2.wav")
