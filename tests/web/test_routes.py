"""Every route, in every role: what is declared is what happens, and nothing is undeclared."""

from __future__ import annotations

import pytest
from starlette.responses import Response
from starlette.routing import Mount, Route

from appliance.web.dispatch import UndeclaredRouteError, check_declared
from appliance.web.page import Page
from appliance.web.pages import PAGES
from appliance.web.permission import GRANTS, Permission, Role, may
from appliance.web.visit import Visit
from tests.web.house import Browser, House

ROLES = (None, *Role)
# what pages need, written down a second time: a page that needs less than it did shows up here
EXPECTED = {
    ("GET", "/"): "TSA",
    ("GET", "/live/now"): "TSA",
    ("GET", "/steer/technician"): "SA",
    ("POST", "/steer/technician"): "SA",
    ("GET", "/steer/automatic"): "SA",
    ("POST", "/steer/automatic"): "SA",
    ("GET", "/statistics"): "SA",
    ("GET", "/statistics.csv"): "SA",
    ("GET", "/timeline"): "SA",
    ("GET", "/timeline/{id}"): "SA",
    ("GET", "/calls"): "TSA",
    ("GET", "/calls/export.csv"): "TSA",
    ("GET", "/calls/{id}"): "TSA",
    ("GET", "/voicemail"): "TSA",
    ("GET", "/voicemail/{exchange}/{id}"): "TSA",
    ("GET", "/people"): "TSA",
    ("POST", "/people/night"): "SA",
    ("POST", "/people/roster.toml"): "A",
    ("GET", "/queues"): "TSA",
    ("POST", "/queues/agent"): "TSA",
    ("GET", "/prompts"): "A",
    ("POST", "/prompts"): "A",
    ("POST", "/prompts/sounds"): "A",
    ("POST", "/prompts/sounds/remove"): "A",
    ("GET", "/prompts/sounds/{name}"): "A",
    ("GET", "/prompts/{id}"): "A",
    ("GET", "/prompts/{id}/default/{name}"): "A",
    ("POST", "/prompts/{id}/sound"): "A",
    ("POST", "/prompts/{id}/as-it-comes"): "A",
    ("GET", "/rota"): "TSA",
    ("GET", "/rota/{rota}/swap"): "TSA",
    ("POST", "/rota/{rota}/swap"): "TSA",
    ("POST", "/rota/feed"): "TSA",
    ("POST", "/rota/feed/end"): "TSA",
    ("GET", "/calendar/{token}"): "-TSA",
    ("GET", "/people/file"): "A",
    ("POST", "/people/file/check"): "A",
    ("POST", "/people/file/save"): "A",
    ("POST", "/people/file/calendar"): "A",
    ("GET", "/people/{section}/{id}"): "A",
    ("POST", "/people/{section}/{id}"): "A",
    ("POST", "/people/{section}/{id}/remove"): "A",
    ("GET", "/people/undo"): "A",
    ("POST", "/people/undo"): "A",
    ("GET", "/calls/{id}/recording"): "TSA",
    ("GET", "/system"): "SA",
    ("GET", "/system/modem"): "SA",
    ("GET", "/system/log/{unit}"): "SA",
    ("POST", "/system/probe"): "A",
    ("POST", "/system/verify"): "A",
    ("POST", "/system/modem-reset"): "A",
    ("POST", "/system/test-call"): "A",
    ("POST", "/system/bundle"): "A",
    ("GET", "/accounts"): "A",
    ("POST", "/accounts"): "A",
    ("GET", "/accounts/{name}"): "A",
    ("POST", "/accounts/{name}"): "A",
    ("POST", "/accounts/{name}/password"): "A",
    ("POST", "/accounts/{name}/remove"): "A",
    ("GET", "/audit"): "A",
    ("GET", "/me"): "TSA",
    ("POST", "/me/language"): "TSA",
    ("GET", "/me/password"): "TSA",
    ("POST", "/me/password"): "TSA",
    ("POST", "/me/sign-out"): "TSA",
    ("POST", "/me/sign-out-others"): "TSA",
    ("GET", "/sign-in"): "-TSA",
    ("POST", "/sign-in"): "-TSA",
    ("GET", "/static/{name}"): "-TSA",
    ("GET", "/alive"): "-TSA",
    ("GET", "/robots.txt"): "-TSA",
}
LETTERS = {"-": None, "T": Role.TECHNICIAN, "S": Role.SUPERVISOR, "A": Role.ADMINISTRATOR}
FILLED = {
    "exchange": "none",
    "rota": "none",
    "token": "none",
    "section": "none",
    "name": "none",
    "id": "none",
    "unit": "none",
}


def test_every_route_is_in_the_table_and_lets_in_whom_it_says() -> None:
    declared = {
        (method, page.path): {role for role in ROLES if may(role, page.needs)}
        for page in PAGES
        for method in page.methods
    }
    assert declared == {route: {LETTERS[one] for one in letters} for route, letters in EXPECTED.items()}


async def test_every_route_refuses_whom_it_must(pages: House) -> None:
    browsers: dict[Role | None, Browser] = {None: pages.browser()}
    for role in Role:
        browsers[role] = await pages.signed_in(role)
    for page in PAGES:
        path = page.path.format(**FILLED)
        for role, browser in browsers.items():
            if may(role, page.needs):
                continue
            for method in page.methods:
                async with browser.http.request(method, path, allow_redirects=False) as response:
                    told = f"{method} {path} as {role}"
                    if role is None:
                        leads = response.headers.get("Location") or response.headers.get("HX-Redirect", "")
                        assert (response.status in (303, 401), leads.startswith("/sign-in")) == (True, True), told
                    else:
                        assert response.status == 403, told


async def test_every_get_route_opens_for_whom_it_may(pages: House) -> None:
    none = {"ok": False, "error": {"code": "bad_request", "message": "there is no such sound"}}
    pages.asked.answers["prompt.get"] = pages.asked.answers["voicemail.read"] = none
    for role in Role:
        browser = await pages.signed_in(role)
        for page in PAGES:
            if "GET" in page.methods and may(role, page.needs) and not page.path.startswith("/live/"):
                status, _text = await browser.get(page.path.format(**FILLED))
                assert status == (303 if page.path == "/sign-in" else 404 if "{" in page.path else 200), page.path


async def test_no_post_is_taken_without_the_token_of_a_form(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    for page in PAGES:
        if "POST" in page.methods:
            path = page.path.format(**FILLED)
            for token in ("", "x" * 88, "nonsense"):
                async with browser.http.post(path, data={"csrf": token}, allow_redirects=False) as response:
                    assert response.status == 403, f"{path} with {token!r}"


async def answer(visit: Visit) -> Response:
    return Response()


def test_the_service_does_not_start_with_an_undeclared_route() -> None:
    declared = [Page("/a", answer, Permission.SIGNED_IN)]
    check_declared([Route("/a", answer, methods=["GET"])], declared)
    for route in (
        Route("/b", answer, methods=["GET"]),
        Route("/a", answer, methods=["POST"]),
        Mount("/c", routes=[]),
    ):
        with pytest.raises(UndeclaredRouteError):
            check_declared([route], declared)
    with pytest.raises(UndeclaredRouteError, match="twice"):
        check_declared([], declared * 2)


def test_each_role_may_what_the_one_below_may() -> None:
    assert GRANTS[None] < GRANTS[Role.TECHNICIAN] < GRANTS[Role.SUPERVISOR] < GRANTS[Role.ADMINISTRATOR]
    assert GRANTS[Role.ADMINISTRATOR] == frozenset(Permission)
