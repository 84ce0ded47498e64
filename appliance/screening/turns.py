"""Do the two take turns? What tells a person from a recording once the caller is on the line. Pure.

A recorded text takes no notice of the caller: it goes on by itself, over whatever the caller says, and once it has
ended it does not answer. A person lets the caller speak, and then says something to it. So two things are suspicious,
and one is proof:

- *goes on*: the answering side speaks again by itself and does not stop, before it ever let the caller say something;
- *does not answer*: the caller has said something and waits, in vain;
- *answered*: silence for longer than recordings pause, in it something of the caller's, then a word.

Both lines carry echoes. What sounds on one line only while the other is far louder is no speech of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from appliance.screening.activity import Burst
from appliance.screening.frames import FRAME_MS

Turn = Literal["answered", "goes on", "does not answer"]

ECHO_BELOW_DB = 14.0  # hybrids and handsets let that much less through; people at two phones are seldom so far apart
ECHO_LATER_FRAMES = 20
ECHO_SHARE = 0.8
ANSWER_GAP_MS = 2600  # recordings pause for less
CALLER_SAID_MS = 500
GOES_ON_MS = 4000  # people who are not answered ask again, and wait
TURN_ENDS_MS = 1500  # of silence
BREATH_MS = 700  # so long nobody takes a pause for the other's turn
UNANSWERED_MS = 3500


@dataclass(frozen=True, slots=True)
class Said:
    """What one side has said, in frames of one clock, and how loud at most."""

    start: int
    end: int
    peak_db: float

    @property
    def ms(self) -> int:
        """How long."""
        return (self.end - self.start) * FRAME_MS


def own(bursts: Sequence[Burst], others: Sequence[Burst]) -> list[Said]:
    """What of ``bursts`` is speech, and no echo of the other side's."""
    return [Said(one.start, one.end, one.peak_db) for one in bursts if one.speech and not _echo(one, others)]


def turn(callee: Sequence[Said], caller: Sequence[Said], connected: int, now: int) -> Turn | None:
    """What is plain by now, if anything is. ``connected`` is the frame from which on they hear each other."""
    heard = [one for one in caller if one.end > connected]
    if _answered(callee, heard, connected):
        return "answered"
    if _going_on_ms(callee, heard, connected) >= GOES_ON_MS:
        return "goes on"
    last = max(connected, callee[-1].end) if callee else connected
    return "does not answer" if _in_vain_ms(heard, last, now) >= UNANSWERED_MS else None


def _echo(burst: Burst, others: Sequence[Burst]) -> bool:
    """Nearly all of it sounds while the other side does, or just after it, and far fainter."""
    covered, loudest_db = 0, burst.peak_db
    for other in others:
        start, end = max(burst.start, other.start), min(burst.end, other.end + ECHO_LATER_FRAMES)
        if end > start:
            covered += end - start
            loudest_db = max(loudest_db, other.peak_db)
    return covered >= ECHO_SHARE * (burst.end - burst.start) and burst.peak_db <= loudest_db - ECHO_BELOW_DB


def _answered(callee: Sequence[Said], caller: Sequence[Said], connected: int) -> bool:
    for before, after in pairwise(callee):
        silent_ms = (after.start - before.end) * FRAME_MS
        if after.start >= connected and silent_ms >= ANSWER_GAP_MS:
            spoken_ms = _within_ms(caller, max(before.end, connected), after.start)
            if spoken_ms >= CALLER_SAID_MS:
                return True
    return False


def _going_on_ms(callee: Sequence[Said], caller: Sequence[Said], connected: int) -> int:
    """How long the answering side has spoken in one go since it was connected."""
    going_on_ms, before = 0, connected
    for one in callee:
        if one.end <= connected:
            continue
        start = max(one.start, connected)
        paused = (start - before) * FRAME_MS >= TURN_ENDS_MS and going_on_ms > 0
        if paused or _within_ms(caller, before, start) >= CALLER_SAID_MS:
            going_on_ms = 0
        going_on_ms += (one.end - start) * FRAME_MS
        before = one.end
        if going_on_ms >= GOES_ON_MS:
            break
    return going_on_ms


def _in_vain_ms(caller: Sequence[Said], since: int, now: int) -> int:
    """How long the caller has waited for a word since then, breaths not counted."""
    waits = [(one.end, after.start) for one, after in pairwise(caller) if one.end > since]
    if caller and caller[-1].end > since:
        waits.append((caller[-1].end, now))
    if _within_ms(caller, since, now) < CALLER_SAID_MS:
        return 0
    return sum(max(0, (end - start) * FRAME_MS - BREATH_MS) for start, end in waits)


def _within_ms(said: Sequence[Said], start: int, end: int) -> int:
    """How much of it was said between two moments."""
    return sum(max(0, min(one.end, end) - max(one.start, start)) for one in said) * FRAME_MS
