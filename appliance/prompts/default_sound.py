"""A prompt as callers hear it where nobody has put a sound of their own, for people who want to listen to it.

Values are examples. What Asterisk puts together of single recorded numbers while it plays is spoken here instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from appliance.domain.phrase import phrase
from appliance.domain.prompts import PROMPTS, Kind
from appliance.prompts import programs, waves
from appliance.prompts.convert import MOST_PCM_BYTES, RATE
from appliance.prompts.grammar import Value
from appliance.prompts.library import Library
from appliance.prompts.plan import Recorded, Spoken, plan
from appliance.prompts.programs import ProgramError
from appliance.prompts.voice import SUFFIX, Voice

CONVERT_WITHIN_S = 20.0
SOUND = "sound:"
EXAMPLES: Mapping[Kind, Value] = {
    Kind.COUNT: 3,
    Kind.MINUTES: 5,
    Kind.PHONE: "+420 777 000 111",
    Kind.DIGITS: "123",
    Kind.MOMENT: datetime(2026, 3, 1, 14, 5),  # noqa: DTZ001 - local time is what is said
    Kind.NAME: "Eva",
}
# how sox is told the kinds of Asterisk's files; those without a head have rate and channels said
_TYPES: Mapping[str, tuple[str, ...]] = {
    ".gsm": ("-t", "gsm"),
    ".wav": ("-t", "wav"),
    ".ulaw": ("-t", "ul", "-r", "8000", "-c", "1"),
    ".alaw": ("-t", "al", "-r", "8000", "-c", "1"),
    ".sln": ("-t", "raw", "-e", "signed-integer", "-b", "16", "-L", "-r", "8000", "-c", "1"),
    ".sln16": ("-t", "raw", "-e", "signed-integer", "-b", "16", "-L", "-r", "16000", "-c", "1"),
}


class _Nothing:
    """No sounds at all: everything is spoken."""

    def recorded(self, language: str, name: str) -> bool:
        return False

    def imported(self, name: str) -> bool:
        return False


class DefaultSounds:
    """Keeps the last one, since a listener fetches it in pieces."""

    def __init__(self, library: Library, voice: Voice) -> None:
        self._library, self._voice = library, voice
        self._last: tuple[tuple[str, str], bytes] | None = None

    async def wav(self, prompt: str, language: str) -> bytes:
        """The whole file. Raises ``KeyError`` for an unknown prompt or language, ``ProgramError`` or ``OSError``
        where it cannot be made."""
        key = (prompt, language)
        if self._last is None or self._last[0] != key:
            self._last = (key, await self._made(prompt, language))
        return self._last[1]

    async def _made(self, prompt: str, language: str) -> bytes:
        values = {name: EXAMPLES[kind] for name, kind in PROMPTS[prompt].items()}
        (piece,) = plan(prompt, values, language, None, {}, self._library).pieces
        if isinstance(piece, Recorded) and all(one.startswith(SOUND) for one in piece.media):
            parts = [await self._recorded(language, one.removeprefix(SOUND)) for one in piece.media]
            return waves.as_wav(b"".join(parts))
        if not isinstance(piece, Spoken):
            (piece,) = plan(prompt, values, language, None, {}, _Nothing()).pieces
        assert isinstance(piece, Spoken)
        return await self._spoken(piece.text, language)

    async def _spoken(self, text: str, language: str) -> bytes:
        file = await self._voice.speak(text, language)
        if file is None:
            raise ProgramError(self._voice.trouble or phrase("it is being spoken; ask again in a moment"))
        return await asyncio.to_thread(Path(f"{file}{SUFFIX}").read_bytes)

    async def _recorded(self, language: str, name: str) -> bytes:
        file = await asyncio.to_thread(lambda: self._library.file(language, name, tuple(_TYPES)))
        if file is None:
            raise ProgramError(
                phrase("Asterisk's sound {name} is in none of {names}", name=name, names=", ".join(_TYPES))
            )
        data = await asyncio.to_thread(file.read_bytes)
        argv = ["sox", "-D", *_TYPES[file.suffix], "-", "-t", "raw", "-r", RATE, "-c", "1", "-b", "16"]
        argv += ["-e", "signed-integer", "-L", "-"]
        return await programs.run(argv, data, timeout_s=CONVERT_WITHIN_S, most_bytes=MOST_PCM_BYTES)
