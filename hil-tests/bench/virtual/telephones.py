"""People's telephones in virtual time: who rings, answers, presses keys, hangs up; and what came of each call."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody deals with a call. ``refuses`` is a Q.850 cause (17: busy) instead of ringing.

    ``presses`` is pressed once whoever answered is asked for a key; a machine presses none. ``talks_s`` after being
    connected with somebody they hang up, ``patience_s`` after answering without being connected.
    """

    answers_after_s: float | None = 3.0
    refuses: int | None = None
    presses: str = "1"
    talks_s: float | None = 30.0
    patience_s: float = 120.0


ANSWERS = Manner()
NEVER = Manner(answers_after_s=None)
BUSY = Manner(refuses=17)
VOICEMAIL = Manner(answers_after_s=8.0, presses="", talks_s=None, patience_s=60.0)


@dataclass(slots=True)
class Ring:
    """One call to a telephone. Times are the virtual clock's; ``with_`` are the numbers it was connected with."""

    number: str
    channel: str
    began_at: float
    rang_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    cause: int | None = None
    joined_at: float | None = None  # last connected with somebody
    with_: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Telephones:
    """All that can be called. ``plan``: what a number does with its next calls, in order; then ``usual``."""

    usual: dict[str, Manner] = field(default_factory=dict)
    plan: dict[str, list[Manner]] = field(default_factory=dict)
    rings: list[Ring] = field(default_factory=list)
    heard: list[tuple[str, str]] = field(default_factory=list)  # number and sound, of every sound that was begun

    def manner(self, number: str) -> Manner:
        """What the number does with the call that begins now."""
        planned = self.plan.get(number)
        return planned.pop(0) if planned else self.usual.get(number, ANSWERS)

    def talked(self, number: str, at_least_s: float = 0.0) -> list[Ring]:
        """The calls in which the number was connected with somebody, so long at the end."""
        return [
            ring
            for ring in self.of(number)
            if ring.joined_at is not None and (ring.ended_at or ring.joined_at) - ring.joined_at >= at_least_s
        ]

    def of(self, number: str) -> list[Ring]:
        """The calls to a number."""
        return [ring for ring in self.rings if ring.number == number]

    def most_at_once(self, number: str) -> int:
        """How many calls to a number there were at the same time, at most."""
        edges = [(ring.began_at, 1) for ring in self.of(number)]
        edges += [(ring.ended_at, -1) for ring in self.of(number) if ring.ended_at is not None]
        most = count = 0
        for _at, change in sorted(edges, key=lambda edge: (edge[0], edge[1])):
            count += change
            most = max(most, count)
        return most
