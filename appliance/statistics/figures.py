"""The figures of some calls, and how they are counted. Pure.

Times are kept in whole milliseconds, so that the parts of a sum give exactly the sum.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from appliance.domain.calls import Outcome


@dataclass(frozen=True, slots=True)
class Figures:
    """Calls of callers, by what became of them; ``offered`` is all of them together.

    ``abandoned`` are those who waited for some time and hung up, ``short_abandoned`` those who hung up at once;
    ``message`` left one, ``callback`` asked to be called back, ``served`` heard what they wanted from a menu;
    ``other`` has an outcome that this version does not know. ``within`` were answered soon enough. Times are
    milliseconds: ``answer_wait`` over answered calls, ``abandon_wait`` over abandoned ones (short ones too),
    ``longest_wait`` over all.
    """

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    unanswered: int = 0
    message: int = 0
    callback: int = 0
    served: int = 0
    cut: int = 0
    other: int = 0
    within: int = 0
    answer_wait_ms: int = 0
    abandon_wait_ms: int = 0
    longest_wait_ms: int = 0
    talk_ms: int = 0
    longest_talk_ms: int = 0

    @property
    def service_level(self) -> float | None:
        """The part of calls answered soon enough, from 0 to 1, of all but short abandons and served ones; ``None``
        where there is none to judge by."""
        judged = self.offered - self.short_abandoned - self.served
        return self.within / judged if judged else None

    @property
    def lost(self) -> int:
        """Callers who wanted somebody, waited, and reached nobody."""
        return self.offered - self.answered - self.short_abandoned - self.message - self.callback - self.served

    @property
    def average_wait_s(self) -> float | None:
        """Of answered calls, until a human answered."""
        return self.answer_wait_ms / self.answered / 1000 if self.answered else None

    @property
    def average_abandon_s(self) -> float | None:
        """Of callers who hung up, until they did."""
        gone = self.abandoned + self.short_abandoned
        return self.abandon_wait_ms / gone / 1000 if gone else None

    @property
    def average_talk_s(self) -> float | None:
        """Of answered calls, from the answer to the end."""
        return self.talk_ms / self.answered / 1000 if self.answered else None


# what is counted of a call beside what all have, by what became of it
_COUNTED_AS = {
    Outcome.UNANSWERED: "unanswered",
    Outcome.MESSAGE: "message",
    Outcome.CALLBACK: "callback",
    Outcome.SERVED: "served",
    Outcome.CUT: "cut",
}


class Tally:
    """Counts calls up; :meth:`figures` tells how far it is. Milliseconds: a call answered within ``service_level_ms``
    was answered soon enough, one given up within ``short_abandon_ms`` was given up at once."""

    def __init__(self, service_level_ms: int, short_abandon_ms: int) -> None:
        self._service_level_ms, self._short_abandon_ms = service_level_ms, short_abandon_ms
        self._counted: Counter[str] = Counter()  # by the names of Figures

    def add(self, outcome: Outcome | None, wait_ms: int, talk_ms: int) -> None:
        """One call that has ended."""
        counted = self._counted
        counted["offered"] += 1
        counted["longest_wait_ms"] = max(counted["longest_wait_ms"], wait_ms)
        if outcome is Outcome.ANSWERED:
            counted["answered"] += 1
            counted["within"] += wait_ms <= self._service_level_ms
            counted["answer_wait_ms"] += wait_ms
            counted["talk_ms"] += talk_ms
            counted["longest_talk_ms"] = max(counted["longest_talk_ms"], talk_ms)
        elif outcome is Outcome.ABANDONED:
            counted["abandon_wait_ms"] += wait_ms
            counted["short_abandoned" if wait_ms < self._short_abandon_ms else "abandoned"] += 1
        else:
            counted["other" if outcome is None else _COUNTED_AS.get(outcome, "other")] += 1

    def figures(self) -> Figures:
        """What was counted."""
        return Figures(**self._counted)


def whole_ms(seconds: float | None) -> int:
    """Seconds as whole milliseconds; none and less than none are 0."""
    return 0 if seconds is None else max(0, round(seconds * 1000))
