"""Human, machine or doubt: the judge of one answering side (MISSION K6, B9). Pure and incremental.

A person who answers says something and waits: "Haló?", "Novák", "Servis Novák, dobrý den." A machine has a text to
get through. So the first utterance is heard out, and the silence behind it has to be long: as long as the time allows
for a word, longer than recordings pause for a sentence. Whoever says something and then waits is a human. Speech that
goes on, tones, sound before the answer are a machine; everything else is a doubt, and doubts are told at once: asking
for a key after a long silence makes people hang up. A human who turns out to be none is found by the second net
(:mod:`.watch`).
"""

from __future__ import annotations

from appliance.screening.activity import Activity, Burst
from appliance.screening.frames import FRAME_MS, Frame, Framer
from appliance.screening.melody import asks
from appliance.screening.tones import Tones
from appliance.screening.verdict import Facts, Kind, Verdict
from appliance.screening.watch import Watch

__all__ = ["Facts", "Judge", "Verdict"]

# An answer, by how long it is from its first sound to its last, and the silence behind it that makes it a human's.
DEADLINE_MS = 1380  # from the first word on; 1.5 s less what finding its beginning takes
SHORT_MS = 500  # a word: whatever it sounds like, the deadline decides
MIDDLE_MS, LONG_MS = 850, 1260  # a question has until the deadline, too: no piece of it longer, nor all together
LEAST_WAIT_MS = 420
LONG_WAIT_MS = 1400
SETTLED_MS = 300  # of silence: what was said has come to its end, and its melody can be told
LONGEST_SPAN_MS = 2000
LONGEST_QUESTION_MS = 3200
SHORTEST_WORD_MS = 100
CLEAR_DB = 10.0  # so much over the noise has to be what a human is recognised by
VERY_CLEAR_DB = 25.0  # and what a long question is: in noise parts of it may have gone unheard
SETTLING_MS = 60
SOUND_MS = 200
EDGE_FRAMES = 2  # where a tone begins and ends, its spectrum is that of a click
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
        self._human_yet = False
        self._asked: tuple[bytes, bool] = (b"", False)  # the pitch last looked at, and whether it asks

    @property
    def verdict(self) -> Verdict | None:
        """The last one told."""
        return self._verdict

    @property
    def settled(self) -> bool:
        """Nothing more will be told."""
        return self._verdict is not None and self._verdict.kind != "doubt"

    @property
    def sounding(self) -> bool:
        """Something is heard just now."""
        return self._activity.sounding

    def end(self) -> Verdict:
        """There will be no more sound. The verdict that stands then: without another it is a doubt."""
        if self._verdict is None:
            before = "nobody spoke before the answer"
            why = before if self._early_media else "the sound ends before anything is clear"
            self._verdict = self._say("doubt", why)
        return self._verdict

    def feed(self, pcm: bytes) -> Verdict | None:
        """Signed 16-bit little-endian mono at 8 kHz, any number of bytes. The verdict, when there is a new one.

        After ``doubt`` more may be fed, and it may become ``machine``; or ``human``, where the doubt was only that
        nobody had spoken yet, or that much was said which then turned out to be a question. After those two nothing
        changes any more.
        """
        told = None
        if self.settled:
            return None
        for frame in self._framer.feed(pcm):
            if verdict := self._step(frame):
                self._verdict = told = verdict
            if self.settled:
                break  # what is left belongs to the watch
        return told

    def watch(self) -> Watch:
        """Listen on after ``human``, in case it is a machine after all. This judge is done then."""
        return Watch(self._framer, self._activity, self._tones)

    def _step(self, frame: Frame) -> Verdict | None:
        self._tones.add(frame)
        self._activity.add(frame)
        for tone in self._tones.found[-1:]:
            self._activity.strike(tone.start - EDGE_FRAMES, tone.end + EDGE_FRAMES)
        bursts = self._activity.bursts()
        words = [burst for burst in bursts if burst.speech]
        if why := self._machine(words):
            return self._say("machine", why)
        if self._early_media:
            return None
        if self._against:
            return self._doubt(self._against)
        if any(burst.music for burst in bursts):
            return self._doubt("music")
        return self._answer(words, bursts[-1]) if words else self._silence(bursts)

    def _machine(self, words: list[Burst]) -> str:
        for tone in self._tones.found:
            lines = " + ".join(f"{hz:.0f} Hz" for hz in tone.lines_hz)
            if not tone.ringing:
                return f"a tone of {lines}"
            if any(word.end <= tone.start for word in words) and not self._early_media:
                return f"a beep of {lines} behind the words"
        spoken_ms = sum(word.ms for word in words)
        if self._early_media and spoken_ms >= EARLY_SPEECH_MS:
            return "speech before the answer"
        if spoken_ms >= MACHINE_SPEECH_MS:
            return f"{spoken_ms / 1000:.1f} s of speech without waiting for an answer"
        return ""

    def _answer(self, words: list[Burst], latest: Burst) -> Verdict | None:
        """Somebody has spoken: is that all, and do they wait now?"""
        first, last = words[0], words[-1]
        spoken_ms = sum(word.ms for word in words)
        span_ms = (last.end - first.start) * FRAME_MS
        quiet_ms = (self._activity.frames - last.end) * FRAME_MS
        if span_ms > LONGEST_SPAN_MS and not self._verdict:
            self._human_yet = True  # it may still turn out to be a question
            return self._doubt(f"{spoken_ms} ms of speech within {span_ms} ms, more than most people answer with")
        if self._verdict and not self._human_yet:
            return None
        if quiet_ms < SETTLED_MS or (self._activity.frames - latest.end) * FRAME_MS < SETTLING_MS:
            return None  # something sounds, or has just done so: what is it going to be?
        question = self._asks(first.start, last.end)
        if quiet_ms < _wait_ms(span_ms, max(word.ms for word in words), question=question):
            return None
        over_noise_db = max(word.peak_db for word in words) - self._activity.floor_db
        if spoken_ms < SHORTEST_WORD_MS or over_noise_db < CLEAR_DB:
            return self._doubt("hardly anything was said, or it drowns in noise")
        fits = question and span_ms <= LONGEST_QUESTION_MS and over_noise_db >= VERY_CLEAR_DB
        if span_ms > LONGEST_SPAN_MS and not fits:
            self._human_yet = False
            return None
        how = "a question" if question else "speech"
        return self._say("human", f"{spoken_ms} ms of {how}, then {quiet_ms} ms of waiting")

    def _asks(self, start: int, end: int) -> bool:
        """Whether what was said sounds like a question; while nothing more is said, that is known already."""
        pitch_hz = self._activity.pitch_hz(start, end)
        if (said := pitch_hz.tobytes()) != self._asked[0]:
            self._asked = said, asks(pitch_hz)
        return self._asked[1]

    def _silence(self, bursts: tuple[Burst, ...]) -> Verdict | None:
        """Nobody has spoken yet. Asked for the key by then, a person may still say a word, and that will do; but not
        where there was sound already that may have been speech."""
        if self._activity.now_ms < SILENCE_MS:
            return None
        self._human_yet = not any(burst.ms >= SOUND_MS for burst in bursts)
        return self._doubt(f"nobody has spoken in {SILENCE_MS / 1000:.1f} s")

    def _doubt(self, why: str) -> Verdict | None:
        return None if self._verdict else self._say("doubt", why)

    def _say(self, kind: Kind, why: str) -> Verdict:
        return Verdict(kind, self._activity.now_ms, why)


def _wait_ms(span_ms: int, longest_ms: int, *, question: bool) -> int:
    """How much silence makes so much speech, the longest piece of it ``longest_ms``, a human's answer."""
    if span_ms <= SHORT_MS or (question and longest_ms <= MIDDLE_MS and span_ms <= LONG_MS):
        return max(DEADLINE_MS - span_ms, LEAST_WAIT_MS)
    return LONG_WAIT_MS


def _against(facts: Facts) -> str:
    """Why these facts speak against a human at the phone that was dialled, if they do."""
    if facts.suspected:
        return "it took no notice of the caller"
    if facts.diverted:
        return "the call was diverted on its way"
    if facts.connected_differs:
        return "another number answered than the one dialled"
    if facts.ring_s is not None and facts.ring_s < QUICKEST_HUMAN_S:
        return f"answered after {facts.ring_s:.1f} s, sooner than anybody takes up a phone"
    if facts.rang is False:
        return "answered without ringing"
    return ""
