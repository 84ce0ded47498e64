"""The user's own files: known, judged, converted, kept by what is in them."""

from __future__ import annotations

import io
import os
import wave
from pathlib import Path

import numpy as np
import pytest

from appliance.prompts import own as own_module
from appliance.prompts.convert import convert, kind_of
from appliance.prompts.library import Library
from appliance.prompts.own import OwnSounds, StoreFullError, is_own
from appliance.prompts.programs import ProgramError, run
from appliance.prompts.waves import UnusableError
from bench.shims import without
from tests.prompts.sound import tone


def samples_of(wav: bytes) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        return np.frombuffer(file.readframes(-1), dtype="<i2")


@pytest.mark.usefixtures("programs_there")
async def test_a_file_is_brought_to_the_telephones_rate_and_level() -> None:
    found = await convert(tone(rate=44100, channels=2, level=0.05))
    samples = samples_of(found.wav)
    assert abs(len(samples) - 8000) < 20
    assert found.judged.peak_db == pytest.approx(-26, abs=0.5)
    assert 20 * np.log10(np.abs(samples.astype(float)).max() / 32768) == pytest.approx(-3, abs=0.3)
    spectrum = np.abs(np.fft.rfft(samples[:8000].astype(float)))
    assert abs(int(spectrum.argmax()) - 440) <= 1
    assert not found.judged.clipped


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3", "aiff", "au"])
async def test_the_usual_formats_are_taken(programs_there: Path, kind: str) -> None:
    argv = [str(programs_there / "sox"), "-t", "wav", "-", "-t", kind, "-"]
    try:
        data = await run(argv, tone(), timeout_s=20, most_bytes=10**6)
    except ProgramError as error:
        if kind != "mp3":
            raise
        pytest.skip(f"this sox writes no MP3: {error}")
    assert kind_of(data) == kind
    found = await convert(data)
    assert abs(len(samples_of(found.wav)) - 8000) < 1200  # an MP3 begins and ends in whole frames


@pytest.mark.usefixtures("programs_there")
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no sound file"),
        (b"#EXTM3U\n/etc/passwd\n", "no sound file"),
        (b"<html>", "no sound file"),
        (b"RIFF\x00\x00\x00\x00WAVE" + b"\xff" * 500, "cannot be read"),
        (b"OggS" + b"\x00" * 500, "cannot be read"),
        (tone(seconds=0.05), "lasts 0.05 s"),
        (tone(seconds=601), "lasts 60"),
        (tone(level=0.001), "silent"),
        (tone(level=0), "silent"),
        (tone()[:40], "cannot be read|lasts"),
        (b"RIFF" + b"x" * 20 * 1024 * 1024, "bytes; a file has"),
    ],
    ids=["empty", "playlist", "html", "broken", "broken ogg", "short", "long", "quiet", "silent", "cut", "large"],
)
async def test_what_is_no_usable_sound_is_refused_with_its_reason(data: bytes, why: str) -> None:
    with pytest.raises(UnusableError, match=why):
        await convert(data)


@pytest.mark.usefixtures("programs_there")
async def test_a_file_that_is_too_loud_is_taken_and_told() -> None:
    assert (await convert(tone(level=5.0 / 5))).judged.clipped is False
    square = tone(level=1.0)
    samples = np.sign(np.frombuffer(square[44:], dtype="<i2").astype(int)) * 32767
    assert (await convert(square[:44] + samples.astype("<i2").tobytes())).judged.clipped is True


async def test_without_the_programs_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", without(os.environ["PATH"], "sox", "ffmpeg"))
    with pytest.raises(ProgramError, match="install sox"):
        await convert(tone())


async def test_sounds_are_kept_named_by_content_and_found_again(tmp_path: Path) -> None:
    store = OwnSounds(tmp_path / "own")
    await store.open()
    first = await store.keep("welcome", tone())
    assert is_own(first)
    assert first == await store.keep("welcome", tone())
    second = await store.keep("welcome", tone(seconds=2))
    assert {first, second} == {*store.sizes}
    assert os.stat(f"{store.path(first)}.wav").st_mode & 0o777 == 0o640
    again = OwnSounds(tmp_path / "own")
    await again.open()
    assert again.sizes == {sound: store.sizes[sound] for sound in sorted((first, second))}
    assert await again.read(first, 0, 10) + await again.read(first, 10, 10**6) == tone()
    await again.remove(first)
    assert not again.has(first)
    with pytest.raises(LookupError):
        await again.read(first, 0, 1)
    with pytest.raises(LookupError):
        await again.remove("own/../../etc/passwd-0123456789ab")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "Ä", "x" * 65, ".x", "-x", "a b"])
async def test_names_that_are_none_are_refused(tmp_path: Path, name: str) -> None:
    store = OwnSounds(tmp_path)
    await store.open()
    with pytest.raises(ValueError, match="no name"):
        await store.keep(name, tone())


async def test_the_store_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_module, "MOST_BYTES", 30_000)
    store = OwnSounds(tmp_path)
    await store.open()
    await store.keep("a", tone())
    with pytest.raises(StoreFullError, match="remove some"):
        await store.keep("b", tone(seconds=2))


async def test_the_library_knows_what_is_recorded(tmp_path: Path) -> None:
    for name in ("en/digits/0.gsm", "en/vm-goodbye.gsm", "en/queue-thereare.wav", "en/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    library = Library(tmp_path, OwnSounds(tmp_path / "own"))
    assert not library.recorded("en", "digits/0")
    library.look(("en", "cs"))
    assert library.recorded("en", "digits/0")
    assert library.recorded("en", "queue-thereare")
    assert not library.recorded("en", "notes")
    assert not library.recorded("cs", "digits/0")
    assert not library.imported("own/x-0123456789ab")
