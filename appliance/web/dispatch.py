"""From a request to a page and back: who is it, may they, is the form ours; and the headers of every response.

Every page goes through :func:`_endpoint`, and nothing is mounted beside them: :func:`assemble` refuses to start with
anything that has no declared permission.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.translation import _, speaking
from appliance.web import csrf, forms, languages
from appliance.web.accounts.models import Session
from appliance.web.accounts.sessions import Ended
from appliance.web.cookies import FORM_COOKIE, SESSION_COOKIE, clear, set_form, set_session
from appliance.web.desk import Desk
from appliance.web.headers import security_headers
from appliance.web.languages import Formats
from appliance.web.origin import same_origin
from appliance.web.page import Page
from appliance.web.permission import Permission, may
from appliance.web.visit import Visit

_log = logging.getLogger(__name__)
SIGN_IN, FIRST_PASSWORD = "/sign-in", "/me/password"
CHANGES = frozenset({"POST"})
LEAST_PACKED_BYTES = 600


class UndeclaredRouteError(Exception):
    """A route that no :class:`Page` stands behind."""


def assemble(desk: Desk, pages: Sequence[Page]) -> ASGIApp:
    """The whole application. Raises :class:`UndeclaredRouteError`."""
    menu = [page for page in pages if page.menu is not None]
    routes = [
        Route(page.path, _endpoint(desk, page, menu), methods=list(page.methods), name=page.path) for page in pages
    ]

    async def no_page(request: Request, error: Exception) -> Response:
        return await _plain_error(desk, request, error)

    app = Starlette(routes=routes, exception_handlers={HTTPException: no_page, Exception: no_page})
    check_declared(app.routes, pages)
    return _Headers(app, strict=desk.config.web.cert_file is not None)


def check_declared(routes: Sequence[BaseRoute], pages: Sequence[Page]) -> None:
    """That every route is a page, which has its permission, and that no two answer the same."""
    declared: dict[tuple[str, str], Page] = {}
    for page in pages:
        for method in page.methods:
            if (page.path, method) in declared:
                raise UndeclaredRouteError(f"{method} {page.path} is declared twice")
            declared[page.path, method] = page
    for route in routes:
        if not isinstance(route, Route):
            raise UndeclaredRouteError(f"{route!r} is no page")
        for method in (route.methods or set()) - {"HEAD"}:
            if (route.path, method) not in declared:
                raise UndeclaredRouteError(f"{method} {route.path} has no declared permission")


def _endpoint(desk: Desk, page: Page, menu: Sequence[Page]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        session, fresh = await _session(desk, page, request)
        account = session.account if isinstance(session, Session) else None
        language = _language(request, account.language if account else None)
        visit = _visit(desk, page, request, session if isinstance(session, Session) else None, language, menu)
        with visit.speaking():
            response = await _answer(visit, session)
            _finish(visit, response, fresh, session)
        return response

    return answer


async def _session(desk: Desk, page: Page, request: Request) -> tuple[Session | Ended, str | None]:
    token = request.cookies.get(SESSION_COOKIE)
    if not token or page.for_all:
        return Ended.NOT_ASKED, None
    # a stream has sent its headers long before, and a form's answer leads to a page anyway
    renew = request.method == "GET" and not page.path.startswith("/live/")
    return await desk.sessions.of(token, desk.clock(), renew=renew)


def _language(request: Request, chosen: str | None) -> str:
    return chosen if chosen in languages.NAMES else languages.wanted(request.headers.get("accept-language", ""))


def _visit(
    desk: Desk, page: Page, request: Request, session: Session | None, language: str, menu: Sequence[Page]
) -> Visit:
    role = session.account.role if session is not None else None
    secret = session.csrf if session is not None else _form_secret(request)
    return Visit(
        desk=desk,
        page=page,
        request=request,
        session=session,
        formats=Formats(language, desk.zone),
        csrf_secret=secret,
        menu=[one for one in menu if may(role, one.needs)],
    )


def _form_secret(request: Request) -> bytes:
    """For forms before anybody has signed in: a secret that only a cookie of ours holds."""
    try:
        kept = bytes.fromhex(request.cookies.get(FORM_COOKIE, ""))
    except ValueError:
        kept = b""
    return kept if len(kept) == csrf.SECRET_BYTES else csrf.new_secret()


async def _answer(visit: Visit, session: Session | Ended) -> Response:
    page, request = visit.page, visit.request
    if not may(visit.role, page.needs):
        return _to_sign_in(visit, session) if visit.session is None else _refused(visit)
    if _must_change_first(visit):
        return visit.go(FIRST_PASSWORD)
    try:
        if request.method in CHANGES and (wrong := await _take_form(visit)) is not None:
            return wrong
        return await page.answer(visit)
    except HTTPException as error:
        return _error(visit, error.status_code, error.detail)
    except ClientDisconnect:
        return Response(status_code=400)
    finally:
        for file in visit.files.values():
            await file.close()


def _must_change_first(visit: Visit) -> bool:
    """Whether nothing else is shown before this account has a password that nobody else knows."""
    elsewhere = visit.page.path not in (FIRST_PASSWORD, "/me/sign-out") and visit.page.needs is not Permission.PUBLIC
    return elsewhere and visit.session is not None and visit.account.must_change


def _to_sign_in(visit: Visit, ended: Session | Ended) -> Response:
    request = visit.request
    if "hx-request" in request.headers or request.url.path.startswith("/live/"):
        # a part of a page cannot be the whole sign-in page: the browser is sent there
        return Response(status_code=401, headers={"HX-Redirect": SIGN_IN})
    path = request.url.path if request.method == "GET" else "/"
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    why = "&why=copied" if ended is Ended.STOLEN else "&why=over" if ended is Ended.OVER else ""
    onward = f"?next={quote(path + query, safe='')}{why}" if path != "/" or why else ""
    return RedirectResponse(SIGN_IN + onward, status_code=303)


def _refused(visit: Visit) -> Response:
    return _error(visit, 403, _("Your account may not do this. Ask an administrator."))


def _error(visit: Visit, status: int, text: str) -> Response:
    return visit.html("error.html", status=status, status_code=status, text=text)


async def _take_form(visit: Visit) -> Response | None:
    """Read the form into the visit; a response where it is too large, no form, or not ours."""
    request = visit.request
    if not same_origin(request):
        return _error(visit, 403, _("This form came from another site and was not taken."))
    try:
        form = await forms.read(request, most_bytes=visit.page.most_bytes, upload=visit.page.upload)
    except forms.TooLargeError:
        return _error(visit, 413, _("This is too large."))
    except forms.NoFormError:
        return _error(visit, 400, _("This is no form of this site."))
    fields = dict(form.fields)
    token = fields.pop("csrf", "") or request.headers.get("x-csrf-token", "")
    if not csrf.is_token(token, visit.csrf_secret):
        return _error(
            visit,
            403,
            _("This form is too old or not from this site. Nothing was done; go back, load the page anew."),
        )
    visit.form, visit.files = fields, form.files
    return None


def _finish(visit: Visit, response: Response, fresh: str | None, session: Session | Ended) -> None:
    if fresh is not None:
        set_session(response, fresh, visit.desk.config.web.session_days * 86_400)
    elif session in (Ended.UNKNOWN, Ended.OVER, Ended.STOLEN) and not _sets_session(response):
        clear(response)
    if visit.session is None and visit.request.url.path == SIGN_IN:
        set_form(response, visit.csrf_secret)
    response.headers.setdefault("Cache-Control", "no-store")
    _pack(visit.request, response)


def _sets_session(response: Response) -> bool:
    return any(value.startswith(f"{SESSION_COOKIE}=") for value in response.headers.getlist("set-cookie"))


def _pack(request: Request, response: Response) -> None:
    if not isinstance(response, HTMLResponse) or len(response.body) < LEAST_PACKED_BYTES:
        return
    response.headers["Vary"] = "Accept-Encoding"
    if "gzip" in request.headers.get("accept-encoding", ""):
        response.body = gzip.compress(bytes(response.body), 6, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))


async def _plain_error(desk: Desk, request: Request, error: Exception) -> Response:
    """Where no page answers: no such path, no such method, a fault of ours (which the log tells)."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    language = _language(request, None)
    with speaking(languages.catalogue(language)):
        text = {
            404: _("There is no such page."),
            405: _("This cannot be done here."),
        }.get(status, _("Something went wrong in this program. It is in the log: journalctl -u hotline-web"))
        page = desk.renderer.html("plain_error.html", {"status_code": status, "text": text, "language": language})
    return HTMLResponse(page, status_code=status, headers={"Cache-Control": "no-store"})


class _Headers:
    """The security headers on every response, whoever makes it."""

    def __init__(self, app: ASGIApp, *, strict: bool) -> None:
        self._app, self._headers = app, security_headers(strict=strict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # neither websockets nor a lifespan: nothing of ours uses them

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)
