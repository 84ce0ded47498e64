"""Who did what in the pages, newest first."""

from __future__ import annotations

from starlette.responses import Response

from appliance.situation.times import instant
from appliance.translation import N_, _
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.visit import Visit

ROWS = 100


async def show(visit: Visit) -> Response:
    """The log, of one account or of all."""
    account = visit.query("account") or None
    before = visit.query("before")
    rows = await visit.desk.accounts.audit(
        account=account, before=int(before) if before.isdecimal() and len(before) < 19 else None, limit=ROWS + 1
    )
    names = [one.name for one in await visit.desk.accounts.all()]
    return visit.html(
        "audit.html",
        rows=rows[:ROWS],
        older=rows[ROWS - 1].id if len(rows) > ROWS else None,
        names=names,
        account=account or "",
        word=action_word,
        instant=instant,
    )


def action_word(action: str) -> str:
    """What was done, in words; an action of a later release as it is written."""
    return {
        "sign-in": _("signed in"),
        "sign-in.refused": _("was refused: wrong name or password"),
        "sign-in.too-soon": _("was refused: too many wrong passwords"),
        "sign-out": _("signed out"),
        "sign-out.others": _("signed out all other browsers"),
        "session.copied": _("session ended: somebody else used it"),
        "language.set": _("set the language"),
        "password.changed": _("changed the own password"),
        "password.set": _("set a password"),
        "account.made": _("made an account"),
        "account.changed": _("changed an account"),
        "account.removed": _("removed an account"),
        "route.wished": _("asked for a route"),
        "route.done": _("the guard took the route"),
        "route.refused": _("the guard refused the route"),
        "route.unanswered": _("the guard did not answer about the route"),
        "probe.run": _("had every part probed"),
        "call.test": _("placed a test call"),
        "call.test.done": _("the exchange told what came of the test call"),
        "call.test.refused": _("the exchange refused the test call"),
        "modem.reset": _("restarted the modem"),
        "forwarding.verify": _("had the forwarding read anew"),
        "calls.exported": _("exported calls"),
        "recording.heard": _("listened to a recording"),
        "recording.downloaded": _("downloaded a recording"),
        "message.heard": _("listened to a message"),
        "message.downloaded": _("downloaded a message"),
        "line.mode.wished": _("asked to switch a line"),
        "line.mode.done": _("the guard switched the line"),
        "line.mode.refused": _("the guard refused to switch the line"),
        "roster.set.wished": _("asked to change the roster"),
        "roster.set.done": _("the guard took the changed roster"),
        "roster.set.refused": _("the guard refused the changed roster"),
        "roster.undo.wished": _("asked to undo a change of the roster"),
        "roster.undo.done": _("the guard undid a change of the roster"),
        "roster.undo.refused": _("the guard refused to undo a change of the roster"),
        "roster.download": _("downloaded the roster"),
        "agent.set.wished": _("said what an agent does"),
        "agent.set.done": _("the guard took what was said of an agent"),
        "agent.set.refused": _("the guard refused what was said of an agent"),
        "prompt.put": _("sent a sound"),
        "prompt.remove": _("removed a sound"),
        "calendar.made": _("made an address of the own calendar"),
        "calendar.ended": _("ended the address of the own calendar"),
        "bundle": _("downloaded the support bundle"),
    }.get(action, action)


PAGES = (Page("/audit", show, Permission.MANAGE_ACCOUNTS, menu=N_("Audit log")),)
