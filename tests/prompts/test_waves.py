"""Files that Asterisk wrote, also half of them; and whether anybody speaks in them."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.prompts import waves
from appliance.prompts.waves import UnusableError
from tests.prompts.sound import tone


def silence(seconds: float, level: int = 20) -> bytes:
    noise = random.Random(1)
    return np.array([noise.randint(-level, level) for _ in range(int(seconds * 8000))], dtype="<i2").tobytes()


def test_the_samples_of_a_whole_file() -> None:
    assert waves.pcm_in(tone(0.5)) == tone(0.5)[44:]


def test_a_file_whose_lengths_were_never_written() -> None:
    whole = tone(0.5)
    broken = whole[:4] + b"\0\0\0\0" + whole[8:40] + b"\0\0\0\0" + whole[44:]
    assert waves.pcm_in(broken) == whole[44:]
    assert waves.pcm_in(broken[:1044]) == whole[44:1044]


def test_a_file_with_more_in_its_head() -> None:
    whole = tone(0.1)
    fact = b"fact\x04\0\0\0\x01\x02\x03\x04"
    assert waves.pcm_in(whole[:36] + fact + whole[36:]) == whole[44:]


@pytest.mark.parametrize("data", [b"", b"RIFF", tone(rate=16000), tone(channels=2), b"x" * 1000, tone()[:40]])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(UnusableError):
        waves.pcm_in(data)


@given(st.binary(max_size=600))
def test_garbage_is_refused_or_read(data: bytes) -> None:
    for candidate in (data, b"RIFF\0\0\0\0WAVE" + data):
        try:
            waves.pcm_in(candidate)
        except UnusableError:
            continue


def test_speech_is_told_from_line_noise() -> None:
    assert waves.speech_in(silence(2.0)) == (0.0, 0)
    assert waves.speech_in(b"") == (0.0, 0)
    spoken_s, end = waves.speech_in(silence(1.0) + tone(0.5)[44:] + silence(3.0))
    assert spoken_s == pytest.approx(0.5, abs=0.04)
    assert end / 8000 == pytest.approx(1.5, abs=0.04)
    assert waves.speech_in(silence(1.0) + b"\xff\x7f" * 80 + silence(1.0))[0] < 0.1  # a click
