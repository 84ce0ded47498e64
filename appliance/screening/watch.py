"""The second net: who was taken for a human is listened to for a while longer, with the caller on the line. Pure.

A greeting whose first words are followed by a long pause cannot be told from a person at that moment; some seconds
later it can. But by then a person may be talking, and nobody who talks may ever be cut off, so neither length nor
fluency of speech counts for anything by itself. Two things do:

- the beep: one pure tone, about as loud as the voice, soon behind its words and apart from them, after which the
  other side says nothing more. That is a machine;
- how the two take turns (:mod:`.turns`), where the caller is heard too. That is a doubt: a person may be asked.

The watch is over, and it was a human, once the other side has answered something of the caller's, or after
``LONGEST_MS``; where the caller is not heard, once the other side has listened longer than any greeting pauses.
"""

from __future__ import annotations

from appliance.screening.activity import Activity, Burst
from appliance.screening.frames import FRAME_MS, SILENCE, SILENT_DB, Frame, Framer
from appliance.screening.tones import Tone, Tones
from appliance.screening.turns import own, turn
from appliance.screening.verdict import Kind, Verdict

LONGEST_MS = 30_000  # from the answer on; greetings of networks, with all their instructions, take 25 s
LONGEST_OF_BOTH_MS = 45_000  # and then they may wait for the caller
LATE_FRAMES, EARLY_FRAMES = 10, 25  # what the caller's sound may be behind and ahead
CONNECTING_FRAMES = 10  # from the verdict until they hear each other
LISTENS_MS = 4000  # without a word: greetings pause less, and their beep comes sooner
SHORTEST_BEEP_MS = 160
LONGEST_BEEP_MS = 1500  # longer, it is a phone's dead line or something in the room
LONGEST_AS_RINGING_MS = 700  # where ringing tones lie: those last 0.8 s and more, or come in pairs
LOWEST_HZ = 350.0  # a hum of a voice is lower
BEHIND_MS = 2500  # of the words
APART_MS = 120  # what goes over into speech is part of it
QUIET_MS = 1000  # a person says something about the noise, or goes on; tones that repeat ring, or are an alarm's
BELOW_VOICE_DB = 15.0  # fainter is in the room, not on the line
EDGE_FRAMES = 2  # where a tone begins and ends, its spectrum is that of a click
# a person presses keys (ITU-T Q.23)
KEY_LOW_HZ, KEY_HIGH_HZ = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
KEY_WITHIN = 0.03


class Watch:
    """Goes on where a judge has said ``human``: with the same ears, and sound in the same pieces."""

    def __init__(self, framer: Framer, activity: Activity, tones: Tones) -> None:
        self._framer, self._activity, self._tones = framer, activity, tones
        self._from = activity.frames
        self._levels_db: list[float] = []
        self._verdict: Verdict | None = None
        self._callers_framer = Framer()
        self._caller: Activity | None = None

    @property
    def verdict(self) -> Verdict | None:
        """``machine`` after all, ``doubt``, or ``human`` for good; ``None`` while nobody knows."""
        return self._verdict

    @property
    def sounding(self) -> bool:
        """Something is heard just now."""
        return self._activity.sounding

    def hear(self, pcm: bytes) -> None:
        """More of the caller's side, from when it was connected on, as it comes: it is taken to be said just now."""
        if self._verdict is not None:
            return
        if self._caller is None:
            self._caller = Activity()
            self._keep_up(self._activity.frames)
        for frame in self._callers_framer.feed(pcm):
            if self._caller.frames < self._activity.frames + EARLY_FRAMES:
                self._caller.add(frame)

    def feed(self, pcm: bytes) -> Verdict | None:
        """More of the answering side, as for the judge. The verdict, once there is one; after it nothing changes."""
        if self._verdict is None:
            for frame in self._framer.feed(pcm):
                if (verdict := self._step(frame)) is not None:
                    self._verdict = verdict
                    return verdict
        return None

    def _step(self, frame: Frame) -> Verdict | None:
        self._levels_db.append(frame.level_db)
        self._tones.add(frame)
        self._activity.add(frame)
        for tone in self._tones.found[-1:]:
            self._activity.strike(tone.start - EDGE_FRAMES, tone.end + EDGE_FRAMES)
        words = [burst for burst in self._activity.bursts() if burst.speech]
        if (beep := self._beep(words)) is not None:
            lines = " + ".join(f"{hz:.0f} Hz" for hz in beep.lines_hz)
            return self._say("machine", f"a beep of {lines} behind the words, then silence")
        if self._caller is not None:
            return self._turns(self._caller)
        since_ms = (self._activity.frames - (words[-1].end if words else 0)) * FRAME_MS
        if since_ms >= LISTENS_MS and not self._tones.sounding:
            return self._say("human", f"listened for {since_ms / 1000:.1f} s")
        if self._activity.now_ms >= LONGEST_MS:
            return self._say("human", f"no beep in {LONGEST_MS / 1000:.0f} s")
        return None

    def _turns(self, caller: Activity) -> Verdict | None:
        now = self._activity.frames
        self._keep_up(now - LATE_FRAMES)
        callee, callers = self._activity.bursts(), caller.bursts()
        plain = turn(own(callee, callers), own(callers, callee), self._from + CONNECTING_FRAMES, now)
        if plain == "answered":
            return self._say("human", "it answered the caller")
        if plain is not None:
            return self._say("doubt", f"it {plain}, whatever the caller says")
        if self._activity.now_ms >= LONGEST_OF_BOTH_MS:
            return self._say("human", f"nothing against it in {LONGEST_OF_BOTH_MS / 1000:.0f} s")
        return None

    def _keep_up(self, frames: int) -> None:
        """Where nothing has come of the caller's sound, it is silence."""
        while self._caller is not None and self._caller.frames < frames:
            self._caller.add(SILENCE)

    def _beep(self, words: list[Burst]) -> Tone | None:
        """The beep after which there is nothing more, once that is certain."""
        heard = [tone for tone in self._tones.found if tone.start >= self._from]
        if len(heard) != 1 or self._tones.sounding:
            return None
        (tone,) = heard
        quiet_ms = (self._activity.frames - tone.end) * FRAME_MS
        length_ms = (tone.end - tone.start) * FRAME_MS
        longest_ms = LONGEST_AS_RINGING_MS if tone.ringing else LONGEST_BEEP_MS
        if quiet_ms < QUIET_MS or not SHORTEST_BEEP_MS <= length_ms <= longest_ms:
            return None
        if min(tone.lines_hz) < LOWEST_HZ or _key(tone.lines_hz) or not words:
            return None
        last = words[-1]
        if not APART_MS <= (tone.start - last.end) * FRAME_MS <= BEHIND_MS:
            return None  # also where words follow it
        return tone if self._level_db(tone) >= last.peak_db - BELOW_VOICE_DB else None

    def _level_db(self, tone: Tone) -> float:
        return max(self._levels_db[tone.start - self._from : tone.end - self._from], default=SILENT_DB)

    def _say(self, kind: Kind, why: str) -> Verdict:
        return Verdict(kind, self._activity.now_ms, why)


def _key(lines_hz: tuple[float, ...]) -> bool:
    """Two tones as a telephone's keys make them."""
    return len(lines_hz) == 2 and _near(lines_hz[0], KEY_LOW_HZ) and _near(lines_hz[1], KEY_HIGH_HZ)


def _near(hz: float, keys_hz: tuple[float, ...]) -> bool:
    return any(abs(hz - key) <= KEY_WITHIN * key for key in keys_hz)
