"""The answer to a question from the files of a state directory: the call log and, where a guard runs, its journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from appliance.calls.queries import CallQuery
from appliance.calls.reader import CallReader
from appliance.domain.events import EventType
from appliance.domain.times import rfc3339
from appliance.journal.reader import JournalReader, JournalUnreadableError
from appliance.statistics.question import Question
from appliance.statistics.summary import Span, Summary, summarise
from appliance.timeline.outages import find_outages

EVERY_CALL = 10**9  # the log is bounded by its age
OUTAGE_EVENTS = (
    EventType.BOOT,
    EventType.HEALTH_CHANGED,
    EventType.ROUTE_DECIDED,
    EventType.FORWARDING_REQUESTED,
    EventType.FORWARDING_VERIFIED,
    EventType.FORWARDING_DISPUTED,
    EventType.ISOLATION_BEGAN,
    EventType.ISOLATION_ENDED,
)


def answer(state_dir: Path, question: Question, best_route: str | None) -> Summary:
    """The summary. ``best_route`` is the first of the ladder. Blocks, for seconds where the log is long; raises
    :class:`appliance.calls.reader.CallsUnreadableError`."""
    query = CallQuery(
        since=rfc3339(question.since),
        until=rfc3339(question.until),
        line=question.line,
        person=question.person,
        limit=EVERY_CALL,
    )
    outages, unknown = None, None
    try:
        outages = outage_spans(state_dir, question.until, best_route)
    except JournalUnreadableError as error:
        unknown = str(error)
    with CallReader(state_dir) as reader:
        return replace(summarise(reader.walk(query), question, outages), outages_unknown=unknown)


def outage_spans(state_dir: Path, until: datetime, best_route: str | None) -> list[Span]:
    """Those of the guard's journal, from its beginning on: only so it is known what was normal. Raises
    :class:`appliance.journal.reader.JournalUnreadableError`."""
    with JournalReader(state_dir) as reader:
        events = reader.events(until=until, types=OUTAGE_EVENTS)
    return [(outage.began, outage.ended) for outage in find_outages(events, best_route)]
