"""A whole recording before the judge, in pieces as a call brings them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from appliance.screening.frames import FRAME_MS, FRAME_SAMPLES, RATE_HZ
from appliance.screening.judge import Judge, Verdict
from appliance.screening.watch import Watch

FRAME_BYTES = 2 * FRAME_SAMPLES
QUIET_AFTER_FRAMES = 3000 // FRAME_MS  # the line is taken to be quiet for so long behind the end of a recording


@dataclass(frozen=True, slots=True)
class Trial:
    """``verdict`` is the one that settled it, or the last; ``doubt`` the one before it, when there was a doubt on the
    way; ``watched`` what the watch said of whoever was taken for a human, as far as the recording goes."""

    verdict: Verdict
    doubt: Verdict | None
    recording_ms: int
    watched: Verdict | None = None

    @property
    def taken_back(self) -> Verdict | None:
        """Why it turned out to be a machine after all."""
        return self.watched if self.watched is not None and self.watched.kind == "machine" else None

    @property
    def asked(self) -> Verdict | None:
        """Why somebody is asked for a key after all, with the caller aside."""
        return self.watched if self.watched is not None and self.watched.kind == "doubt" else None

    @property
    def behind_ms(self) -> int:
        """How much silence behind the end of the recording the verdict needed."""
        return max(0, self.verdict.at_ms - self.recording_ms)


Conversation = Callable[[int], tuple[bytes, bytes]]


def judge_recording(pcm: bytes, *, early_media: bool = False, conversation: Conversation | None = None) -> Trial:
    """What a call would have concluded of this sound, which is signed 16-bit mono at 8 kHz. ``conversation`` tells
    both sides, the recorded one and the caller's, from that many bytes of the recording on, where they are connected.
    """
    judge = Judge(early_media=early_media)
    recording_ms = len(pcm) // 2 * 1000 // RATE_HZ
    doubt: Verdict | None = None
    at = 0
    while at < len(pcm) and not judge.settled:
        doubt = _fed(judge, pcm[at : at + FRAME_BYTES], doubt)
        at += FRAME_BYTES
    if not judge.settled and not early_media and not judge.sounding:
        for _ in range(QUIET_AFTER_FRAMES):
            if judge.verdict is None:
                doubt = _fed(judge, bytes(FRAME_BYTES), doubt)
    verdict = judge.end()
    watched = None
    if verdict.kind == "human":
        recorded, caller = conversation(at) if conversation is not None else (pcm[at:], b"")
        watched = _watched(judge.watch(), recorded, caller)
    return Trial(verdict, None if doubt is verdict else doubt, recording_ms, watched)


def _watched(watch: Watch, pcm: bytes, caller: bytes) -> Verdict | None:
    for at in range(0, len(pcm), FRAME_BYTES):
        if caller:
            watch.hear(caller[at : at + FRAME_BYTES])
        if watch.feed(pcm[at : at + FRAME_BYTES]) is not None:
            return watch.verdict
    if not watch.sounding and not caller:
        watch.feed(bytes(FRAME_BYTES) * QUIET_AFTER_FRAMES)
    return watch.verdict


def _fed(judge: Judge, pcm: bytes, doubt: Verdict | None) -> Verdict | None:
    told = judge.feed(pcm)
    return told if told is not None and told.kind == "doubt" else doubt
