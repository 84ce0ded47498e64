"""The roster as a file: down without its secrets, up after a check and a look at what changes; and back again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.domain.events import Event, EventType
from appliance.domain.phrase_words import text_of
from appliance.journal import records
from appliance.roster.dump import dump
from appliance.situation.times import instant
from appliance.situation.wording import who
from appliance.threads import in_daemon_thread
from appliance.translation import _
from appliance.web import proposal, roster_upload
from appliance.web.drafts import Draft
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.proposal import Verdict
from appliance.web.visit import Visit

MOST_UPLOADED = 1_200_000  # a roster has a mebibyte at most, and its form a little more
HISTORY_ROWS = 50


async def download(visit: Visit) -> Response:
    """The file of ``hotline roster export``, without SIP passwords and PINs: an import keeps those left out."""
    roster = visit.desk.box.roster_model
    if roster is None:
        raise HTTPException(503, _("The roster was not heard yet: the guard tells it when it and the broker run."))
    await visit.note("roster.download", subject=f"revision {roster.revision}")
    name = f"roster-{visit.desk.config.device.id}-{roster.revision}.toml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(dump(roster), media_type="application/toml", headers=headers)


async def show(visit: Visit) -> Response:
    """Down, up and back, and what was changed last."""
    return await file_page(visit)


async def check(visit: Visit) -> Response:
    """Every mistake of a file with its line, or what it changes and the question whether to save it."""
    file = visit.files.get("file")
    data = await file.read() if file is not None else b""
    if not data:
        return await file_page(visit, wrong=_("Choose the file first."), status=422)
    try:
        document, lines = await in_daemon_thread(lambda: roster_upload.read(data), "roster file")
    except roster_upload.NoRosterError as error:
        return await file_page(visit, verdict=Verdict(mistakes=(("", str(error)),)), status=422)
    made_from = document.get("revision")
    revision = made_from if type(made_from) is int and made_from > 0 else visit.desk.box.revision
    verdict = await proposal.check(visit, document, revision)
    if verdict.wrong:
        return await file_page(visit, wrong=verdict.wrong, status=502)
    told = Verdict(
        "",
        tuple((roster_upload.place(path, lines), text) for path, text in verdict.mistakes),
        tuple((roster_upload.place(path, lines), text) for path, text in verdict.warnings),
        verdict.changes,
    )
    return await preview(visit, told, document, revision)


async def preview(visit: Visit, told: Verdict, document: Mapping[str, Any], revision: int) -> Response:
    """The question whether to save what was judged, where there is something to save; else what is wrong with it."""
    if not told.usable or not told.changes:
        return await file_page(visit, verdict=told, status=200 if told.usable else 422)
    draft = Draft(visit.account.name, document, revision, visit.desk.clock())
    return visit.html("roster_preview.html", verdict=told, token=visit.desk.drafts.keep(draft))


async def save(visit: Visit) -> Response:
    """The file that was checked stands from now on."""
    draft = visit.desk.drafts.take(visit.form.get("token", ""), visit.account.name, visit.desk.clock())
    if draft is None:
        return await file_page(visit, wrong=_("This check is too old. Send the file again."), status=422)
    wrong = await proposal.save(
        visit, draft.document, draft.revision, subject="roster", detail=f"file, made from revision {draft.revision}"
    )
    return await file_page(visit, wrong=wrong, status=502) if wrong else visit.go("/people?done=imported")


async def ask_undo(visit: Visit) -> Response:
    """What will happen."""
    return _undo_page(visit)


async def undo(visit: Visit) -> Response:
    """The roster before stands again."""
    wrong = await proposal.order(visit, "roster.undo", {}, subject="roster", detail=None)
    return _undo_page(visit, wrong=wrong, status=502) if wrong else visit.go("/people?done=undone")


async def file_page(visit: Visit, *, wrong: str = "", verdict: Verdict | None = None, status: int = 200) -> Response:
    """The page of the file, with what is wrong with one that was sent."""
    history, unread = await _history(visit)
    roster = visit.desk.box.roster_model
    return visit.html(
        "roster_file.html",
        status=status,
        wrong=wrong,
        verdict=verdict,
        history=history,
        unread=unread,
        rota=visit.form.get("rota") or next((one.id for one in (roster.rota if roster else ())), ""),
    )


async def _history(visit: Visit) -> tuple[list[dict[str, Any]], str]:
    """Who changed the roster last, and what; newest first."""
    state_dir = visit.desk.config.device.state_dir

    def look() -> list[Event]:
        return records.of_type(state_dir, EventType.ROSTER_CHANGED, HISTORY_ROWS)

    try:
        found = await in_daemon_thread(look, "journal")
        return [{"by": who(one.data), "what": text_of(one.data, "what"), "at": instant(one.at)} for one in found], ""
    except records.NotYetError:
        return [], ""
    except records.UnreadableError as error:
        return [], str(error)


def _undo_page(visit: Visit, *, wrong: str = "", status: int = 200) -> Response:
    return visit.html("roster_undo.html", status=status, wrong=wrong)


PAGES = (
    Page("/people/roster.toml", download, Permission.EDIT_ROSTER, methods=("POST",)),
    Page("/people/file", show, Permission.EDIT_ROSTER),
    Page(
        "/people/file/check",
        check,
        Permission.EDIT_ROSTER,
        methods=("POST",),
        most_bytes=MOST_UPLOADED,
        upload=True,
    ),
    Page("/people/file/save", save, Permission.EDIT_ROSTER, methods=("POST",)),
    Page("/people/undo", ask_undo, Permission.EDIT_ROSTER),
    Page("/people/undo", undo, Permission.EDIT_ROSTER, methods=("POST",)),
)
