"""Duty kept in somebody's calendar: a file of it becomes the shifts of a rota, after a check and a look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.roster.findings import Finding
from appliance.roster.ical import CalendarError, shifts_from
from appliance.roster.models import Roster, Shift
from appliance.roster.rota import rota_by_id
from appliance.roster.zones import zone_of
from appliance.threads import in_daemon_thread
from appliance.translation import _
from appliance.web import proposal
from appliance.web.page import Page
from appliance.web.pages.roster import MOST_UPLOADED, file_page, preview
from appliance.web.permission import Permission
from appliance.web.proposal import Verdict
from appliance.web.visit import Visit


async def check(visit: Visit) -> Response:
    """What is wrong with the calendar, or what it would change and the question whether to save it."""
    roster, told = visit.desk.box.roster_model, visit.desk.box.roster
    if roster is None or told is None:
        raise HTTPException(503, _("The roster was not heard yet: the guard tells it when it and the broker run."))
    file, id_ = visit.files.get("file"), visit.form.get("rota", "").strip()
    data = await file.read() if file is not None else b""
    if not data or not id_:
        return await file_page(visit, wrong=_("Choose the file and the rota first."), status=422)
    try:
        shifts, findings = await in_daemon_thread(lambda: _read(visit, data, roster, id_), "calendar")
    except (CalendarError, UnicodeDecodeError) as error:
        return await file_page(visit, verdict=Verdict(mistakes=(("", str(error)),)), status=422)
    if findings:
        mistakes = tuple((one.path, one.message) for one in findings)
        return await file_page(visit, verdict=Verdict(mistakes=mistakes), status=422)
    if not shifts:
        return await file_page(visit, wrong=_("The calendar has no event from now on."), status=422)
    document, revision = _with(told["roster"], id_, shifts), visit.desk.box.revision
    verdict = await proposal.check(visit, document, revision)
    if verdict.wrong:
        return await file_page(visit, wrong=verdict.wrong, status=502)
    return await preview(visit, verdict, document, revision)


def _read(visit: Visit, data: bytes, roster: Roster, id_: str) -> tuple[tuple[Shift, ...], list[Finding]]:
    rota = rota_by_id(roster, id_)
    zone = zone_of(rota.timezone if rota else None, visit.desk.config.device.timezone)
    return shifts_from(data.decode("utf-8-sig"), roster.person, visit.now, zone)


def _with(roster: Mapping[str, Any], id_: str, shifts: Sequence[Shift]) -> dict[str, Any]:
    """The whole roster with these shifts. Night switches are left out: the guard keeps those that stand."""
    written = [one.model_dump(mode="json", exclude_none=True) for one in shifts]
    rotas = [dict(one) for one in roster.get("rota") or ()]
    rota = next((one for one in rotas if one.get("id") == id_), None)
    if rota is None:
        rota = {"id": id_}
        rotas.append(rota)
    rota["shifts"] = written
    lines = [{key: value for key, value in one.items() if key != "mode"} for one in roster.get("line") or ()]
    return {**roster, "line": lines, "rota": rotas}


PAGES = (
    Page(
        "/people/file/calendar",
        check,
        Permission.EDIT_ROSTER,
        methods=("POST",),
        most_bytes=MOST_UPLOADED,
        upload=True,
    ),
)
