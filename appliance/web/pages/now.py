"""The way a call takes at this moment, and how every part is. Live: rendered anew with each change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from appliance.translation import N_, _
from appliance.web.accounts.models import Session
from appliance.web.cookies import SESSION_COOKIE
from appliance.web.live import TooManyViewersError
from appliance.web.now_view import now_view
from appliance.web.page import Page
from appliance.web.pages.queues import agent_word
from appliance.web.permission import Permission
from appliance.web.scene_words import SceneWords
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
        visit.now = datetime.now(UTC)
        with visit.speaking():
            return visit.rendered("now_live.html", **_values(visit))

    # who may not see all calls sees their own, so the part is theirs alone
    own = None if visit.may(Permission.SEE_ALL_CALLS) else visit.account.person
    key = ("now", visit.formats.language, visit.role, own)
    try:
        events = await visit.desk.live.watch("now", key, render, still)
    except TooManyViewersError:
        raise HTTPException(503, _("Too many look at this page now.")) from None
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _values(visit: Visit) -> dict[str, Any]:
    view = now_view(visit.desk.box, visit.desk.config, visit.now)
    own = visit.account.person
    shown = [call for call in view.calls if visit.may(Permission.SEE_ALL_CALLS) or own in call.ids]
    return {"view": view, "shown_calls": shown, "words": SceneWords(), "agent_word": agent_word}


PAGES = (
    Page("/", show, Permission.SEE_NOW, menu=N_("Now")),
    Page("/live/now", live, Permission.SEE_NOW),
)
