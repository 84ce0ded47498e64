"""Asterisk tells of some keys twice: which event is a repetition? Pure; one channel's, times in seconds.

Where packets of several keys come in one bunch, as after a stall of a wireless link, or keys are shorter than 80 ms,
Asterisk keeps a key back until the one before it has been played for long enough. ``ChannelDtmfReceived`` is told
when the key comes, and once more when it leaves the queue (``main/channel.c``, ``__ast_read()``). So a code or a
number would hold keys that nobody pressed.

A key is kept back when it comes while another is being played (``mindtmfduration`` at least) or within
``AST_MIN_DTMF_GAP`` after it. Its repetition has the same digit and duration, comes in the queue's order, and not
before that time is over. Two keys of the same digit at the pace of fingers, or of a dialler, are farther apart.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from appliance.asterisk.events import AriEvent

GAP_S = 0.045  # AST_MIN_DTMF_GAP
SHORTEST_S = 0.080  # mindtmfduration, as Asterisk has it by default
EARLY_S, LATE_S = 0.005, 0.045  # times are told in milliseconds; a key leaves the queue with the next frames of sound


@dataclass(frozen=True, slots=True)
class _Kept:
    """A key that may be told again, between those moments."""

    digit: str
    length_s: float
    since: float
    until: float


class Digits:
    """Told of each event as it comes, it says which are keys."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque()
        # a key is played until then, at the earliest; nothing is kept back any more from then on, at the latest
        self._quiet_since = self._free_at = float("-inf")

    def pressed(self, digit: str, length_s: float, at: float) -> bool:
        """Whether this event is a key; ``False`` where it only repeats one. ``length_s`` as told, ``at`` when."""
        while self._kept and self._kept[0].until < at:
            self._kept.popleft()  # it had not been kept back
        played_s = max(length_s, SHORTEST_S)
        head = self._kept[0] if self._kept else None
        if head is not None and (head.digit, head.length_s) == (digit, length_s) and head.since <= at:
            self._kept.popleft()
            self._plays(at + played_s, at + played_s)
            return False
        if at < self._free_at:
            before = self._kept[-1] if self._kept else None
            least_s, most_s = (0.0, 0.0) if before is None else _after(before)
            since = max(self._quiet_since + GAP_S, before.since + least_s if before else at) - EARLY_S
            until = max(self._free_at, before.until + most_s if before else at)
            self._kept.append(_Kept(digit, length_s, since, until))
            self._free_at = max(self._free_at, at + played_s + GAP_S + LATE_S)
        else:  # it began too early to be taken as it comes, perhaps: then it is played from now on
            self._plays(at, at + (played_s if at - length_s < self._free_at else SHORTEST_S))
        return True

    def _plays(self, least: float, most: float) -> None:
        self._quiet_since, self._free_at = least, most + GAP_S + LATE_S


def _after(kept: _Kept) -> tuple[float, float]:
    """How long after another one's repetition the next comes, at least and at most."""
    played_s = max(kept.length_s, SHORTEST_S)
    return played_s + GAP_S, played_s + GAP_S + LATE_S


def read_digit(event: AriEvent) -> tuple[str, float, float] | None:
    """What :meth:`Digits.pressed` is told of an event; ``None`` for what is no key, or has no time."""
    if event.type != "ChannelDtmfReceived":
        return None
    try:
        at = datetime.fromisoformat(event.text("timestamp")).timestamp()
    except ValueError:
        return None
    return event.text("digit"), (event.number("duration_ms") or 0) / 1000, at
