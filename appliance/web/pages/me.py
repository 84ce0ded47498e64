"""One's own account: language, password, where one is signed in, signing out."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from appliance.translation import N_, _
from appliance.web import browsers, languages
from appliance.web.accounts.passwords import too_weak
from appliance.web.cookies import clear, set_session
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.visit import Visit


async def show(visit: Visit) -> Response:
    """All of it."""
    sessions = await visit.desk.sessions.of_account(visit.account.name)
    return visit.html("me.html", sessions=sessions, languages=languages.NAMES, done=visit.query("done"))


async def set_language(visit: Visit) -> Response:
    """Speak this language from now on; an empty one: whatever the browser asks for."""
    wished = visit.form.get("language", "")
    chosen = wished if wished in languages.NAMES else None
    await visit.desk.accounts.set_language(visit.account.name, chosen)
    await visit.note("language.set", detail=chosen)
    return visit.go("/me?done=language")


async def show_password(visit: Visit) -> Response:
    """The form for a new password."""
    return visit.html("password.html", errors={})


async def set_password(visit: Visit) -> Response:
    """A new password, proven by the old one. Every browser is signed out but this one."""
    old, new, again = (visit.form.get(key, "") for key in ("old", "new", "again"))
    account = visit.account
    errors: dict[str, str] = {}
    now = visit.desk.clock()
    wait_s = await visit.desk.accounts.attempt(account.name, visit.address, now)
    found = await visit.desk.accounts.find(account.name)
    if wait_s > 0:
        errors["old"] = _("Too many wrong passwords. Try again in {span}.").format(span=visit.formats.span(wait_s))
    elif found is None or not await visit.desk.passwords.matches(found[1], old):
        errors["old"] = _("This is not your password.")
    else:
        await visit.desk.accounts.succeeded(account.name, visit.address)
    if why := too_weak(new, account.name, visit.desk.config.device.id):
        errors["new"] = weakness(why)
    elif new == old:
        errors["new"] = _("This is the old one; take another.")
    if new != again:
        errors["again"] = _("The two are not the same.")
    if errors:
        return visit.html("password.html", status=422, errors=errors)
    fresh = replace(account, must_change=False)
    await visit.desk.accounts.put(fresh, await visit.desk.passwords.hash(new))
    await visit.note("password.changed")
    browser = browsers.short(visit.request.headers.get("user-agent", ""))
    token = await visit.desk.sessions.begin(fresh, now, visit.address, browser)
    response = visit.go("/me?done=password")
    set_session(response, token, visit.desk.config.web.session_days * 86_400)
    return response


def weakness(why: str) -> str:
    """What is wrong with a new password, in words."""
    return {
        "short": _("It is too short; take at least 10 characters, such as four words."),
        "long": _("It is too long; take at most 256 characters."),
        "name": _("It has the name in it; take another."),
        "simple": _("Everybody would guess it; take another."),
    }[why]


async def sign_out(visit: Visit) -> Response:
    """This browser only."""
    assert visit.session is not None
    await visit.desk.sessions.end(visit.session.id)
    await visit.note("sign-out")
    response = visit.go("/sign-in")
    clear(response)
    return response


async def sign_out_others(visit: Visit) -> Response:
    """All other browsers of this account."""
    assert visit.session is not None
    await visit.desk.sessions.end_others(visit.session)
    await visit.note("sign-out.others")
    return visit.go("/me?done=others")


PAGES = (
    Page("/me", show, Permission.SIGNED_IN, menu=N_("My account")),
    Page("/me/language", set_language, Permission.SIGNED_IN, methods=("POST",)),
    Page("/me/password", show_password, Permission.SIGNED_IN),
    Page("/me/password", set_password, Permission.SIGNED_IN, methods=("POST",)),
    Page("/me/sign-out", sign_out, Permission.SIGNED_IN, methods=("POST",)),
    Page("/me/sign-out-others", sign_out_others, Permission.SIGNED_IN, methods=("POST",)),
)
