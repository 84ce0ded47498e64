"""The summary of some calls: the one function that this room is for. Pure.

What counts. A call is *offered* once it has ended and a line had taken it, or nobody of us saw it and the dialplan
led it to the technician. Calls that no line takes are ``refused``, those that have not ended ``under_way``, those
from phone to phone in the house ``internal``, callbacks that were taken back ``cancelled``; none of them is in any
other figure. A call belongs to the hour, weekday and day of its arrival, in local time: in the night in which the
clocks go back, two hours are told as one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from appliance.domain.calls import CallRecord, Outcome
from appliance.statistics.figures import Figures, Tally, whole_ms
from appliance.statistics.people import PeopleTally, PersonFigures
from appliance.statistics.question import By, Question

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_DAYS = 4000  # rows of a summary by day; the log itself is kept for less
Span = tuple[datetime, datetime | None]  # an outage, from when until when; None: it lasts


@dataclass(frozen=True, slots=True)
class OutageFigures:
    """Outages in the period: how many, how long together within it, and how many offered calls came in one."""

    count: int
    lasted_s: float
    offered: int


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one hour (``"0"`` to ``"23"``), weekday, day (``2026-03-01``), line or queue (``""``: none)."""

    key: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Summary:
    """The answer. ``rows`` are empty where the question has no ``by``, or asks by person: ``people`` has those.
    ``outages`` is ``None`` where they are not known; ``outages_unknown`` says why."""

    question: Question
    total: Figures
    rows: tuple[Row, ...]
    people: tuple[PersonFigures, ...]
    refused: int = 0
    under_way: int = 0
    internal: int = 0
    cancelled: int = 0
    outages: OutageFigures | None = None
    outages_unknown: str | None = None


def summarise(records: Iterable[CallRecord], question: Question, outages: Sequence[Span] | None = None) -> Summary:
    """Sum the calls up that the question asks for; others among ``records`` are passed over, each call must be there
    once. ``outages`` must not overlap. Reads ``records`` once, one at a time."""
    counting = _Counting(question, sorted(outages, key=lambda one: one[0]) if outages is not None else None)
    for record in records:
        counting.add(record)
    return counting.summary()


class _Counting:
    def __init__(self, question: Question, outages: list[Span] | None) -> None:
        self._question, self._outages = question, outages
        self._began = [began for began, _ended in outages or ()]
        self._total = self._tally()
        self._rows: dict[Hashable, Tally] = {key: self._tally() for key in _keys(question)}
        self._people = PeopleTally(question.person)
        self._refused = self._under_way = self._internal = self._cancelled = self._offered_in_outages = 0

    def add(self, record: CallRecord) -> None:
        arrived = _moment(record.arrived_at)
        if arrived is None or not self._asked_for(record, arrived):
            return
        if record.internal:
            self._internal += 1
        elif record.outcome is Outcome.REFUSED:
            self._refused += 1
        elif record.outcome is Outcome.CANCELLED:
            self._cancelled += 1
        elif record.ended_at is None:
            self._under_way += 1
        else:
            self._offered(record, arrived)

    def _offered(self, record: CallRecord, arrived: datetime) -> None:
        wait_ms, talk_ms = self._wait_ms(record), whole_ms(record.talked_s)
        self._total.add(record.outcome, wait_ms, talk_ms)
        self._people.add(record)
        key = self._key(record, arrived)
        if key is not None:
            tally = self._rows.get(key)
            if tally is None:
                tally = self._rows[key] = self._tally()
            tally.add(record.outcome, wait_ms, talk_ms)
        self._offered_in_outages += self._is_in_outage(arrived)

    def _wait_ms(self, record: CallRecord) -> int:
        """From arrival; where a queue is asked about, from when the call came there."""
        if self._question.queue is None or record.queued_at is None:
            return whole_ms(record.waited_s)
        begin, end = _moment(record.queued_at), _moment(record.answered_at or record.ended_at or "")
        return whole_ms((end - begin).total_seconds() if begin is not None and end is not None else None)

    def _asked_for(self, record: CallRecord, arrived: datetime) -> bool:
        asked = self._question
        return (
            asked.since <= arrived < asked.until
            and (asked.line is None or record.line == asked.line)
            and (asked.queue is None or record.queue == asked.queue)
            and (asked.person is None or _took_part(asked.person, record))
        )

    def _key(self, record: CallRecord, arrived: datetime) -> Hashable:
        match self._question.by:
            case By.HOUR:
                return arrived.astimezone(self._question.zone).hour
            case By.WEEKDAY:
                return arrived.astimezone(self._question.zone).weekday()
            case By.DAY:
                return arrived.astimezone(self._question.zone).date()
            case By.LINE:
                return record.line or ""
            case By.QUEUE:
                return record.queue or ""
        return None

    def _is_in_outage(self, arrived: datetime) -> bool:
        place = bisect_right(self._began, arrived) - 1
        if place < 0 or self._outages is None:
            return False
        ended = self._outages[place][1]
        return ended is None or arrived < ended

    def _tally(self) -> Tally:
        return Tally(whole_ms(self._question.service_level_s), whole_ms(self._question.short_abandon_s))

    def summary(self) -> Summary:
        rows = tuple(
            Row(_key_text(self._question.by, key), tally.figures())
            for key, tally in sorted(self._rows.items(), key=lambda item: item[0])  # type: ignore[arg-type, return-value]
        )
        return Summary(
            self._question,
            self._total.figures(),
            rows,
            self._people.figures(),
            self._refused,
            self._under_way,
            self._internal,
            self._cancelled,
            self._outage_figures(),
        )

    def _outage_figures(self) -> OutageFigures | None:
        if self._outages is None:
            return None
        # in UTC: times of one zone are subtracted by their clocks, whatever those did in between
        since, until = self._question.since.astimezone(UTC), self._question.until.astimezone(UTC)
        count, lasted = 0, timedelta()
        for began, ended in self._outages:
            end = until if ended is None else min(ended.astimezone(UTC), until)
            if began < until and end > since:
                count += 1
                lasted += end - max(began.astimezone(UTC), since)
        return OutageFigures(count, lasted.total_seconds(), self._offered_in_outages)


def _keys(question: Question) -> list[Hashable]:
    """The rows that are told though no call is in them."""
    match question.by:
        case By.HOUR:
            return [*range(24)]
        case By.WEEKDAY:
            return [*range(7)]
        case By.DAY:
            first = question.since.astimezone(question.zone).date()
            last = (question.until.astimezone(UTC) - timedelta(microseconds=1)).astimezone(question.zone).date()
            return [first + timedelta(days=n) for n in range(min((last - first).days + 1, MOST_DAYS))]
    return []


def _key_text(by: By | None, key: Hashable) -> str:
    return WEEKDAYS[key] if by is By.WEEKDAY and isinstance(key, int) else str(key)


def _took_part(person: str, record: CallRecord) -> bool:
    return record.answered_by == person or any(leg.person == person for leg in record.legs)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
