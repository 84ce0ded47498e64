"""The way a call takes at this moment, and how every part is. Live: rendered anew with each change."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from appliance.translation import N_, _
from appliance.web.accounts.models import Session
from appliance.web.cookies import SESSION_COOKIE
from appliance.web.live import TooManyViewersError
from appliance.web.now_view import now_view
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.visit import Visit


async def show(visit: Visit) -> Response:
    """The whole page."""
    return visit.html("now.html", **_values(visit))


async def live(visit: Visit) -> Response:
    """Its live part, for as long as somebody looks."""
    token = visit.request.cookies.get(SESSION_COOKIE, "")
    sessions, clock = visit.desk.sessions, visit.desk.clock

    async def still() -> bool:
        session, _fresh = await sessions.of(token, clock(), renew=False)
        return isinstance(session, Session)

    def render() -> str:
        return visit.rendered("now_live.html", **_values(visit))

    key = ("now", visit.formats.language, visit.role)
    try:
        events = visit.desk.live.watch("now", key, render, still)
    except TooManyViewersError:
        raise HTTPException(503, _("Too many look at this page now.")) from None
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _values(visit: Visit) -> dict[str, Any]:
    return {"view": now_view(visit.desk.box, visit.desk.config)}


PAGES = (
    Page("/", show, Permission.SEE_NOW, menu=N_("Now")),
    Page("/live/now", live, Permission.SEE_NOW),
)
