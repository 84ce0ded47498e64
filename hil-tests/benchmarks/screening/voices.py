"""Speech from espeak-ng and the codecs from sox, at 8 kHz; kept in the cache, so that a second run is quick."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.programs import Program, cache_dir, find_program

RATE_HZ = 8000
FORMAT = 1  # raise it when what is kept would come out otherwise
Sound = npt.NDArray[np.float64]  # full scale is 1


@dataclass(frozen=True, slots=True)
class Voice:
    """How espeak-ng is to speak: a voice with a variant, words a minute, pitch of 0 to 99."""

    name: str
    words_a_minute: int
    pitch: int


class Studio:
    """Makes sounds, or takes them from the cache."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or cache_dir() / "screening"
        self._folder.mkdir(parents=True, exist_ok=True)

    def say(self, text: str, voice: Voice) -> Sound:
        """``text`` spoken, without the silence around it."""

        def make(target: Path) -> None:
            program = find_program("espeak-ng")
            options = ["-v", voice.name, "-s", str(voice.words_a_minute), "-p", str(voice.pitch), "-w", "said.wav"]
            _run(program, [f"--path={program.library_dir()}", *options, text], target.parent)
            self._sox("said.wav", target.name, folder=target.parent)

        return _trimmed(self._kept(["say", text, voice.name, str(voice.words_a_minute), str(voice.pitch)], make))

    def through(self, codec: str, sound: Sound) -> Sound:
        """``sound`` after a round trip through ``gsm``, ``al`` (A-law) or ``ul`` (µ-law)."""

        def make(target: Path) -> None:
            write(target.parent / "plain.wav", sound)
            self._sox("plain.wav", f"coded.{codec}", folder=target.parent)
            coding = ["-t", codec, "-r", str(RATE_HZ), "-c", "1", f"coded.{codec}"]
            self._sox(*coding, target.name, folder=target.parent)

        data = hashlib.sha256(pcm(sound)).hexdigest()
        return self._kept(["through", codec, data], make)[: len(sound)]

    def recorded(self, name: str) -> Sound:
        """One of Asterisk's English sounds, spoken by a person in a studio."""
        path = find_program("asterisk").root / "usr/share/asterisk/sounds/en_US_f_Allison" / f"{name}.gsm"

        def make(target: Path) -> None:
            self._sox("-t", "gsm", "-r", str(RATE_HZ), "-c", "1", str(path), target.name, folder=target.parent)

        return _trimmed(self._kept(["recorded", name], make))

    def music(self, name: str) -> Sound:
        """One of Asterisk's pieces of music on hold."""
        return read(find_program("asterisk").root / f"usr/share/asterisk/moh/{name}.wav")

    def _kept(self, words: Sequence[str], make: Callable[[Path], None]) -> Sound:
        digest = hashlib.sha256("\0".join([str(FORMAT), *words]).encode()).hexdigest()[:32]
        path = self._folder / f"{digest}.wav"
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                target = Path(folder) / "made.wav"
                make(target)
                os.replace(target, path)
        return read(path)

    def _sox(self, *words: str, folder: Path) -> None:
        *source, target = words
        coding = ["-r", str(RATE_HZ), "-c", "1"]
        if target.endswith(".wav"):
            coding += ["-e", "signed", "-b", "16"]
        # -D: no dither, whose noise would differ from run to run
        _run(find_program("sox"), ["-V1", "-D", *source, *coding, target], folder)


def read(path: Path) -> Sound:
    """A WAV file of 16 bit at 8 kHz."""
    with wave.open(str(path), "rb") as recording:
        samples = np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2")
    return samples.astype(np.float64) / 32768.0


def write(path: Path, sound: Sound) -> None:
    """``sound`` as a WAV file of 16 bit at 8 kHz."""
    with wave.open(str(path), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(RATE_HZ)
        recording.writeframes(pcm(sound))


def pcm(sound: Sound) -> bytes:
    """``sound`` as signed 16-bit little-endian samples."""
    return np.round(np.clip(sound, -1.0, 32767.0 / 32768.0) * 32768.0).astype("<i2").tobytes()


def _trimmed(sound: Sound) -> Sound:
    """Without what is 45 dB quieter than the loudest at both ends."""
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max() * 10 ** (-45 / 20))
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound


def _run(program: Program, arguments: Sequence[str], folder: Path) -> None:
    subprocess.run([*program.argv, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)
