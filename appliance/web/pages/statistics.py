"""Figures over the calls of a period (MISSION H6): how soon they were answered, when they come, who took them."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from appliance.journal.reader import JournalUnreadableError
from appliance.mqtt.asker import UnreachableError
from appliance.situation.said import said
from appliance.statistics.read import outage_spans
from appliance.statistics.summary import Span
from appliance.statistics.tell import CALL_COLUMNS, PERSON_COLUMNS
from appliance.threads import in_daemon_thread
from appliance.translation import N_, _
from appliance.web import charts
from appliance.web.box import CommandRefusedError
from appliance.web.page import Page
from appliance.web.periods import NAMES, Period, period_of
from appliance.web.permission import Permission
from appliance.web.visit import Visit

BOX = "box"  # its exchange collects the calls of all
WITHIN_S = 60.0  # a year of calls takes seconds
KINDS = ("line", "queue", "person")


async def show(visit: Visit) -> Response:
    """The page."""
    period, asked = _period(visit), _asked(visit)
    answers: tuple[Mapping[str, Any], ...] = ()
    wrong = period.wrong
    try:
        answers = tuple(await asyncio.gather(*(_stats(visit, period, asked, by) for by in _charts(period))))
    except (CommandRefusedError, UnreachableError) as error:
        wrong = _("The exchange of the box was asked for the calls, and did not tell them: {why}").format(
            why=said(str(error))
        )
    return visit.html(
        "statistics.html",
        period=period,
        periods=[(name, _(word)) for name, word in NAMES.items()],
        asked=asked,
        choices=_choices(visit),
        told=answers[0] if answers else None,
        charts=[charts.of_calls(visit.formats, str(one["by"]), one["rows"], period) for one in answers],
        kinds=charts.kind_words(),
        outages=await _outages(visit, period) if answers else None,
        columns=column_words(),
        wrong=wrong,
        query=_query(period, asked),
    )


async def sheet(visit: Visit) -> Response:
    """The rows of one table as CSV, for a spreadsheet."""
    period, asked = _period(visit), _asked(visit)
    by = visit.query("by")
    try:
        told = await _stats(visit, period, asked, by if by in ("hour", "weekday", "day", "person") else "day")
    except (CommandRefusedError, UnreachableError) as error:
        return Response(str(error), 503, media_type="text/plain")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180 §2
    if by == "person":
        writer.writerow(["person", *PERSON_COLUMNS])
        writer.writerows([_cell(one["person"]), *(one[name] for name in PERSON_COLUMNS)] for one in told["people"])
    else:
        writer.writerow([told["by"], *CALL_COLUMNS])
        writer.writerows([_cell(one["key"]), *(one[name] for name in CALL_COLUMNS)] for one in told["rows"])
        writer.writerow(["total", *(told["total"][name] for name in CALL_COLUMNS)])
    name = f"hotline-{told['by']}-{period.first}-{period.last}.csv"
    return Response(
        text.getvalue(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def column_words() -> dict[str, str]:
    """The figures' names, by the names that programs use."""
    return {
        "offered": _("offered"),
        "answered": _("answered"),
        "abandoned": _("hung up"),
        "unanswered": _("nobody answered"),
        "cut": _("broken off"),
        "service_level": _("within {n} s"),
        "average_wait_s": _("average wait"),
        "longest_wait_s": _("longest wait"),
        "talk_s": _("talking time"),
        "average_talk_s": _("average talk"),
        "rung": _("rung"),
        "missed": _("missed"),
    }


def _cell(text: object) -> str:
    """A name that a spreadsheet does not take for a formula."""
    told = str(text)
    return f"'{told}" if told[:1] in "=+-@\t\r" else told


def _period(visit: Visit) -> Period:
    return period_of(visit.query("period"), visit.query("first"), visit.query("last"), visit.now, visit.desk.zone)


def _asked(visit: Visit) -> dict[str, str]:
    return {kind: visit.query(kind)[:64] for kind in KINDS if visit.query(kind)}


def _charts(period: Period) -> tuple[str, ...]:
    return ("hour",) if period.days == 1 else ("day", "hour", "weekday")


async def _stats(visit: Visit, period: Period, asked: Mapping[str, str], by: str) -> Mapping[str, Any]:
    args = {"since": period.since.isoformat(), "until": period.until.isoformat(), "by": by, **asked}
    told = await visit.desk.box.ask("stats", args, exchange=BOX, timeout_s=WITHIN_S)
    if not all(name in told for name in ("total", "rows", "people")):
        raise CommandRefusedError("failed", _("its answer is of another version"))
    return told


async def _outages(visit: Visit, period: Period) -> charts.Drawn | None:
    """How long something was out; ``None`` where there is no journal to tell it."""
    config = visit.desk.config
    best = config.route[0].name if config.route else None

    def look() -> list[Span]:
        return outage_spans(config.device.state_dir, min(period.until, visit.now), best)

    try:
        spans = await in_daemon_thread(look, "outages")
    except JournalUnreadableError:
        return None
    return charts.of_outages(visit.formats, [(began, ended or visit.now) for began, ended in spans], period)


def _choices(visit: Visit) -> dict[str, list[tuple[str, str]]]:
    roster = visit.desk.box.roster
    document = roster["roster"] if roster is not None else {}
    found: dict[str, list[tuple[str, str]]] = {}
    for kind in KINDS:
        entries = document.get(kind) or ()
        found[kind] = [(str(one.get("id")), str(one.get("name"))) for one in entries if isinstance(one, Mapping)]
    return found


def _query(period: Period, asked: Mapping[str, str]) -> dict[str, str]:
    return {"period": period.name, "first": str(period.first), "last": str(period.last), **asked}


PAGES = (
    Page("/statistics", show, Permission.SEE_STATISTICS, menu=N_("Statistics")),
    Page("/statistics.csv", sheet, Permission.SEE_STATISTICS),
)
