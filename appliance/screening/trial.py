"""A whole recording before the judge, in pieces as a call brings them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.screening.frames import FRAME_MS, FRAME_SAMPLES, RATE_HZ
from appliance.screening.judge import Judge, Verdict

FRAME_BYTES = 2 * FRAME_SAMPLES
QUIET_AFTER_FRAMES = 3000 // FRAME_MS  # the line is taken to be quiet for so long behind the end of a recording


@dataclass(frozen=True, slots=True)
class Trial:
    """``verdict`` is the last one; ``doubt`` the one before it, when there was a doubt on the way."""

    verdict: Verdict
    doubt: Verdict | None
    recording_ms: int

    @property
    def behind_ms(self) -> int:
        """How much silence behind the end of the recording the verdict needed."""
        return max(0, self.verdict.at_ms - self.recording_ms)


def judge_recording(pcm: bytes, *, early_media: bool = False) -> Trial:
    """What a call would have concluded of this sound, which is signed 16-bit mono at 8 kHz."""
    judge = Judge(early_media=early_media)
    recording_ms = len(pcm) // 2 * 1000 // RATE_HZ
    doubt: Verdict | None = None
    for at in range(0, len(pcm), FRAME_BYTES):
        doubt = _fed(judge, pcm[at : at + FRAME_BYTES], doubt)
    if not judge.settled and not early_media and not judge.sounding:
        for _ in range(QUIET_AFTER_FRAMES):
            if judge.verdict is None:
                doubt = _fed(judge, bytes(FRAME_BYTES), doubt)
    verdict = judge.end()
    return Trial(verdict, None if doubt is verdict else doubt, recording_ms)


def _fed(judge: Judge, pcm: bytes, doubt: Verdict | None) -> Verdict | None:
    told = judge.feed(pcm)
    return told if told is not None and told.kind == "doubt" else doubt
