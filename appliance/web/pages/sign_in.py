"""Signing in. Slow to guess, quiet about which accounts there are, and never an open door to elsewhere."""

from __future__ import annotations

import math

from starlette.responses import Response

from appliance.translation import _
from appliance.web import browsers
from appliance.web.accounts.models import LONGEST_PASSWORD, NAME, Account
from appliance.web.cookies import set_session
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.visit import Visit


async def show(visit: Visit) -> Response:
    """The form; whoever has signed in already goes on."""
    if visit.session is not None:
        return visit.go(_onward(visit.query("next")))
    why = {
        "over": _("You were signed out because nothing was done for a while."),
        "copied": _("Somebody else used this browser's session, so it was ended. Change your password."),
    }.get(visit.query("why"), "")
    return await _form(visit, next=visit.query("next"), notice=why)


async def sign_in(visit: Visit) -> Response:
    """Look at name and password."""
    name, password = visit.form.get("name", "").strip().lower(), visit.form.get("password", "")
    onward = visit.form.get("next", "")
    accounts, now = visit.desk.accounts, visit.desk.clock()
    known_shape = NAME.match(name) is not None and len(password) <= LONGEST_PASSWORD
    counted = name if known_shape else "?"
    wait_s = await accounts.attempt(counted, visit.address, now)
    if wait_s > 0:
        await visit.note("sign-in.too-soon", subject=counted)
        return await _form(visit, next=onward, name=name, status=429, error=_too_soon(visit, wait_s))
    found = await accounts.find(name) if known_shape else None
    right = await visit.desk.passwords.matches(found[1] if found else None, password if known_shape else "")
    if found is None or not right or not _welcome(visit, found[0]):
        await visit.note("sign-in.refused", subject=counted)
        error = _("Name or password is wrong.")
        return await _form(visit, next=onward, name=name, status=401, error=error)
    await accounts.succeeded(name, visit.address)
    browser = browsers.short(visit.request.headers.get("user-agent", ""))
    token = await visit.desk.sessions.begin(found[0], now, visit.address, browser)
    await accounts.note("sign-in", account=name, address=visit.address, detail=browser)
    response = visit.go(_onward(onward))
    set_session(response, token, visit.desk.config.web.session_days * 86_400)
    return response


def _welcome(visit: Visit, account: Account) -> bool:
    """Not who was shut out, nor somebody whom the roster knows no more."""
    return not account.disabled and (account.person is None or visit.desk.box.knows_person(account.person))


def _too_soon(visit: Visit, wait_s: float) -> str:
    return _("Too many wrong passwords. Try again in {span}.").format(span=visit.formats.span(math.ceil(wait_s)))


async def _form(visit: Visit, *, status: int = 200, **values: str) -> Response:
    nobody = not await visit.desk.accounts.all()
    known = {"next": "", "name": "", "error": "", "notice": ""}
    return visit.html("sign_in.html", status=status, nobody=nobody, **(known | values))


def _onward(wish: str) -> str:
    """A path of our own, or the first page: a link to us must not lead elsewhere (``//evil``, ``/\\evil``)."""
    plain = wish.startswith("/") and not wish.startswith(("//", "/sign-in")) and "\\" not in wish
    return wish if plain and wish.isprintable() and " " not in wish else "/"


PAGES = (
    Page("/sign-in", show, Permission.PUBLIC),
    Page("/sign-in", sign_in, Permission.PUBLIC, methods=("POST",)),
)
