"""Words become files that Asterisk plays: once, in time, bounded, and without the programs not at all."""

from __future__ import annotations

import asyncio
import os
import wave
from pathlib import Path

import numpy as np
import pytest

from appliance.prompts import voice as voice_module
from appliance.prompts.espeak import Espeak
from appliance.prompts.programs import ProgramError, run
from appliance.prompts.voice import Voice
from bench.shims import without


async def opened(folder: Path) -> Voice:
    voice = Voice(folder)
    await voice.open()
    return voice


def slow_espeak(folder: Path, seconds: float) -> None:
    """A synthesiser in the place of the real one that takes its time, and counts."""
    real = (folder / "espeak-ng").read_text()
    counting = f'case "$*" in *--version*) ;; *) echo x >>{folder}/count; sleep {seconds} ;; esac\n'
    (folder / "espeak-ng").write_text(real.replace("exec", f"{counting}exec"))


@pytest.fixture
def own_shims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from bench.shims import make_shims, with_shims

    folder = make_shims(tmp_path / "bin")
    monkeypatch.setenv("PATH", with_shims(folder, os.environ["PATH"]))
    return folder


@pytest.mark.usefixtures("programs_there")
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "You are number two in the queue."),
        ("cs", "Vaše pořadí ve frontě je dva."),
        ("fi", "Numeronne jonossa on kaksi."),
        ("ru", "Ваш номер в очереди: два."),
        ("uk", "Ваш номер: два."),
        ("de", "Sie sind Nummer zwei."),
        ("fr", "Vous êtes numéro deux."),
        ("es", "Usted es el número dos."),
        ("it", "Lei è il numero due."),
    ],
)
async def test_words_become_sound(tmp_path: Path, language: str, text: str) -> None:
    voice = await opened(tmp_path / "spoken")
    name = await voice.speak(text, language)
    assert name is not None
    with wave.open(f"{name}.wav") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert 1.0 < file.getnframes() / 8000 < 6.0
        sound = np.frombuffer(file.readframes(-1), dtype="<i2")
    assert -6 < 20 * np.log10(np.abs(sound.astype(float)).max() / 32768) < -2
    assert os.stat(f"{name}.wav").st_mode & 0o777 == 0o640
    await voice.close()


async def test_the_same_words_are_spoken_once(tmp_path: Path, own_shims: Path) -> None:
    slow_espeak(own_shims, 0.2)
    voice = await opened(tmp_path / "spoken")
    names = await asyncio.gather(*(voice.speak("Hello", "en") for _ in range(10)), voice.speak("Hello", "cs"))
    assert len({*names}) == 2
    assert None not in names
    again = await opened(tmp_path / "spoken")  # after a restart
    assert await again.speak("Hello", "en") == names[0]
    assert (own_shims / "count").read_text() == "x\n" * 2
    await voice.close()


