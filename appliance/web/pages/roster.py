"""The roster as a file to keep or edit, without its secrets; and back to the roster before."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.roster.dump import dump
from appliance.translation import _
from appliance.web.page import Page
from appliance.web.pages import people
from appliance.web.permission import Permission
from appliance.web.visit import Visit


async def download(visit: Visit) -> Response:
    """The file of ``hotline roster export``, without SIP passwords and PINs: an import keeps those left out."""
    roster = visit.desk.box.roster_model
    if roster is None:
        raise HTTPException(503, _("The roster was not heard yet: the guard tells it when it and the broker run."))
    await visit.note("roster.download", subject=f"revision {roster.revision}")
    name = f"roster-{visit.desk.config.device.id}-{roster.revision}.toml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(dump(roster), media_type="application/toml", headers=headers)


async def ask_undo(visit: Visit) -> Response:
    """What will happen."""
    return _undo_page(visit)


async def undo(visit: Visit) -> Response:
    """The roster before stands again."""
    wrong = await people.order(visit, "roster.undo", {}, subject="roster", detail=None)
    return _undo_page(visit, wrong=wrong, status=502) if wrong else visit.go("/people?done=undone")


def _undo_page(visit: Visit, *, wrong: str = "", status: int = 200) -> Response:
    return visit.html("roster_undo.html", status=status, wrong=wrong)


PAGES = (
    Page("/people/roster.toml", download, Permission.EDIT_ROSTER, methods=("POST",)),
    Page("/people/undo", ask_undo, Permission.EDIT_ROSTER),
    Page("/people/undo", undo, Permission.EDIT_ROSTER, methods=("POST",)),
)
