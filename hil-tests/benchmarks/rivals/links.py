"""The way a probe's packets take: each is lost independently, each way, and outages swallow all of them."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RTT_S = 0.012
DAY_S = 86_400.0

Outage = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Link:
    """``loss`` is the share of packets lost each way, 0 to 1; ``outages`` are (begin, end) in seconds, in order."""

    loss: float = 0.0
    outages: tuple[Outage, ...] = ()

    def carries(self, at: float, chance: random.Random) -> bool:
        """Whether one packet that crosses at ``at`` gets through."""
        if self.outages:
            before = bisect_right(self.outages, (at, float("inf"))) - 1
            if before >= 0 and at < self.outages[before][1]:
                return False
        return self.loss <= 0.0 or chance.random() >= self.loss

    def dead_from(self, at: float) -> Link:
        """The same link, with a death at ``at`` that does not end."""
        return Link(self.loss, (*(outage for outage in self.outages if outage[0] < at), (at, float("inf"))))


def answered_at(
    links: Sequence[Link], began: float, sends_s: Iterable[float], gives_up_s: float, chance: random.Random
) -> float | None:
    """When the answer to a question arrives that is sent at each of ``sends_s`` after ``began``, or ``None``.

    A copy counts if it and its answer cross every link, and the answer comes before ``gives_up_s``.
    """
    for send_s in sends_s:
        out, back = began + send_s, began + send_s + RTT_S
        if back > began + gives_up_s:
            return None
        if all(link.carries(out, chance) and link.carries(back, chance) for link in links):
            return back
    return None


def blips(length_s: float, every_s: float, until_s: float, chance: random.Random) -> tuple[Outage, ...]:
    """Outages of ``length_s``, one in each stretch of ``every_s`` at a random place of it, none across its ends."""
    begins = [index * every_s + chance.uniform(0.0, every_s - length_s) for index in range(int(until_s / every_s))]
    return tuple((begin, begin + length_s) for begin in begins)
