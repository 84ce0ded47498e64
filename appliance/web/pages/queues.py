"""Who waits in the queues and what the agents do; agents log in, pause and log out here."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.translation import N_, _
from appliance.web import proposal
from appliance.web.now_view import queues_now
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.visit import Visit

PRESENCES = ("in", "paused", "out")
PAUSES = (5, 15, 30, 60)
LONGEST_REASON = 100


async def show(visit: Visit) -> Response:
    """All queues."""
    return _page(visit)


async def say(visit: Visit) -> Response:
    """An agent is there, pauses or is away: in one queue or in all."""
    person, presence, queue = (visit.form.get(key, "") for key in ("person", "presence", "queue"))
    minutes = visit.form.get("minutes", "")
    if person != visit.account.person and not visit.may(Permission.SAY_ANY_PRESENCE):
        raise HTTPException(403, _("Your account may not do this. Ask an administrator."))
    queues = queues_now(visit.desk.box, visit.now)
    known = {agent.person for one in queues if queue in ("", one.id) for agent in one.agents}
    if person not in known or presence not in PRESENCES or minutes not in ("", *map(str, PAUSES)):
        return _page(visit, wrong=_("Choose an agent of this queue, and what they do."), status=422)
    args: dict[str, Any] = {"person": person, "presence": presence}
    if queue:
        args["queue"] = queue
    if presence == "paused" and minutes:
        args["minutes"] = int(minutes)
    reason = "".join(char for char in visit.form.get("reason", "") if char.isprintable()).strip()[:LONGEST_REASON]
    if presence == "paused" and reason:
        args["reason"] = reason
    told = "; ".join(part for part in (presence, queue, f"{minutes} min" if "minutes" in args else "") if part)
    wrong = await proposal.order(visit, "agent.set", args, subject=person, detail=told)
    return _page(visit, wrong=wrong, status=502) if wrong else visit.go("/queues?done=said")


def _page(visit: Visit, *, wrong: str = "", status: int = 200) -> Response:
    pauses = [("", _("until taken back")), *((str(one), visit.formats.span(one * 60)) for one in PAUSES)]
    return visit.html(
        "queues.html",
        status=status,
        queues=queues_now(visit.desk.box, visit.now),
        pauses=pauses,
        state_word=agent_word,
        done=visit.query("done"),
        wrong=wrong,
    )


def agent_word(state: str) -> str:
    """What an agent does, in words."""
    return {
        "free": _("free"),
        "ringing": _("is rung"),
        "busy": _("talks"),
        "wrap-up": _("rests after a call"),
        "paused": _("pauses"),
        "out": _("logged out"),
    }.get(state, state)


PAGES = (
    Page("/queues", show, Permission.SEE_NOW, menu=N_("Queues")),
    Page("/queues/agent", say, Permission.SAY_OWN_PRESENCE, methods=("POST",)),
)
