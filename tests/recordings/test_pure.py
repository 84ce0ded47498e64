"""Names, heads and time lines, without any disk."""

from __future__ import annotations

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.recordings import names, wav
from appliance.recordings.track import PATIENCE_FRAMES, Track, mixed


@pytest.mark.parametrize("sides", [1, 2])
@given(st.binary(max_size=400))
def test_the_standard_library_reads_what_we_write(sides: int, sound: bytes) -> None:
    sound = sound[: len(sound) // (2 * sides) * 2 * sides]
    data = wav.head(sides, len(sound)) + sound
    with wave.open(io.BytesIO(data)) as read:
        assert (read.getnchannels(), read.getframerate(), read.getsampwidth()) == (sides, 8000, 2)
        assert read.readframes(10_000) == sound
    assert wav.read_head(data) == wav.Head(sides, len(sound))
    assert wav.whole_frames(len(data) + 2 * sides - 1, sides) == len(sound) // (2 * sides)


@given(st.binary(max_size=100))
def test_garbage_is_no_head(data: bytes) -> None:
    assert wav.read_head(data) is None
    good = bytearray(wav.head(1, 8))
    good[20:22] = b"\x07\x00"  # mu-law
    assert wav.read_head(bytes(good)) is None


def samples(*values: int) -> bytes:
    return b"".join(value.to_bytes(2, "little", signed=True) for value in values)


def test_two_sides_are_interleaved_as_far_as_both_have_come() -> None:
    track = Track(2)
    track.feed(0, samples(1, 2, 3))
    assert track.take() == b""
    track.feed(1, samples(-1, -2))
    assert track.take() == samples(1, -1, 2, -2)
    assert track.take(all_of_it=True) == samples(3, 0)
    assert track.take(all_of_it=True) == b""


def test_a_side_that_falls_behind_is_silent_for_that_time() -> None:
    track = Track(2)
    track.feed(0, samples(7) * (PATIENCE_FRAMES + 100))
    assert track.take() == samples(7, 0) * 100
    track.feed(1, samples(9) * 10)  # it comes back: no more than the patience behind
    assert track.take() == samples(7, 9) * 10


@given(
    st.integers(1, 2),
    st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=9), st.booleans()), max_size=30),
)
def test_nothing_is_lost_or_doubled_however_it_comes(sides: int, pieces: list[tuple[int, bytes, bool]]) -> None:
    track, out = Track(sides), b""
    fed = [b""] * sides
    for side, pcm, take in pieces:
        track.feed(side % sides, pcm)
        fed[side % sides] += pcm
        if take:
            out += track.take()
    out += track.take(all_of_it=True)
    longest = max(len(one) // 2 * 2 for one in fed)
    for side, one in enumerate(fed):
        got = b"".join(out[place : place + 2] for place in range(2 * side, len(out), 2 * sides))
        assert got == one[: len(one) // 2 * 2].ljust(longest, b"\0")


def test_both_sides_as_one_do_not_overflow() -> None:
    assert mixed(samples(1, 2, 30_000, 30_000, -30_000, -30_000)) == samples(3, 32_767, -32_768)


@given(st.text(max_size=300))
def test_a_name_never_leads_out_of_its_folder(call: str) -> None:
    name = names.name_of(call)
    if names.is_name(name):
        place = names.place_of(name, "2026-11-22T09:11:58.410Z")
        assert [*place.parts] == ["2026-11-22", name]
    else:
        assert ".." in name or name == "hl-.wav"


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("hl-../../etc/passwd.wav", "2026-11-22"),
        ("hl-a..b.wav", "2026-11-22"),
        ("/hl-1.wav", "2026-11-22"),
        ("hl-1.wav\n", "2026-11-22"),
        ("hl-1.mp3", "2026-11-22"),
        ("hl-1.wav", "../../etc"),
        ("hl-1.wav", ""),
    ],
)
def test_what_is_no_recording_has_no_place(name: str, at: str) -> None:
    with pytest.raises(ValueError, match="is no recording"):
        names.place_of(name, at)


def test_the_names_of_calls_as_asterisk_gives_them() -> None:
    assert names.name_of("node-1-1795338390.0") == "hl-node-1-1795338390.0.wav"
    assert names.is_name("hl-node-1-1795338390.0.wav")
