"""Human, machine or doubt: the judge of one answering side (MISSION K6, B9). Pure and incremental.

A person who answers says little and waits: "Haló?", "Novák", "Ja, bitte?". A machine has a text to get through. So
the first utterance is heard out, and the silence behind it has to be as long as the time allows: whoever says
something short and then waits is a human. Speech that goes on, tones, sound before the answer are a machine;
everything else is a doubt, and doubts are told at once, because asking for a key after a long silence makes people
hang up.
"""

from __future__ import annotations

from appliance.screening.activity import Activity, Burst
from appliance.screening.frames import FRAME_MS, Frame, Framer
from appliance.screening.tones import Tones
from appliance.screening.verdict import Facts, Kind, Verdict

__all__ = ["Facts", "Judge", "Verdict"]

DEADLINE_MS = 1440  # from the first word; 1.5 s less what finding its beginning takes
LEAST_QUIET_MS = 560
LONGEST_ANSWER_MS = 1700
SILENCE_MS = 2500
MACHINE_SPEECH_MS = 4500
EARLY_SPEECH_MS = 400
QUICKEST_HUMAN_S = 1.2  # nobody takes a phone up so quickly; what answers sooner is switched off or diverted


class Judge:
    """Feed it what the answering side says, from the answer on (or, ``early_media``, before it)."""

    def __init__(self, early_media: bool = False, facts: Facts | None = None) -> None:
        self._early_media = early_media
        self._against = "" if early_media else _against(facts or Facts())
        self._framer = Framer()
        self._activity = Activity()
        self._tones = Tones()
        self._verdict: Verdict | None = None

    @property
    def verdict(self) -> Verdict | None:
        """The last one told."""
        return self._verdict

    @property
    def settled(self) -> bool:
        """Nothing more will be told."""
        return self._verdict is not None and self._verdict.kind != "doubt"

    def feed(self, pcm: bytes) -> Verdict | None:
        """Signed 16-bit little-endian mono at 8 kHz, any number of bytes. The verdict, when there is a new one.

        After ``doubt`` more may be fed, and it may become ``machine``, or ``human`` where the doubt was only that
        nobody had spoken yet. After those two nothing changes any more.
        """
        told = None
        for frame in self._framer.feed(pcm):
            if not self.settled and (verdict := self._step(frame)):
                self._verdict = told = verdict
        return told

    def _step(self, frame: Frame) -> Verdict | None:
        self._tones.add(frame)
        self._activity.add(frame, voice=not self._tones.sounding)
        words = [burst for burst in self._activity.bursts() if burst.speech]
        if why := self._machine(words):
            return self._say("machine", why)
        if self._early_media:
            return None
        if self._against:
            return self._doubt(self._against)
        return self._answer(words) if words else self._silence()

    def _machine(self, words: list[Burst]) -> str:
        for tone in self._tones.found:
            lines = " + ".join(f"{hz:.0f} Hz" for hz in tone.lines_hz)
            if not tone.ringing:
                return f"a tone of {lines}"
            if any(word.end <= tone.start for word in words) and not self._early_media:
                return f"a beep of {lines} behind the words"
        spoken_ms = sum(word.end - word.start for word in words) * FRAME_MS
        if self._early_media and spoken_ms >= EARLY_SPEECH_MS:
            return "speech before the answer"
        if spoken_ms >= MACHINE_SPEECH_MS:
            return f"{spoken_ms / 1000:.1f} s of speech without waiting for an answer"
        return ""

    def _answer(self, words: list[Burst]) -> Verdict | None:
        now = self._activity.frames
        span_ms = (words[-1].end - words[0].start) * FRAME_MS
        quiet_ms = (now - words[-1].end) * FRAME_MS
        if span_ms > LONGEST_ANSWER_MS:
            return self._doubt(f"{span_ms} ms of speech, longer than most answers")
        if quiet_ms >= max(DEADLINE_MS - span_ms, LEAST_QUIET_MS):
            if self._verdict and len(words) > 1:
                return None
            return self._say("human", f"{span_ms} ms of speech, then {quiet_ms} ms of waiting")
        return None

    def _silence(self) -> Verdict | None:
        if self._activity.now_ms < SILENCE_MS:
            return None
        return self._doubt(f"nobody has spoken in {SILENCE_MS / 1000:.1f} s")

    def _doubt(self, why: str) -> Verdict | None:
        return None if self._verdict else self._say("doubt", why)

    def _say(self, kind: Kind, why: str) -> Verdict:
        return Verdict(kind, self._activity.now_ms, why)


def _against(facts: Facts) -> str:
    """Why these facts speak against a human at the phone that was dialled, if they do."""
    if facts.diverted:
        return "the call was diverted on its way"
    if facts.connected_differs:
        return "another number answered than the one dialled"
    if facts.ring_s is not None and facts.ring_s < QUICKEST_HUMAN_S:
        return f"answered after {facts.ring_s:.1f} s, sooner than anybody takes up a phone"
    if facts.rang is False:
        return "answered without ringing"
    return ""
