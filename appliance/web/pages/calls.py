"""The call log: searched by number, person, date, line and outcome; one's own for technicians; as CSV, too."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.calls.queries import CallQuery
from appliance.calls.reader import CallReader, CallsUnreadableError, NoCallsYetError
from appliance.domain.calls import CallRecord, Outcome
from appliance.domain.phone import parse
from appliance.domain.times import rfc3339
from appliance.recordings import names
from appliance.recordings.entry import talkers
from appliance.situation.times import instant
from appliance.threads import in_daemon_thread
from appliance.translation import N_, _
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.told_words import leg_word
from appliance.web.visit import Visit

ROWS, MOST_EXPORTED = 50, 20_000
FIELDS = ("number", "person", "line", "outcome", "since", "until")
COLUMNS = (
    "exchange",
    "id",
    "arrived_at",
    "caller",
    "called",
    "line",
    "outcome",
    "answered_by",
    "waited_s",
    "talked_s",
)
# what a spreadsheet would take for a formula is text (OWASP, CSV injection); a number with its + stays one
FORMULA = ("=", "-", "@", "\t", "\r")


async def show(visit: Visit) -> Response:
    """The newest calls that fit, and the form to look for others."""
    wished = {name: visit.query(name).strip() for name in FIELDS}
    before = visit.query("before")
    rows, error = await _find(visit, _query(visit, wished, ROWS + 1, before))
    roster = visit.desk.box.roster_model
    older = rows[ROWS - 1].arrived_at if len(rows) > ROWS else ""
    return visit.html(
        "calls.html",
        calls=rows[:ROWS],
        older=older,
        error=error,
        wished=wished,
        people=[(str(one.get("id")), str(one.get("name"))) for one in visit.desk.box.people()],
        lines=[] if roster is None else [(one.id, one.name) for one in roster.line],
        outcomes=[(one.value, outcome_word(one)) for one in Outcome],
        word=outcome_word,
        instant=instant,
    )


async def show_one(visit: Visit) -> Response:
    """One call with everything that was tried for it."""
    call = await call_of(visit)
    recorded = recording_of(visit, call) is not None
    return visit.html(
        "call.html", call=call, recorded=recorded, word=outcome_word, leg_word=leg_word, instant=instant
    )


async def call_of(visit: Visit) -> CallRecord:
    """The call that the address names, where the visitor may see it. Raises ``HTTPException``."""
    id_ = visit.request.path_params["id"]
    found, error = await _by_id(visit, id_)
    own = visit.account.person
    seen = [one for one in found if visit.may(Permission.SEE_ALL_CALLS) or _took_part(one, own)]
    if not seen:
        raise HTTPException(404, error or _("There is no such call."))
    return seen[0]


def recording_of(visit: Visit, call: CallRecord) -> str | None:
    """The name of its recording, where there is one and the visitor may hear it: who talked, or who hears all."""
    if call.recording is None or call.ended_at is None or not names.is_name(call.recording):
        return None
    own = visit.account.person in talkers(call)
    return call.recording if own or visit.may(Permission.SEE_ALL_CALLS) else None


async def export(visit: Visit) -> Response:
    """What fits, as CSV."""
    wished = {name: visit.query(name).strip() for name in FIELDS}
    rows, error = await _find(visit, _query(visit, wished, MOST_EXPORTED, ""))
    if error:
        raise HTTPException(503, error)
    await visit.note("calls.exported", subject=str(len(rows)))
    headers = {"Content-Disposition": 'attachment; filename="calls.csv"'}
    return Response(as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)


def as_csv(rows: Sequence[CallRecord]) -> str:
    """A line a call, its columns named in the first."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(getattr(row, name)) for name in COLUMNS])
    return text.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def outcome_word(outcome: Outcome | None) -> str:
    """How a call ended, in words."""
    if outcome is None:
        return _("goes on")
    return {
        Outcome.ANSWERED: _("answered"),
        Outcome.ABANDONED: _("caller hung up"),
        Outcome.UNANSWERED: _("nobody answered"),
        Outcome.CUT: _("broken off"),
        Outcome.REFUSED: _("not taken"),
        Outcome.MESSAGE: _("left a message"),
        Outcome.CALLBACK: _("asked to be called back"),
        Outcome.SERVED: _("heard what there was to know"),
        Outcome.CANCELLED: _("callback taken back"),
    }.get(outcome, str(outcome))


def _took_part(call: CallRecord, person: str | None) -> bool:
    return person is not None and (call.answered_by == person or any(leg.person == person for leg in call.legs))


def _query(visit: Visit, wished: dict[str, str], limit: int, before: str) -> CallQuery | None:
    """``None`` where nothing may be seen: a technician whose account belongs to nobody."""
    person: str | None = wished["person"] or None
    if not visit.may(Permission.SEE_ALL_CALLS):
        person = visit.account.person
        if person is None:
            return None
    until = day_of(visit, wished["until"], timedelta(days=1))
    outcome = wished["outcome"]
    return CallQuery(
        since=day_of(visit, wished["since"], timedelta()),
        until=min(one for one in (before, until) if one) if before or until else None,
        number=number_of(visit, wished["number"]),
        person=person,
        line=wished["line"] or None,
        outcome=Outcome(outcome) if outcome in [*Outcome] else None,
        limit=limit,
    )


def number_of(visit: Visit, text: str) -> str | None:
    """A number as the log has it: ``606 000 017`` is found with its country, what is no whole number as it is."""
    try:
        return parse(text, visit.desk.config.device.region).e164
    except ValueError:
        return text or None


def day_of(visit: Visit, text: str, later: timedelta) -> str | None:
    """The beginning of a day in the box's zone, as the log has its times; ``None`` for what is no date."""
    try:
        day = datetime.fromisoformat(text).date() + later
        return rfc3339(datetime.combine(day, time(), visit.desk.zone))
    except (ValueError, OverflowError):
        return None


async def _find(visit: Visit, query: CallQuery | None) -> tuple[list[CallRecord], str]:
    if query is None:
        return [], ""

    return await _asked(visit, lambda reader: reader.find(query))


async def _by_id(visit: Visit, id_: str) -> tuple[list[CallRecord], str]:
    return await _asked(visit, lambda reader: reader.by_id(id_))


async def _asked(visit: Visit, question: Callable[[CallReader], list[CallRecord]]) -> tuple[list[CallRecord], str]:
    """What the call log answers, and why it cannot; a log without calls yet has none."""

    def look() -> list[CallRecord]:
        with CallReader(visit.desk.config.device.state_dir) as reader:
            return question(reader)

    try:
        return await in_daemon_thread(look, "calls"), ""
    except NoCallsYetError:
        return [], ""
    except CallsUnreadableError as error:
        return [], str(error)


PAGES = (
    Page("/calls", show, Permission.SEE_OWN_CALLS, menu=N_("Calls")),
    Page("/calls/export.csv", export, Permission.SEE_OWN_CALLS),
    Page("/calls/{id}", show_one, Permission.SEE_OWN_CALLS),
)
