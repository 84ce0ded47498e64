"""``hotline screening try``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from appliance.cli.main import main
from tests.screening.sound import Sound, pcm, silence, tone, voice
from tests.screening.test_recording import wav


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answer.wav"


def tried(file: Path, *pieces: Sound, options: tuple[str, ...] = ()) -> int:
    file.write_bytes(wav(pcm(*pieces)))
    return main(["screening", "try", str(file), *options])


def test_it_says_who_and_after_how_much(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tried(file, silence(0.4), voice(0.4), silence(3)) == 0
    assert re.fullmatch(r"human after 1[78]\d\d ms: .*\n", capsys.readouterr().out)
    assert tried(file, silence(0.4), tone(0.4, 1000.0), silence(3)) == 0
    assert capsys.readouterr().out.startswith("machine after ")
    assert tried(file, silence(6)) == 0
    assert capsys.readouterr().out == "doubt after 2500 ms: nobody has spoken in 2.5 s\n"


def test_before_the_answer_speech_is_a_machine(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tried(file, silence(0.4), voice(0.8), silence(3), options=("--early-media",)) == 0
    assert capsys.readouterr().out.startswith("machine after ")


def test_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tried(file, *(voice(1.6), silence(0.4)) * 4, options=("--json",)) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["recording_ms"]) == ("machine", 8000)
    assert told["doubt"]["after_ms"] < told["after_ms"]


def test_who_is_taken_back_is_said_in_a_second_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = (voice(0.4), silence(1.6), voice(2.0), silence(0.5), tone(0.4, 1000.0), silence(2))
    assert tried(file, *machine) == 0
    first, second, end = capsys.readouterr().out.split("\n")
    assert (first.split()[0], end) == ("human", "")
    assert re.fullmatch(r"taken back after 59\d\d ms: a beep of .*", second)
    assert tried(file, *machine, options=("--json",)) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["taken_back_ms"] // 100) == ("human", 59)
    assert tried(file, voice(0.4), silence(1.6), voice(2.0), options=("--json",)) == 0
    assert json.loads(capsys.readouterr().out)["taken_back_ms"] is None


def test_with_the_callers_side_it_says_who_takes_no_notice_of_it(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    caller = tmp_path / "caller.wav"
    caller.write_bytes(wav(pcm(silence(2.2), voice(1.5), silence(8))))
    greeting = (voice(0.4), silence(1.6), voice(2.2), silence(0.4), voice(2.5), silence(4))
    assert tried(file, *greeting, options=("--caller", str(caller))) == 0
    first, second, _ = capsys.readouterr().out.split("\n")
    assert first.startswith("human after ")
    assert re.fullmatch(r"asked for a key after 6\d\d\d ms: it goes on, .*", second)
    assert tried(file, *greeting, options=("--caller", str(caller), "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["taken_back_ms"], told["asked_ms"] // 1000) == ("human", None, 6)


@pytest.mark.parametrize("data", [b"", b"nonsense", wav(b"\0\0" * 800)[:200]])
def test_a_file_that_cannot_be_judged_is_exit_2(file: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(data)
    assert main(["screening", "try", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"hotline: {file}: ")


def test_no_file_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["screening", "try", str(tmp_path / "none.wav")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main(["screening", "try", str(tmp_path)]) == 2
