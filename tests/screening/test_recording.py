"""WAV files: what is read, and the words for what is not."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.screening.recording import RecordingError, pcm_of
from bench.programs import find_program
from benchmarks.screening.voices import _run, write
from tests.screening.sound import noise, pcm, voice


def wav(
    sound: bytes, *, coding: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16, more: bytes = b""
) -> bytes:
    form = (
        struct.pack("<HHIIHH", coding, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits) + more
    )
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def test_sixteen_bits_are_taken_as_they_are() -> None:
    assert pcm_of(wav(b"\x01\x02\x03\x04")) == b"\x01\x02\x03\x04"
    extensible = struct.pack("<HHI", 22, 16, 4) + b"\x01\x00" + bytes(14)
    assert pcm_of(wav(b"\x01\x02", coding=0xFFFE, more=extensible)) == b"\x01\x02"
    assert np.frombuffer(pcm_of(wav(b"\x80\xff\x00", bits=8)), "<i2").tolist() == [0, 32512, -32768]


@pytest.mark.parametrize("coding", ["a-law", "mu-law"])
def test_telephone_codings_are_read_as_sox_reads_them(coding: str, tmp_path: Path) -> None:
    write(tmp_path / "plain.wav", np.concatenate((voice(0.3), noise(0.3, 0.3))))
    sox = find_program("sox")
    _run(sox, ["plain.wav", "-e", coding, "coded.wav"], tmp_path)
    _run(sox, ["coded.wav", "-e", "signed", "-b", "16", "back.wav"], tmp_path)
    assert pcm_of((tmp_path / "coded.wav").read_bytes()) == pcm_of((tmp_path / "back.wav").read_bytes())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"ID3\x04" + bytes(2000), "not a WAV file"),
        (b"RIFF\0\0\0\0WAVE", "ends before its sound begins"),
        (wav(b"\0\0" * 800)[:30], "cut off"),
        (wav(b"\0\0" * 8000)[:4000], "announces 1000 ms of sound, 24"),
        (wav(b""), "no sound"),
        (wav(b"\0\0\0\0", channels=2), "2 channels"),
        (wav(b"\0\0", rate=44100), "44100 samples a second"),
        (wav(b"\0\0\0\0", bits=32, coding=3), "coding 3 with 32 bits"),
        (wav(b"\0" * 65, coding=49, bits=0), "coding 49"),
        (b"RIFF\0\0\0\0WAVEdata\x02\0\0\0\0\0", "does not say how its sound is coded"),
    ],
)
def test_everything_else_is_refused_with_words(data: bytes, words: str) -> None:
    with pytest.raises(RecordingError, match=words):
        pcm_of(data)


def test_a_writer_to_a_pipe_does_not_know_the_length() -> None:
    data = wav(b"\x01\x02")
    assert pcm_of(data.replace(b"data\x02\0\0\0", b"data\xff\xff\xff\xff")) == b"\x01\x02"


def test_the_beginning_of_a_long_file_is_enough() -> None:
    data = wav(pcm(voice(2.0)))
    assert len(pcm_of(data[:8000], len(data))) == 8000 - data.index(b"data") - 8


@given(data=st.binary(max_size=200), at=st.integers(0, 60))
def test_garbage_is_refused_and_never_a_traceback(data: bytes, at: int) -> None:
    whole = wav(b"\0\0" * 50)
    for broken in (data, whole[:at] + data, whole[:at] + data + whole[at + len(data) :]):
        with contextlib.suppress(RecordingError):
            pcm_of(broken)
