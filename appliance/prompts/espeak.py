"""Words into sound: espeak-ng speaks, sox brings its rate and level to the telephone's."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from appliance.domain.phrase import phrase, with_and
from appliance.prompts import programs, waves
from appliance.prompts.programs import ProgramError

ESPEAK, SOX = "espeak-ng", "sox"
VOICES = {"en": "en-gb"}  # the others are called as their languages
WORDS_A_MINUTE = 150  # espeak-ng's 175 is fast for a line
SPEAK_WITHIN_S = 20.0
MOST_BYTES = 40 * 1024 * 1024  # of espeak-ng's 22 kHz: a quarter of an hour
LEVEL_DB = "-4"
HOW = 1  # raised where the same words come out otherwise: kept files are made anew


@dataclass(frozen=True, slots=True)
class Espeak:
    """A synthesiser that is there. ``version`` is what it says of itself."""

    espeak: str
    sox: str
    version: str

    @classmethod
    async def find(cls) -> Espeak:
        """Raises :class:`ProgramError`."""
        espeak, sox = shutil.which(ESPEAK), shutil.which(SOX)
        if espeak is None or sox is None:
            raise ProgramError(phrase("{names} cannot be found", names=with_and(programs.missing(ESPEAK, SOX))))
        said = await programs.run([espeak, "--version"], b"", timeout_s=10, most_bytes=10_000)
        return cls(espeak, sox, said.decode("utf-8", "replace").partition("Data at")[0].strip())

    def recipe(self, text: str, language: str) -> str:
        """What a sound depends on."""
        return f"{self.version}\n{HOW}\n{VOICES.get(language, language)}\n{text}"

    async def speak(self, text: str, language: str) -> bytes:
        """A WAV file. Raises :class:`ProgramError`."""
        argv = [self.espeak, "-v", VOICES.get(language, language), "-s", str(WORDS_A_MINUTE), "-b", "1"]
        # else what follows [[ would be read as phonemes, and nothing behind a NUL at all
        harmless = "".join(sign if sign.isprintable() else " " for sign in text).replace("[[", " ")
        spoken = await programs.run(
            [*argv, "--stdin", "--stdout"], harmless.encode(), timeout_s=SPEAK_WITHIN_S, most_bytes=MOST_BYTES
        )
        # espeak-ng cannot know the length when it writes the header into a pipe
        argv = [self.sox, "-D", "-t", "wav", "--ignore-length", "-", "-t", "raw", "-r", str(waves.RATE_HZ), "-c", "1"]
        argv += ["-b", "16", "-e", "signed-integer", "-L", "-", "gain", "-n", LEVEL_DB]
        pcm = await programs.run(argv, spoken, timeout_s=SPEAK_WITHIN_S, most_bytes=MOST_BYTES)
        if len(pcm) < waves.SHORTEST_S * waves.RATE_HZ * waves.SAMPLE_BYTES:
            raise ProgramError(
                phrase(
                    "{program} said nothing of {size} characters in {language}",
                    program=ESPEAK,
                    size=len(text),
                    language=language,
                )
            )
        return waves.as_wav(pcm)
