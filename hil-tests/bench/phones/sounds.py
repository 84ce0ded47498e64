"""The bench's own sounds: what people and machines say, spoken by espeak-ng, and prompts that are tones.

Prompts and music of the exchange are tones here, so that a customer's timeline names each of them.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.asterisk.data import link_data
from bench.phones.audio import RATE_HZ, TONE_LEVEL, Samples, frames, read_wav, write_wav
from bench.programs import Program

SAYINGS = {
    "hello": "Hello?",
    "greeting-long": "Good afternoon, this is Novak speaking, how can I help you today?",
    "voicemail": "Hello, you have reached the voicemail of Anna. I can not take your call right now. "
    "Please leave a message after the tone and I will call you back.",
    # its first word could be a person's, and then it pauses as one who waits for an answer
    "voicemail-pause": "Hello? | You have reached the voicemail of Anna. Please leave a message after the tone.",
    "unavailable": "The number you have dialled is not available at the moment. Please try again later.",
}
BEEP_HZ, BEEP_S = 1000, 0.4
BEEPING = ("voicemail", "voicemail-pause")
PAUSE, PAUSE_S = "|", 1.8
PROMPT_S, MUSIC_S = 1.0, 10.0


def sine(hz: int, seconds: float) -> Samples:
    """A tone."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return np.round(TONE_LEVEL * np.sin(2 * np.pi * hz * time_s)).astype(np.int16)


class Sounds:
    """Sounds by name, as A-law frames."""

    def __init__(self, espeak: Program, directory: Path) -> None:
        self._espeak = espeak
        self._directory = directory
        self._frames: dict[str, Sequence[bytes]] = {}

    async def make(self) -> None:
        """Speak them all."""
        self._directory.mkdir(parents=True, exist_ok=True)
        await asyncio.gather(*(self._speak(name, text) for name, text in SAYINGS.items()))

    def get(self, name: str) -> Sequence[bytes]:
        """The frames of a sound. Raises ``ValueError``."""
        if name not in self._frames:
            raise ValueError(f"the bench has no sound {name!r}; it has {', '.join(self._frames)}")
        return self._frames[name]

    async def _speak(self, name: str, text: str) -> None:
        pieces = [await self._spoken(f"{name}-{number}", piece) for number, piece in enumerate(text.split(PAUSE))]
        pause = np.zeros(int(PAUSE_S * RATE_HZ), dtype=np.int16)
        spoken = np.concatenate([part for piece in pieces for part in (pause, piece)][1:])
        if name in BEEPING:
            spoken = np.concatenate([spoken, np.zeros(2400, dtype=np.int16), sine(BEEP_HZ, BEEP_S)])
        self._frames[name] = frames(spoken)

    async def _spoken(self, name: str, text: str) -> Samples:
        path = self._directory / f"{name}.wav"
        data = next(self._espeak.root.glob("usr/lib/*/espeak-ng-data"), None)
        words = [*(["--path", str(data.parent)] if data else []), "-v", "en", "-w", str(path), text]
        speaking = await asyncio.create_subprocess_exec(*self._espeak.argv, *words)
        if await speaking.wait():
            raise RuntimeError(f"espeak-ng could not speak {name!r}")
        return await asyncio.to_thread(read_wav, path)


def make_share(own: Path, root: Path, prompts: dict[str, int], music_hz: int) -> None:
    """A data directory for an Asterisk: the one below ``root``, with our prompts and music. Blocks.

    ``prompts``: name below ``sounds/bench`` → frequency in Hz.
    """
    shutil.rmtree(own, ignore_errors=True)
    real = root / "usr/share/asterisk"
    own.mkdir(parents=True)
    link_data(real, own, without=("sounds", "moh"))
    (own / "sounds").mkdir()
    for entry in (real / "sounds").iterdir():
        if (place := _inside(root, entry)).exists():
            (own / "sounds" / entry.name).symlink_to(place)
    for name, hz in prompts.items():
        write_wav(own / "sounds/bench" / f"{name}.wav", sine(hz, PROMPT_S))
    write_wav(own / "moh/music.wav", sine(music_hz, MUSIC_S))


def _inside(root: Path, path: Path) -> Path:
    """Where a link of another root leads there: its absolute targets mean that root."""
    for _ in range(10):
        if not path.is_symlink():
            break
        target = path.readlink()
        path = root / target.relative_to("/") if target.is_absolute() else path.parent / target
    return path
