"""The pages in a real browser, before a real guard: each one seen, the outage followed, the button pressed."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bench.chromium import DESK, PHONE, complaints, serious, sign_in, visitor
from bench.faults import WorldFaults
from bench.plan import WEB_PASSWORD
from bench.world import World

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]
PAGES = ("/", "/steer/technician", "/steer/automatic", "/system", "/accounts", "/accounts/admin", "/audit", "/me")
PAGES += ("/calls", "/statistics", "/timeline", "/me/password", "/nowhere", "/accounts/nobody")
PAGES += ("/people", "/people/file", "/people/undo", "/people/person/+", "/people/group/+", "/people/line/+")
PAGES += ("/people/hours/+", "/people/person/tech-1", "/rota", "/queues", "/prompts", "/voicemail")
PAGES += ("/people/queue/+", "/people/menu/+", "/people/mailbox/+", "/people/rota/+")
SCRIPT = '"><script>window.broken=1</script><img src=x onerror="window.broken=2">'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(world: World, browser: Browser) -> AsyncIterator[Page]:
    """An administrator at a desk, signed in."""
    async with await visitor(browser, DESK) as context:
        page = await context.new_page()
        await sign_in(page, world.pages, "admin", WEB_PASSWORD)
        yield page


@pytest.fixture(scope="module")
def faults(world: World) -> WorldFaults:
    """Whoever breaks things."""
    return WorldFaults(world)


async def shown(page: Page, base: str, path: str) -> None:
    """The page is there, with one heading, nothing broken, nothing wider than the screen, and fit for everybody."""
    heard = complaints(page)
    await page.goto(base + path, wait_until="domcontentloaded")
    await expect(page.locator("h1")).to_have_count(1)
    wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{path} is {wider} pixels wider than the screen"
    assert await serious(page) == [], path
    expected = [text for text in heard if "404" in text or "403" in text]
    assert [text for text in heard if text not in expected] == [], path


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
async def test_every_page_fits_its_screen_and_everybody(
    world: World, browser: Browser, desk: Page, size: tuple[int, int], scheme: str
) -> None:
    await desk.set_viewport_size({"width": size[0], "height": size[1]})
    await desk.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    for path in PAGES:
        await shown(desk, world.pages, path)
    async with await visitor(browser, size, scheme=scheme) as context:  # type: ignore[arg-type]
        await shown(await context.new_page(), world.pages, "/sign-in")
    await desk.set_viewport_size({"width": DESK[0], "height": DESK[1]})


async def test_the_first_page_needs_few_requests_and_nothing_from_elsewhere(
    world: World, browser: Browser, desk: Page
) -> None:
    async with await visitor(browser, PHONE) as fresh:
        await fresh.add_cookies(await desk.context.cookies())  # type: ignore[arg-type]
        page, asked = await fresh.new_page(), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{world.pages}/", wait_until="domcontentloaded")
        await page.wait_for_timeout(500)
    assert len(asked) <= 6, asked
    assert all(url.startswith(world.pages) for url in asked), asked


async def test_the_picture_follows_a_real_outage(world: World, desk: Page, faults: WorldFaults) -> None:
    await desk.goto(f"{world.pages}/", wait_until="domcontentloaded")
    headline = desk.locator(".headline")
    await expect(headline).to_contain_text("All is well")
    await expect(desk.locator(".scene.lying .trunk.taken")).to_contain_text("trunk-a")
    await desk.evaluate("window.loadedOnce = true")
    await faults.break_("trunk-a")
    await world.observer.wait_for(lambda state: state["route"]["active"] == "secondary", 90)
    await expect(desk.locator(".scene.lying .trunk.taken")).to_contain_text("trunk-b")
    await expect(headline).to_contain_text("Calls take the second way")
    await expect(desk.locator(".scene.lying .trunk.down")).to_contain_text("is down")
    await faults.break_("cluster")
    await expect(headline).to_contain_text("Calls go straight to Technician 1")
    await expect(desk.locator(".scene.lying .technician.taken")).to_have_count(1)
    await world.settled("total", "technician", 90)
    assert (await world.dial()).who == "technician:tech-1"
    await faults.mend("cluster")
    await faults.mend("trunk-a")
    await expect(headline).to_contain_text("All is well")
    assert await desk.evaluate("window.loadedOnce"), "the page was loaded anew meanwhile"


async def test_the_button_moves_real_calls_and_back(world: World, browser: Browser, desk: Page) -> None:
    async with await visitor(browser, PHONE) as context:
        await context.add_cookies(await desk.context.cookies())  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto(f"{world.pages}/", wait_until="domcontentloaded")
        await page.get_by_role("link", name="Send calls to the technician now").click()
        await expect(page.locator("main")).to_contain_text("What will happen")
        await page.get_by_label("How long").select_option("60")
        await page.get_by_label("Why").fill("the button is tested")
        await page.get_by_role("button", name="Send calls to the technician now").click()
        await expect(page.locator(".headline")).to_contain_text("Calls go straight to Technician 1")
        await expect(page.locator(".pinned")).to_contain_text("the button is tested")
        await world.settled("normal", "technician", 90)
        assert (await world.dial()).who == "technician:tech-1"
        await page.get_by_role("link", name="Back to automatic").click()
        await page.get_by_role("button", name="Back to automatic").click()
        await expect(page.locator(".headline")).to_contain_text("All is well")
        await page.goto(f"{world.pages}/audit")
        await expect(page.locator("main")).to_contain_text("the guard took the route technician")


async def test_script_in_the_roster_stays_text(world: World, desk: Page) -> None:
    answer = await world.observer.command(b'{"schema":1,"id":"r1","name":"roster.get","args":{"secrets":true}}', 60)
    assert answer is not None
    roster = answer["result"]["roster"]
    named = json.loads(json.dumps(roster))
    for entry in (named["person"][0], named["line"][0], named["group"][0]):
        entry["name"] = SCRIPT
    command = {"schema": 1, "id": "r2", "name": "roster.set", "args": {"roster": named}}
    answer = await world.observer.command(json.dumps(command).encode(), 60)
    assert answer is not None
    assert answer["ok"], answer
    heard = complaints(desk)
    await desk.goto(f"{world.pages}/", wait_until="domcontentloaded")
    await expect(desk.locator(".scene.lying")).to_contain_text('"><script>')
    await desk.goto(f"{world.pages}/accounts")
    assert await desk.evaluate("window.broken") is None
    assert heard == []
    command |= {"id": "r3", "args": {"roster": roster}}
    await world.observer.command(json.dumps(command).encode(), 60)


async def test_what_is_shown_tells_its_age_when_guard_or_broker_are_away(world: World, desk: Page) -> None:
    await desk.goto(f"{world.pages}/", wait_until="domcontentloaded")
    await world.guard.kill()
    await expect(desk.locator(".stale")).to_contain_text("The guard is not running")
    await expect(desk.locator(".stale")).to_contain_text("What is shown is from")
    await world.guard.start()
    await expect(desk.locator(".stale")).to_have_count(0)
    await world.broker.process.kill()
    await expect(desk.locator(".stale")).to_contain_text("The broker cannot be reached")
    await world.broker.start()
    await expect(desk.locator(".stale")).to_have_count(0)


async def test_a_page_notices_that_its_server_is_gone_and_goes_on_after(world: World, desk: Page) -> None:
    await desk.goto(f"{world.pages}/", wait_until="domcontentloaded")
    await expect(desk.locator(".headline")).to_be_visible()
    await world.web.kill()
    await expect(desk.locator("#lost")).to_be_visible(timeout=20_000)
    await world.web.start()
    await expect(desk.locator("#lost")).to_be_hidden(timeout=60_000)
    await desk.goto(f"{world.pages}/system")
    await expect(desk.locator("h1")).to_have_text("System")  # still signed in: sessions outlast a crash


async def test_the_pages_are_used_with_the_keyboard_alone(world: World, browser: Browser) -> None:
    async with await visitor(browser, PHONE) as context:
        page = await context.new_page()
        await page.goto(f"{world.pages}/sign-in")
        await page.keyboard.type("admin")
        await page.keyboard.press("Tab")
        await page.keyboard.type(WEB_PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator(".headline")).to_be_visible()
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent") == "To the content"
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")  # the menu
        await expect(page.get_by_role("link", name="System")).to_be_visible()
        for _ in range(20):
            await page.keyboard.press("Tab")
            if (await page.evaluate("document.activeElement.textContent")).strip() == "System":
                break
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("System")


async def test_two_hundred_and_first_viewer_is_told_so_and_the_others_see_on(world: World, desk: Page) -> None:
    """Bounded: many open pages cost the box no more than it has."""
    cookies = {cookie["name"]: cookie["value"] for cookie in await desk.context.cookies()}
    header = f"{world.pages.partition('://')[2]}"
    host, _, port = header.rpartition(":")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = (
        f"GET /live/now HTTP/1.1\r\nHost: {header}\r\nCookie: __Host-hotline={cookies['__Host-hotline']}\r\n\r\n"
    )
    opened = []
    try:
        for _ in range(201):
            reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
            writer.write(request.encode())
            opened.append((reader, writer))
        statuses = [(await reader.readline()).split()[1] for reader, _writer in opened]
    finally:
        for _reader, writer in opened:
            writer.close()
    assert set(statuses) == {b"200", b"503"}
    assert 190 <= statuses.count(b"200") <= 200  # pages of the test look, too, or have just been closed