async def test_nobody_waits_for_long_and_the_next_one_has_it(
    tmp_path: Path, own_shims: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_espeak(own_shims, 0.6)
    monkeypatch.setattr(voice_module, "WITHIN_S", 0.1)
    voice = await opened(tmp_path / "spoken")
    assert await voice.speak("Hello", "en") is None
    name = await voice.speak("Hello", "en", idle=True)
    assert name is not None
    assert await voice.speak("Hello", "en") == name
    await voice.close()


async def test_who_gives_up_ends_it_for_nobody_else(tmp_path: Path, own_shims: Path) -> None:
    slow_espeak(own_shims, 0.3)
    voice = await opened(tmp_path / "spoken")
    impatient = asyncio.create_task(voice.speak("Hello", "en"))
    patient = asyncio.create_task(voice.speak("Hello", "en"))
    await asyncio.sleep(0.1)
    impatient.cancel()
    assert await patient is not None
    await voice.close()


async def test_without_the_programs_nothing_is_spoken_and_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", without(os.environ["PATH"], "espeak-ng", "sox"))
    voice = await opened(tmp_path / "spoken")
    assert [await voice.speak("Hello", "en") for _ in range(3)] == [None] * 3
    assert voice.trouble == "espeak-ng and sox cannot be found"
    assert caplog.text.count("cannot be spoken") == 1


@pytest.mark.usefixtures("programs_there")
async def test_a_language_without_a_voice_says_nothing_and_is_not_asked_again_at_once(tmp_path: Path) -> None:
    voice = await opened(tmp_path / "spoken")
    assert await voice.speak("Hello", "zz") is None
    assert "espeak-ng" in voice.trouble
    assert await voice.speak("Hello", "zz") is None
    assert await voice.speak("Hello", "en") is not None
    assert voice.trouble == ""
    await voice.close()


@pytest.mark.usefixtures("programs_there")
async def test_hostile_words_are_only_words(tmp_path: Path) -> None:
    voice = await opened(tmp_path / "spoken")
    for text in ("-v en; rm -rf /", "[[_:]]", "<speak>x</speak>", "\x00\x01 hello", "a" * 3000, "$(id)", "💥 hello"):
        assert await voice.speak(text, "en") is not None, text
    assert await voice.speak(" ", "en") is None
    await voice.close()


@pytest.mark.usefixtures("programs_there")
async def test_the_folder_stays_bounded_and_what_is_used_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_module, "MOST_FILES", 5)
    voice = await opened(tmp_path)
    used = await voice.speak("used", "en")
    for number in range(8):
        await voice.speak(f"number {number}", "en")
        assert await voice.speak("used", "en") == used
        assert len(os.listdir(tmp_path)) <= 5
    assert f"{used}.wav" in {f"{tmp_path}/{file}" for file in os.listdir(tmp_path)}
    await voice.close()


@pytest.mark.usefixtures("programs_there")
async def test_a_folder_that_cannot_be_written_costs_the_voice_only(tmp_path: Path) -> None:
    (tmp_path / "spoken").write_text("no folder")
    voice = await opened(tmp_path / "spoken")
    assert await voice.speak("Hello", "en") is None
    assert "cannot be" in voice.trouble
    await voice.close()


async def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".abc.wav.x1y2z3a4").write_bytes(b"half")
    voice = await opened(tmp_path)
    assert os.listdir(tmp_path) == []
    await voice.close()


async def test_a_program_is_bounded_in_time_and_size() -> None:
    with pytest.raises(ProgramError, match=r"longer than 0\.2 s"):
        await run(["/bin/sleep", "60"], b"", timeout_s=0.2, most_bytes=10)
    with pytest.raises(ProgramError, match="more than 1000 bytes"):
        await run(["/usr/bin/yes"], b"", timeout_s=10, most_bytes=1000)
    with pytest.raises(ProgramError, match="cannot be run"):
        await run(["/nowhere/x"], b"", timeout_s=1, most_bytes=10)
    with pytest.raises(ProgramError, match="sh: why not"):
        await run(
            ["/bin/sh", "-c", "echo first >&2; echo why not >&2; exit 3"], b"x" * 10**6, timeout_s=9, most_bytes=99
        )


def command_of(process: str) -> bytes:
    try:
        return Path("/proc", process, "cmdline").read_bytes()
    except OSError:
        return b""


async def test_a_cancelled_program_is_killed() -> None:
    task = asyncio.create_task(run(["/bin/sleep", "61.5"], b"", timeout_s=60, most_bytes=10))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10):
        while any(command_of(one) == b"/bin/sleep\x0061.5\x00" for one in os.listdir("/proc") if one.isdecimal()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("programs_there")
async def test_a_new_version_of_the_synthesiser_speaks_anew() -> None:
    here = await Espeak.find()
    assert here.recipe("a", "en") != Espeak(here.espeak, here.sox, "2.0").recipe("a", "en")
    assert here.version.startswith("eSpeak")
