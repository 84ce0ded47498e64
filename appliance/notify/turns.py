"""Whose message goes out next: sources take turns, and none of them may use up the hour. Pure.

The part of a key before its first colon names the source of a message; exchanges begin the keys of their notices with
their own names. What has no such key, as messages by hand, is one source together. So a flood from one of them holds
up nobody else for longer than one part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.notify.hour import Hour


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message with a part to send, not before ``due``."""

    id: int
    key: str
    due: float


@dataclass(frozen=True, slots=True)
class Turn:
    """The message whose turn it is ``at`` that time; ``held``: it waits for the hour, not for itself."""

    id: int
    at: float
    held: bool


def source_of(key: str) -> str:
    """Who a message is from; empty where its key does not say."""
    source, colon, _ = key.partition(":")
    return source if colon else ""


class Turns:
    """At most ``per_hour`` parts in any hour, three quarters of them for one source. Times are monotonic seconds."""

    def __init__(self, per_hour: int) -> None:
        self.hour = Hour(per_hour)
        self._most_of_one = per_hour - per_hour // 4
        self._hours: dict[str, Hour] = {}
        self._turns: dict[str, int] = {}
        self._count = 0

    def sent(self, key: str, now: float) -> None:
        """A part has gone out."""
        self.hour.take(now)
        self._hours = {source: hour for source, hour in self._hours.items() if hour.used(now)}
        self._hours.setdefault(source_of(key), Hour(self._most_of_one)).take(now)

    def taken(self, key: str) -> None:
        """It was its source's turn, whatever came of it."""
        self._count += 1
        self._turns.pop(source_of(key), None)
        self._turns[source_of(key)] = self._count
        if len(self._turns) > 1_000:  # whoever makes a source of every message
            del self._turns[next(iter(self._turns))]

    def next(self, waiting: Iterable[Waiting], now: float) -> Turn | None:
        """Of what may go now, the oldest of the source whose turn is longest ago; else what may go first."""
        turns = [(self._turn(one, now), one) for one in waiting]
        ready = [(turn, one) for turn, one in turns if turn.at <= now]
        if ready:
            return min(ready, key=lambda two: (self._turns.get(source_of(two[1].key), 0), two[1].due, two[1].id))[0]
        return min((turn for turn, _ in turns), key=lambda turn: (turn.at, turn.id), default=None)

    def _turn(self, one: Waiting, now: float) -> Turn:
        own = self._hours.get(source_of(one.key))
        free_at = max(now, self.hour.free_at(now) or now, (own.free_at(now) if own is not None else None) or now)
        return Turn(one.id, max(one.due, free_at), free_at > max(now, one.due))
