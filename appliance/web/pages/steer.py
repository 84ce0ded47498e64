"""Sending calls to the technician now, and back: what will happen is said before, and kept in the log after."""

from __future__ import annotations

from starlette.responses import Response

from appliance.domain.routes import TECHNICIAN
from appliance.mqtt.asker import UnreachableError
from appliance.situation.said import said
from appliance.translation import _
from appliance.web.box import CommandRefusedError
from appliance.web.now_view import now_view
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.visit import Visit

MINUTES = (30, 60, 120, 480, 720)
LONGEST_REASON = 200


async def show_technician(visit: Visit) -> Response:
    """What will happen, and for how long."""
    return _technician_page(visit)


async def to_technician(visit: Visit) -> Response:
    """Pin the technician's route."""
    args: dict[str, object] = {"route": TECHNICIAN}
    chosen = visit.form.get("minutes", "")
    if chosen not in ("", *map(str, MINUTES)):
        return _technician_page(visit, error=_("Choose how long."), status=422)
    if chosen:
        args["minutes"] = int(chosen)
    note = "".join(char for char in visit.form.get("reason", "") if char.isprintable()).strip()[:LONGEST_REASON]
    args["reason"] = f"{visit.account.name}: {note}" if note else f"{visit.account.name} (browser)"
    wrong = await _do(visit, "route.set", args, subject=TECHNICIAN, detail=_told(chosen, note))
    return _technician_page(visit, error=wrong, status=502) if wrong else visit.go("/")


async def show_automatic(visit: Visit) -> Response:
    """What will happen."""
    return _automatic_page(visit)


async def to_automatic(visit: Visit) -> Response:
    """Let the ladder choose again."""
    wrong = await _do(visit, "route.auto", {}, subject="automatic", detail=None)
    return _automatic_page(visit, error=wrong, status=502) if wrong else visit.go("/")


async def _do(visit: Visit, name: str, args: dict[str, object], *, subject: str, detail: str | None) -> str:
    """Give the command; what went wrong in words, or nothing. The wish is noted before, its outcome after."""
    await visit.note("route.wished", subject=subject, detail=detail)
    try:
        await visit.desk.box.ask(name, args)
    except CommandRefusedError as error:
        await visit.note("route.refused", subject=subject, detail=f"{error.code}: {error}")
        return _("The guard refused: {why}").format(why=said(str(error)))
    except UnreachableError:
        await visit.note("route.unanswered", subject=subject)
        return _("The guard did not answer. It may have done it all the same: look at “Now” before you try again.")
    await visit.note("route.done", subject=subject)
    return ""


def _told(minutes: str, note: str) -> str | None:
    return "; ".join(text for text in (f"{minutes} min" if minutes else "", note) if text) or None


def _technician_page(visit: Visit, *, error: str = "", status: int = 200) -> Response:
    view = now_view(visit.desk.box, visit.desk.config, visit.now)
    choices = [("", _("until somebody takes it back"))]
    choices += [(str(minutes), visit.formats.span(minutes * 60)) for minutes in MINUTES]
    return visit.html("steer_technician.html", status=status, view=view, choices=choices, error=error)


def _automatic_page(visit: Visit, *, error: str = "", status: int = 200) -> Response:
    view = now_view(visit.desk.box, visit.desk.config, visit.now)
    return visit.html("steer_automatic.html", status=status, view=view, error=error)


PAGES = (
    Page("/steer/technician", show_technician, Permission.STEER),
    Page("/steer/technician", to_technician, Permission.STEER, methods=("POST",)),
    Page("/steer/automatic", show_automatic, Permission.STEER),
    Page("/steer/automatic", to_automatic, Permission.STEER, methods=("POST",)),
)
