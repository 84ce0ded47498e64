"""What the pages take, as an OpenAPI document: of the declared routes, and of the forms and links they show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from appliance.web.cookies import SESSION_COOKIE
from appliance.web.page import Page
from appliance.web.permission import Permission, Role, may
from tests.web.house import Browser

MOST_PAGES = 70
PLACE = re.compile(r"\{([^}]+)\}")
TEXT: Mapping[str, Any] = {"type": "string", "maxLength": 300}
FORM, UPLOAD = "application/x-www-form-urlencoded", "multipart/form-data"
# what is no page
TYPES = {
    "/statistics.csv": "text/csv",
    "/calls/export.csv": "text/csv",
    "/calls/{id}/recording": "audio/wav",
    "/voicemail/{exchange}/{id}": "audio/wav",
    "/prompts/sounds/{name}": "audio/wav",
    "/prompts/{id}/default/{name}": "audio/wav",
    "/calendar/{token}": "text/calendar",
    "/people/roster.toml": "application/toml",
    "/system/bundle": "application/zip",
    "/alive": "text/plain",
    "/robots.txt": "text/plain",
}
# what a page may answer: done, led elsewhere, refused in words (form, sign-in, role, none there, method, too large,
# a mistake, too often), or a guard or an exchange that did not take it
STATUSES = (200, 206, 303, 400, 401, 403, 404, 405, 409, 413, 416, 422, 429, 502, 503)
LED_ELSEWHERE = 303
AUTHENTICATED = {"session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE}}


@dataclass
class Form:
    """One form of a page; ``fields`` by name, each with the values it offers or allows."""

    method: str
    action: str
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)


class Reader(HTMLParser):
    """The forms and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: set[str] = set()
        self._select = ""

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag in ("a", "audio") and (link := told.get("href") or told.get("src")):
            self.links.add(link)
        if tag == "form":
            self.forms.append(Form(told.get("method", "get").upper(), told.get("action", "")))
        if not self.forms:
            return
        form, name = self.forms[-1], told.get("name", "")
        if tag in ("input", "textarea", "button", "select") and name and name != "csrf":
            offered = form.fields.setdefault(name, {"values": set(), "kind": told.get("type", tag)})
            if told.get("value"):
                offered["values"].add(told["value"])
            if "required" in told:
                form.required.add(name)
        if tag == "select":
            self._select = name
        if tag == "option" and self._select:
            form.fields[self._select]["values"].add(told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


async def document(browser: Browser, pages: Sequence[Page], more_query: Iterable[str]) -> dict[str, Any]:
    """Of everything that this browser may see. ``more_query`` are names that pages read besides those in links."""
    forms, links = await _crawled(browser, pages)
    paths: dict[str, dict[str, Any]] = {}
    for page in pages:
        if page.path.startswith("/live/"):
            continue  # a stream has no end to wait for; tests/web/test_live.py has it
        for method in page.methods:
            paths.setdefault(page.path, {})[method.lower()] = _operation(page, method, forms, links, more_query)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hotline's pages", "version": "1"},
        "components": {"securitySchemes": AUTHENTICATED},
        "paths": paths,
    }


async def _crawled(browser: Browser, pages: Sequence[Page]) -> tuple[list[Form], list[str]]:
    forms, links = list[Form](), set[str]()
    wanted = [page.path for page in pages if "GET" in page.methods and "{" not in page.path]
    seen = set[str]()
    while wanted and len(seen) < MOST_PAGES:
        path = wanted.pop(0)
        if path in seen or path.startswith(("/live/", "/static/")):
            continue
        seen.add(path)
        async with browser.http.get(path, allow_redirects=False) as response:
            if "text/html" not in response.headers.get("Content-Type", ""):
                continue
            text = await response.text()
        reader = Reader()
        reader.feed(text)
        forms += reader.forms
        fresh = {link for link in reader.links if link.startswith("/")} - links
        links |= fresh
        wanted += sorted(fresh)
    return forms, sorted(links)


def _operation(
    page: Page, method: str, forms: Sequence[Form], links: Sequence[str], more_query: Iterable[str]
) -> dict[str, Any]:
    kind = TYPES.get(page.path)
    content = {one: {} for one in ("text/html", *([kind] if kind else []), "text/plain")}
    if page.path.startswith("/static/"):
        content |= {one: {} for one in ("text/css", "text/javascript", "image/svg+xml", "application/manifest+json")}
    own = [form for form in forms if form.method == method and _fits(page.path, urlsplit(form.action).path)]
    targets = [*links, *(form.action for form in forms)]
    operation: dict[str, Any] = {
        "x-permission": page.needs.value,
        "x-roles": [role.value for role in Role if may(role, page.needs)],
        "security": [] if page.needs is Permission.PUBLIC else [{"session": []}],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": _one_of(_places(page.path, name, targets))}
            for name in PLACE.findall(page.path)
        ],
        "responses": {str(status): _answer(content, status) for status in STATUSES},
    }
    if method == "GET":
        operation["parameters"] += _query(page, own, links, more_query)
    else:
        media = UPLOAD if page.upload else FORM
        operation["requestBody"] = {"required": True, "content": {media: {"schema": _body(own, page.upload)}}}
    return operation


def _answer(content: Mapping[str, Any], status: int) -> dict[str, Any]:
    return {"description": ""} if status == LED_ELSEWHERE else {"description": "", "content": content}


def _query(page: Page, own: Sequence[Form], links: Sequence[str], more: Iterable[str]) -> list[dict[str, Any]]:
    found: dict[str, set[str]] = {name: set() for name in more}
    for link in links:
        parts = urlsplit(link)
        if _fits(page.path, parts.path):
            for name, value in parse_qsl(parts.query):
                found.setdefault(name, set()).add(value)
    for form in own:
        for name, offered in form.fields.items():
            found.setdefault(name, set()).update(offered["values"])
    return [{"name": name, "in": "query", "schema": _one_of(values)} for name, values in sorted(found.items())]


def _body(own: Sequence[Form], upload: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for form in own:
        for name, offered in form.fields.items():
            if offered["kind"] == "file":
                fields[name] = {"type": "string", "format": "binary"}
            else:
                fields[name] = _one_of(offered["values"], offered["kind"])
    required = set.intersection(*(form.required for form in own)) if own else set()
    return {"type": "object", "properties": fields, "required": sorted(required), "additionalProperties": TEXT}


def _one_of(values: Iterable[str], kind: str = "text") -> dict[str, Any]:
    """What a form offers, or any text: nobody who wants to do harm uses the form."""
    known = sorted(values)[:60]
    texts = [TEXT]
    if kind == "date":
        texts.append({"type": "string", "format": "date"})
    return {"anyOf": [{"type": "string", "enum": known}, *texts]} if known else {"anyOf": texts}


def _places(path: str, name: str, targets: Iterable[str]) -> set[str]:
    pattern = re.compile(re.escape(path).replace(r"\{", "{").replace(r"\}", "}"))
    pattern = re.compile(PLACE.sub(lambda match: f"(?P<{match[1]}>[^/]+)", pattern.pattern) + r"\Z")
    found = (pattern.match(urlsplit(target).path) for target in targets)
    return {unquote(match[name]) for match in found if match}


def _fits(path: str, target: str) -> bool:
    return re.fullmatch(PLACE.sub("[^/]+", path), target) is not None
