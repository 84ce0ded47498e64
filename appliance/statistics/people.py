"""What each person did for callers. Pure.

A call counts once for a person, however many of their phones it rang and however often: as answered where they talked
with the caller, else as missed where it was up to them, else as spared, where somebody else was quicker or the caller
had gone before they could answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from appliance.domain.calls import CallRecord, Leg, LegResult
from appliance.statistics.figures import whole_ms

_UP_TO_THEM = frozenset(
    {
        LegResult.BUSY,
        LegResult.NO_ANSWER,
        LegResult.REJECTED,
        LegResult.UNREACHABLE,
        LegResult.MACHINE,
        LegResult.NOT_ACCEPTED,
    }
)


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """One person, by the roster's id; by their number where the roster does not know them. ``rung`` is the sum of
    ``answered``, ``missed`` and ``spared``. ``took`` are the calls they were the first human in."""

    person: str
    rung: int
    answered: int
    missed: int
    spared: int
    took: int
    talk_ms: int
    longest_talk_ms: int

    @property
    def average_talk_s(self) -> float | None:
        """Of the calls they talked in."""
        return self.talk_ms / self.answered / 1000 if self.answered else None


@dataclass(slots=True)
class _Count:
    answered: int = 0
    missed: int = 0
    spared: int = 0
    took: int = 0
    talk_ms: int = 0
    longest_talk_ms: int = 0


class PeopleTally:
    """Counts calls up by person; with ``only`` just that one."""

    def __init__(self, only: str | None) -> None:
        self._only = only
        self._counts: dict[str, _Count] = {}

    def add(self, record: CallRecord) -> None:
        """One call that has ended."""
        legs: dict[str, list[Leg]] = {}
        for leg in record.legs:
            if leg.person is None and leg.number in (record.caller, ""):
                continue  # a callback rings its caller; "": whose number was erased
            legs.setdefault(leg.person or leg.number, []).append(leg)
        taker = (record.answered_by or record.answered_number) if record.answered_at else None
        if taker is not None:
            legs.setdefault(taker, [])  # rung by the dialplan, or a log that has lost its legs
        for person, theirs in legs.items():
            if self._only is None or person == self._only:
                self._count(person, theirs, record, took=person == taker)

    def _count(self, person: str, legs: list[Leg], record: CallRecord, *, took: bool) -> None:
        count = self._counts.setdefault(person, _Count())
        talked = [leg for leg in legs if leg.result is LegResult.TALKED]
        if took or talked:
            talk_ms = sum(talk_of(leg, record) for leg in talked) if talked else whole_ms(record.talked_s)
            count.answered += 1
            count.took += took
            count.talk_ms += talk_ms
            count.longest_talk_ms = max(count.longest_talk_ms, talk_ms)
        elif any(leg.result in _UP_TO_THEM for leg in legs):
            count.missed += 1
        else:
            count.spared += 1

    def figures(self) -> tuple[PersonFigures, ...]:
        """What was counted, by id."""
        return tuple(
            PersonFigures(
                person,
                one.answered + one.missed + one.spared,
                one.answered,
                one.missed,
                one.spared,
                one.took,
                one.talk_ms,
                one.longest_talk_ms,
            )
            for person, one in sorted(self._counts.items())
        )


def talk_of(leg: Leg, record: CallRecord) -> int:
    """Milliseconds for which somebody talked: not from picking up, which screening comes after, but from when the
    caller was answered."""
    begin = max(leg.answered_at or "", record.answered_at or "")
    try:
        ended = datetime.fromisoformat(leg.ended_at or record.ended_at or "")
        return max(0, round((ended - datetime.fromisoformat(begin)).total_seconds() * 1000))
    except (ValueError, TypeError):  # no such times, or one without a zone
        return 0
