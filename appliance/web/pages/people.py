"""People, groups, lines and who has duty, to be read by everybody; and the night switch of a line."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from appliance.roster.hours import situation_of
from appliance.roster.models import Line, Roster
from appliance.translation import N_, _
from appliance.web import roster_words
from appliance.web.duty_list import duty_periods, rota_periods
from appliance.web.now_view import now_view
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.plan_tree import member_name, plan_of, tree_of
from appliance.web.proposal import order
from appliance.web.visit import Visit

SITUATIONS = ("closed", "open", "holiday", "auto")
MINUTES = (30, 60, 120, 480, 720, 1440)


async def show(visit: Visit) -> Response:
    """The whole page."""
    return page(visit, done=_done(visit.query("done")))


async def switch(visit: Visit) -> Response:
    """The night switch: a line does what it does when open, closed or on a holiday, whatever the clock says."""
    line, situation = visit.form.get("line", ""), visit.form.get("situation", "")
    minutes = visit.form.get("minutes", "")
    roster = visit.desk.box.roster_model
    if roster is None or line not in [one.id for one in roster.line]:
        return page(visit, wrong=_("There is no such line."), status=422)
    if situation not in SITUATIONS or minutes not in ("", *map(str, MINUTES)):
        return page(visit, wrong=_("Choose what the line does, and how long."), status=422)
    args: dict[str, Any] = {"line": line, "situation": situation}
    if minutes and situation != "auto":
        args["minutes"] = int(minutes)
    told = situation + (f"; {minutes} min" if "minutes" in args else "")
    wrong = await order(visit, "line.mode", args, subject=line, detail=told)
    return page(visit, wrong=wrong, status=502) if wrong else visit.go("/people?done=switched")


def page(visit: Visit, *, done: str = "", wrong: str = "", status: int = 200) -> Response:
    """The page, with what was done or went wrong."""
    roster = visit.desk.box.roster_model
    values = _values(visit, roster) if roster is not None else {}
    return visit.html("people.html", status=status, roster=roster, done=done, wrong=wrong, **values)


def _values(visit: Visit, roster: Roster) -> dict[str, Any]:
    timezone, now = visit.desk.config.device.timezone, visit.now
    memberships: dict[str, list[str]] = {}
    named = [(one.name, one.members) for one in roster.group] + [(one.name, one.agents) for one in roster.queue]
    for name, members in named:
        for member in members:
            memberships.setdefault(member, []).append(name)
    chosen = [("", _("until somebody takes it back"))]
    return {
        "technician": now_view(visit.desk.box, visit.desk.config, now).technician,
        "duty": duty_periods(roster, now, timezone),
        "rotas": [(one.id, rota_periods(one, now, timezone)) for one in roster.rota if one.id != roster.duty.rota],
        "memberships": memberships,
        "lines": [_line(line, roster, visit) for line in roster.line],
        "member": lambda one: roster_words.member_word(member_name(one, roster)),
        "members_of": lambda node: [roster_words.member_word(one) for one in node.members],
        "name_of": lambda one: member_name(one, roster) if one else _("nobody"),
        "words": roster_words,
        "days": roster_words.day_words(visit.formats),
        "situations": [(one, roster_words.situation_word(one)) for one in SITUATIONS],
        "minutes": chosen + [(str(one), visit.formats.span(one * 60)) for one in MINUTES],
    }


def _line(line: Line, roster: Roster, visit: Visit) -> dict[str, Any]:
    now, is_holiday = visit.now, visit.desk.box.holidays.is_holiday
    stands = line.mode if line.mode is not None and (line.mode.until is None or now < line.mode.until) else None
    plans = [(one, tree_of(plan_of(line, one), roster)) for one in ("open", "closed", "holiday")]
    return {
        "line": line,
        "situation": situation_of(line, roster, now, visit.desk.config.device.timezone, is_holiday),
        "mode": stands,
        "plans": plans if line.hours or stands or line.closed or line.holiday is not None else plans[:1],
    }


def _done(what: str) -> str:
    return {
        "switched": _("The line is switched."),
        "imported": _("The roster is changed."),
        "saved": _("Saved. It stands at once, on every exchange."),
        "undone": _("The roster before stands again."),
    }.get(what, "")


PAGES = (
    Page("/people", show, Permission.SEE_ROSTER, menu=N_("People and groups")),
    Page("/people/night", switch, Permission.STEER, methods=("POST",)),
)
