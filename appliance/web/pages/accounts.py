"""Who may sign in, and as what. A password that an administrator makes is good for one sign-in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.translation import N_, _
from appliance.web.accounts.models import NAME, Account
from appliance.web.accounts.store import LastAdministratorError
from appliance.web.page import Page
from appliance.web.permission import Permission, Role
from appliance.web.visit import Visit

# no letters or digits that are taken for each other when they are read aloud
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 4, 4


async def show(visit: Visit) -> Response:
    """All accounts, and the form for a new one."""
    return await _list(visit)


async def make(visit: Visit) -> Response:
    """A new account with a password for one sign-in."""
    wished = visit.form.get("name", "").strip().lower()
    errors = _checked(visit)
    if NAME.match(wished) is None:
        errors["name"] = _("Write a-z, 0-9, dots and dashes, such as “eva.novak”.")
    elif await visit.desk.accounts.find(wished) is not None:
        errors["name"] = _("This name is taken.")
    if errors:
        return await _list(visit, errors=errors, status=422)
    person, role = visit.form.get("person") or None, Role(visit.form["role"])
    password = one_time_password()
    account = Account(wished, role, person, must_change=True)
    await visit.desk.accounts.put(account, await visit.desk.passwords.hash(password))
    await visit.note("account.made", subject=wished, detail=f"{role.value} {person or ''}".strip())
    return visit.html("account_password.html", account=account, password=password)


async def show_one(visit: Visit) -> Response:
    """One account."""
    return _one(visit, await _account(visit))


async def change(visit: Visit) -> Response:
    """Another role or person, shut out or let in again."""
    account = await _account(visit)
    errors = _checked(visit)
    if account.name == visit.account.name:
        errors["role"] = _("This is your own account; let another administrator change it.")
    if errors:
        return _one(visit, account, errors=errors, status=422)
    changed = Account(
        account.name,
        Role(visit.form["role"]),
        visit.form.get("person") or None,
        account.language,
        disabled=visit.form.get("disabled") == "yes",
        must_change=account.must_change,
    )
    try:
        await visit.desk.accounts.put(changed)
    except LastAdministratorError:
        return _one(visit, account, errors={"role": _last_one()}, status=422)
    state = "shut out" if changed.disabled else "let in"
    detail = f"{changed.role.value} {changed.person or ''} {state}"
    await visit.note("account.changed", subject=account.name, detail=detail)
    return visit.go("/accounts?done=changed")


async def new_password(visit: Visit) -> Response:
    """Another password for one sign-in; whoever is signed in with this account is signed out."""
    account = await _account(visit)
    if account.name == visit.account.name:
        return visit.go("/me/password")
    password = one_time_password()
    changed = Account(
        account.name, account.role, account.person, account.language, account.disabled, must_change=True
    )
    await visit.desk.accounts.put(changed, await visit.desk.passwords.hash(password))
    await visit.note("password.set", subject=account.name)
    return visit.html("account_password.html", account=changed, password=password)


async def remove(visit: Visit) -> Response:
    """Away with it; what it did stays in the log."""
    account = await _account(visit)
    if account.name == visit.account.name:
        error = _("This is your own account; let another administrator remove it.")
        return _one(visit, account, errors={"role": error}, status=422)
    try:
        await visit.desk.accounts.remove(account.name)
    except LastAdministratorError:
        return _one(visit, account, errors={"role": _last_one()}, status=422)
    await visit.note("account.removed", subject=account.name)
    return visit.go("/accounts?done=removed")


def one_time_password() -> str:
    """Such as ``kfta-93mx-q7wp-bd2n``: easy to read aloud, and 80 bits of chance."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def _last_one() -> str:
    return _("It is the last administrator; somebody must be able to manage accounts.")


def _checked(visit: Visit) -> dict[str, str]:
    errors: dict[str, str] = {}
    if visit.form.get("role") not in [*Role]:
        errors["role"] = _("Choose a role.")
    person = visit.form.get("person")
    if person and not any(one.get("id") == person for one in visit.desk.box.people()):
        errors["person"] = _("The roster has nobody of this name.")
    return errors


async def _account(visit: Visit) -> Account:
    found = await visit.desk.accounts.find(visit.request.path_params["name"])
    if found is None:
        raise HTTPException(404, _("There is no such account."))
    return found[0]


async def _list(visit: Visit, *, errors: Mapping[str, str] | None = None, status: int = 200) -> Response:
    return visit.html(
        "accounts.html",
        status=status,
        accounts=await visit.desk.accounts.all(),
        errors=errors or {},
        done=visit.query("done"),
        **_choices(visit),
    )


def _one(visit: Visit, account: Account, *, errors: Mapping[str, str] | None = None, status: int = 200) -> Response:
    return visit.html("account.html", status=status, account=account, errors=errors or {}, **_choices(visit))


def _choices(visit: Visit) -> dict[str, list[tuple[str, str]]]:
    people = [(str(one.get("id")), str(one.get("name"))) for one in visit.desk.box.people()]
    people.sort(key=lambda one: one[1].casefold())
    return {
        "roles": [
            (role.value, visit.role_word(role)) for role in (Role.TECHNICIAN, Role.SUPERVISOR, Role.ADMINISTRATOR)
        ],
        "people": [("", _("nobody of the roster")), *people],
    }


PAGES = (
    Page("/accounts", show, Permission.MANAGE_ACCOUNTS, menu=N_("Accounts")),
    Page("/accounts", make, Permission.MANAGE_ACCOUNTS, methods=("POST",)),
    Page("/accounts/{name}", show_one, Permission.MANAGE_ACCOUNTS),
    Page("/accounts/{name}", change, Permission.MANAGE_ACCOUNTS, methods=("POST",)),
    Page("/accounts/{name}/password", new_password, Permission.MANAGE_ACCOUNTS, methods=("POST",)),
    Page("/accounts/{name}/remove", remove, Permission.MANAGE_ACCOUNTS, methods=("POST",)),
)
