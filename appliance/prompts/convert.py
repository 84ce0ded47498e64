"""A user's sound file into what Asterisk plays: known by its first bytes, converted by sox or ffmpeg, judged."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from appliance.domain.phrase import joined, phrase
from appliance.domain.prompts import MOST_FILE_BYTES
from appliance.prompts import programs, waves
from appliance.prompts.programs import ProgramError
from appliance.prompts.waves import Judged, UnusableError

CONVERT_WITHIN_S = 60.0
MOST_PCM_BYTES = int((waves.LONGEST_S + 10) * waves.RATE_HZ * waves.SAMPLE_BYTES)
RATE = str(waves.RATE_HZ)
TYPES = "WAV, FLAC, Ogg, MP3, AIFF or AU"


@dataclass(frozen=True, slots=True)
class Converted:
    """A file for Asterisk, and what was found of the one it was made from."""

    wav: bytes
    judged: Judged


async def convert(data: bytes) -> Converted:
    """Raises :class:`UnusableError` for what is no usable sound, :class:`ProgramError` where no program can do it."""
    if len(data) > MOST_FILE_BYTES:
        raise UnusableError(
            phrase("it has {size} bytes; a file has {most} at most", size=len(data), most=MOST_FILE_BYTES)
        )
    kind = kind_of(data)
    if kind is None:
        raise UnusableError(phrase("it is no sound file that is known here; give {types}", types=TYPES))
    pcm = await _to_pcm(data, kind)
    judged = waves.judge(pcm)
    return Converted(waves.as_wav(waves.levelled(pcm, judged.peak_db)), judged)


def kind_of(data: bytes) -> str | None:
    """The format by its first bytes, as sox calls it."""
    head = data[:12]
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3"
    return {b"fLaC": "flac", b"OggS": "ogg", b".snd": "au"}.get(head[:4])


async def _to_pcm(data: bytes, kind: str) -> bytes:
    sox, ffmpeg = shutil.which("sox"), shutil.which("ffmpeg")
    why = "neither sox nor ffmpeg is installed; install sox"
    # the type is said, never guessed by the program: some formats are scripts that name other files
    if sox is not None:
        # -D, no dither: the same file is to be the same sound everywhere
        argv = [sox, "-D", "-t", kind, "--ignore-length", "-", "-t", "raw", "-r", RATE, "-c", "1", "-b", "16"]
        argv += ["-e", "signed-integer", "-L", "-", "trim", "0", str(waves.LONGEST_S + 5)]
        try:
            return await _run(argv, data)
        except ProgramError as error:
            why = str(error)
    if ffmpeg is not None:
        argv = [ffmpeg, "-v", "error", "-protocol_whitelist", "pipe", "-f", kind, "-i", "pipe:0", "-vn"]
        argv += ["-t", str(waves.LONGEST_S + 5), "-ac", "1", "-ar", RATE, "-f", "s16le", "pipe:1"]
        try:
            return await _run(argv, data)
        except ProgramError as error:
            why = joined("; ", [why, str(error)])
    if sox is None and ffmpeg is None:
        raise ProgramError(why)
    raise UnusableError(phrase("it cannot be read as {kind} ({why}); give {types}", kind=kind, why=why, types=TYPES))


async def _run(argv: list[str], data: bytes) -> bytes:
    return await programs.run(argv, data, timeout_s=CONVERT_WITHIN_S, most_bytes=MOST_PCM_BYTES)
