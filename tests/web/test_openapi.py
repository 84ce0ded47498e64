"""Schemathesis against the pages as they run: what their forms allow, what they do not, in every role."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from appliance.web import csrf
from appliance.web.accounts.models import Account
from appliance.web.cookies import SESSION_COOKIE
from appliance.web.pages import PAGES
from appliance.web.permission import Role
from tests.web.guard import roster_guard
from tests.web.house import HASH, House
from tests.web.openapi import document
from tests.web.test_any_input import Both, fields
from tests.web.test_roster_edit import ROSTER

# of each operation, in each mode; what others may not see is refused before it is read
EXAMPLES = {Role.ADMINISTRATOR: 4, Role.SUPERVISOR: 2, Role.TECHNICIAN: 2}
CHECKS: list[CheckFunction] = [status_code_conformance, content_type_conformance]
QUIET = settings(
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
OURS = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})  # the session is our own


async def session(pages: House, role: Role) -> tuple[str, str]:
    """A cookie and a form's token; anew for each case, since some of these sign out whoever sends them."""
    await pages.desk.accounts.put(Account("eva", role, person="ann"), HASH)
    found = await pages.desk.accounts.find("eva")
    assert found is not None
    token = await pages.desk.sessions.begin(found[0], pages.clock(), "127.0.0.1", "test")
    begun, _fresh = await pages.desk.sessions.of(token, pages.clock(), renew=False)
    assert hasattr(begun, "csrf")
    return token, csrf.token(begun.csrf)


def sent(case: Any, base: str, cookie: str, token: str) -> Any:
    """One case as a browser of this session sends it."""
    headers = {"Cookie": f"{SESSION_COOKIE}={cookie}", "X-CSRF-Token": token}
    return case.call(base_url=base, headers=headers, allow_redirects=False, timeout=120)


def judged(case: Any, response: Any, role: Role) -> None:
    operation = case.operation.definition.raw
    told = f"{case.method} {case.formatted_path} as {role}: {case.query} {str(case.body)[:2000]}"
    assert b"Traceback" not in response.content, told
    assert "default-src 'none'" in response.headers["content-security-policy"][0], told
    if role.value not in operation["x-roles"] and response.status_code not in (404, 405):
        assert response.status_code == 403, told
    case.validate_response(response, checks=CHECKS)


@cache
def every_case(api: str) -> Sequence[Sequence[Any]]:
    """Of each operation, in each mode; every role sends the same, as to draw them takes longer than to send them."""
    operations = schemathesis.openapi.from_dict(json.loads(api), config=OURS).get_all_operations()
    return [
        drawn(operation.as_strategy(generation_mode=mode))
        for operation in [found.ok() for found in operations]
        for mode in GenerationMode
    ]


def drawn(strategy: SearchStrategy[Any]) -> Sequence[Any]:
    cases: list[Any] = []

    @settings(QUIET, max_examples=max(EXAMPLES.values()))
    @given(case=strategy)
    def one(case: Any) -> None:
        cases.append(case)

    one()
    return cases


def every_operation(
    pages: House, api: Mapping[str, Any], role: Role, begin: Callable[[], tuple[str, str]]
) -> Counter[int]:
    """Blocks. How often each status was answered."""
    answered = Counter[int]()
    for cases in every_case(json.dumps(api)):
        for case in cases[: EXAMPLES[role]]:
            cookie, token = begin()
            response = sent(case, pages.base, cookie, token)
            judged(case, response, role)
            answered[response.status_code] += 1
    return answered


async def test_the_document_has_every_route_with_its_permission_and_its_forms_fields(
    pages: House, tmp_path: Path
) -> None:
    async with roster_guard(pages, tmp_path) as guard:
        await guard.stands(ROSTER)
        browser = await pages.signed_in(Role.ADMINISTRATOR, name="eva", person="ann")
        api = await document(browser, PAGES, ())
    declared = {(page.path, method.lower()) for page in PAGES for method in page.methods}
    listed = {(path, method) for path, methods in api["paths"].items() for method in methods}
    assert declared - listed == {("/live/now", "get")}
    assert api["paths"]["/audit"]["get"]["x-roles"] == ["administrator"]
    night = api["paths"]["/people/night"]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    assert {"line", "situation", "minutes"} <= set(night["schema"]["properties"])
    (section, id_) = api["paths"]["/people/{section}/{id}"]["post"]["parameters"]
    assert {"person", "queue", "rota"} <= set(section["schema"]["anyOf"][0]["enum"])
    assert "ann" in id_["schema"]["anyOf"][0]["enum"]


@pytest.mark.parametrize("role", list(Role))
async def test_every_operation_answers_as_the_document_says(pages: House, tmp_path: Path, role: Role) -> None:
    loop = asyncio.get_running_loop()

    def begin() -> tuple[str, str]:
        return asyncio.run_coroutine_threadsafe(session(pages, role), loop).result(30)

    async with roster_guard(pages, tmp_path) as guard:
        await guard.stands(ROSTER)
        pages.desk.box.ask_over(Both(guard, pages.asked))
        browser = await pages.signed_in(Role.ADMINISTRATOR, name="adam", person="bob")
        api = await document(browser, PAGES, fields())
        answered = await asyncio.to_thread(every_operation, pages, api, role, begin)
    assert answered.total() > 2 * len(api["paths"])
    # nothing of it proves anything where every form is refused at the door
    wanted = {200, 303, 404, 422} if role is Role.ADMINISTRATOR else {200, 303, 403}
    assert wanted <= answered.keys(), answered
