"""Debian's Chromium, driven by Playwright: one browser for many pages, each in a context of its own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

from bench.programs import MissingProgram

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

DESK, PHONE = (1280, 900), (360, 740)
PATIENCE_MS = 90_000  # a starved machine may take so long for what takes a moment elsewhere
# no look-ups and connections of its own: the machine may have no network, and no GPU
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser, without a window. Raises :class:`MissingProgram`."""
    from playwright.async_api import async_playwright

    program = shutil.which("chromium")
    if program is None:
        raise MissingProgram("chromium is missing: scripts/setup installs it")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS, timeout=PATIENCE_MS)
        try:
            yield browser
        finally:
            await browser.close()


async def visitor(
    browser: Browser,
    size: tuple[int, int] = DESK,
    *,
    language: str = "en-GB",
    scheme: Literal["light", "dark"] = "light",
) -> BrowserContext:
    """Somebody with cookies of their own. The box's own certificate is taken as it is."""
    context = await browser.new_context(
        ignore_https_errors=True,
        viewport={"width": size[0], "height": size[1]},
        locale=language,
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


async def sign_in(page: Page, base: str, name: str, password: str) -> None:
    """Through the form, as a person does."""
    await page.goto(f"{base}/sign-in")
    await page.fill("#name", name)
    await page.fill("#password", password)
    await page.click("main button")
    await page.wait_for_url(lambda url: "/sign-in" not in url)


async def serious(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page, a line each."""
    from axe_playwright_python.async_playwright import Axe

    found = await Axe().run(page)
    return [
        f"{one['id']}: {one['help']}: {', '.join(str(node['target']) for node in one['nodes'])}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def complaints(page: Page) -> list[str]:
    """What the browser says against the page from now on: errors, refusals of the content security policy."""
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard
