"""A summary as documents and as rows of a sheet; names are stable, times are seconds. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from appliance.domain.times import rfc3339
from appliance.statistics.figures import Figures
from appliance.statistics.people import PersonFigures
from appliance.statistics.question import By
from appliance.statistics.summary import Summary

SHARE_DIGITS = 4
CALL_COLUMNS = (
    "offered",
    "answered",
    "abandoned",
    "short_abandoned",
    "unanswered",
    "message",
    "callback",
    "served",
    "cut",
    "other",
    "within",
    "service_level",
    "average_wait_s",
    "average_abandon_s",
    "longest_wait_s",
    "talk_s",
    "average_talk_s",
    "longest_talk_s",
)
PERSON_COLUMNS = ("rung", "answered", "missed", "spared", "took", "talk_s", "average_talk_s", "longest_talk_s")
TOTAL = "total"


def of_calls(figures: Figures) -> dict[str, Any]:
    """The figures by :data:`CALL_COLUMNS`; ``None`` where there is nothing to tell of."""
    return {
        "offered": figures.offered,
        "answered": figures.answered,
        "abandoned": figures.abandoned,
        "short_abandoned": figures.short_abandoned,
        "unanswered": figures.unanswered,
        "message": figures.message,
        "callback": figures.callback,
        "served": figures.served,
        "cut": figures.cut,
        "other": figures.other,
        "within": figures.within,
        "service_level": _rounded(figures.service_level, SHARE_DIGITS),
        "average_wait_s": _rounded(figures.average_wait_s),
        "average_abandon_s": _rounded(figures.average_abandon_s),
        "longest_wait_s": figures.longest_wait_ms / 1000,
        "talk_s": figures.talk_ms / 1000,
        "average_talk_s": _rounded(figures.average_talk_s),
        "longest_talk_s": figures.longest_talk_ms / 1000,
    }


def of_person(figures: PersonFigures) -> dict[str, Any]:
    """The figures by :data:`PERSON_COLUMNS`."""
    return {
        "rung": figures.rung,
        "answered": figures.answered,
        "missed": figures.missed,
        "spared": figures.spared,
        "took": figures.took,
        "talk_s": figures.talk_ms / 1000,
        "average_talk_s": _rounded(figures.average_talk_s),
        "longest_talk_s": figures.longest_talk_ms / 1000,
    }


def document(summary: Summary) -> dict[str, Any]:
    """The whole answer, as the command ``stats`` and ``hotline stats --json`` give it."""
    asked, outages = summary.question, summary.outages
    return {
        "since": rfc3339(asked.since),
        "until": rfc3339(asked.until),
        "timezone": str(asked.zone),
        "line": asked.line,
        "queue": asked.queue,
        "person": asked.person,
        "by": asked.by,
        "service_level_within_s": asked.service_level_s,
        "short_abandon_s": asked.short_abandon_s,
        "total": of_calls(summary.total),
        "rows": [{"key": row.key, **of_calls(row.figures)} for row in summary.rows],
        "people": [{"person": one.person, **of_person(one)} for one in summary.people],
        "refused": summary.refused,
        "under_way": summary.under_way,
        "internal": summary.internal,
        "cancelled": summary.cancelled,
        "outages": None
        if outages is None
        else {"count": outages.count, "lasted_s": round(outages.lasted_s, 3), "offered": outages.offered},
        "outages_unknown": summary.outages_unknown,
    }


def sheet(summary: Summary) -> Iterator[list[Any]]:
    """Rows of a table: a head, one row each, the total last; by person the people, who have no total: two of them may
    have talked in one call."""
    by = summary.question.by
    if by is By.PERSON:
        yield [By.PERSON.value, *PERSON_COLUMNS]
        for one in summary.people:
            yield [one.person, *of_person(one).values()]
        return
    yield [by.value if by is not None else "period", *CALL_COLUMNS]
    for row in summary.rows:
        yield [row.key, *of_calls(row.figures).values()]
    yield [TOTAL, *of_calls(summary.total).values()]


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)
