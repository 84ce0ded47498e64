"""What a broker refuses to take from a link (MQTT 5 §3.4.2.1), and when it may be offered again. Pure.

A refusal has no consequences for the connection (§4.13.2): the topic rests for a while, and all else goes on.
Mosquitto 2.0.11, which is Debian 12's, closes the connection behind its refusal all the same. Offering the topic on
each new connection would close each of them, so there it rests for an hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field

RESTS_AFTER_CLOSING_S = 3600.0
CLOSED_WITHIN_S = 2.0
SILENCES = 3


@dataclass(slots=True)
class Refusals:
    """Of one link, over all its connections. Times are monotonic seconds; ``rest_s`` is how long a topic rests."""

    rest_s: float
    _until: dict[str, float] = field(default_factory=dict)
    _refused_at: dict[str, float] = field(default_factory=dict)
    _offered: dict[str, int] = field(default_factory=dict)

    def wait_s(self, topic: str, now: float) -> float:
        """How long to wait before offering ``topic``; 0 is now."""
        return max(0.0, self._until.get(topic, now) - now)

    def offered(self, topic: str) -> None:
        """It is about to be sent. Only for what can be done without: it rests where connections end unanswered."""
        self._offered[topic] = self._offered.get(topic, 0) + 1

    def taken(self, topic: str) -> None:
        """The broker took it."""
        for kept in (self._until, self._refused_at, self._offered):
            kept.pop(topic, None)

    def refused(self, topic: str, now: float) -> float:
        """The broker refused it; the seconds it rests."""
        self._offered.pop(topic, None)
        self._refused_at[topic] = now
        self._until[topic] = now + self.rest_s
        return self.rest_s

    def closed(self, now: float) -> list[str]:
        """The connection ended; the topics that are to blame, which rest for long.

        Where none is, all may be offered again: the next connection may lead to a broker with a mended access list.
        """
        blamed = {topic for topic, at in self._refused_at.items() if now - at <= CLOSED_WITHIN_S}
        # the answer may be lost where the connection is cut right behind it
        blamed |= {topic for topic, times in self._offered.items() if times >= SILENCES}
        self._refused_at.clear()
        if not blamed:
            self._until.clear()
        for topic in blamed:
            self._offered.pop(topic, None)
            self._until[topic] = now + RESTS_AFTER_CLOSING_S
        return sorted(blamed)
