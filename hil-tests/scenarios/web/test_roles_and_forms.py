"""Pages in the roles of those who are no administrators, and forms that change the roster of a real guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bench.chromium import DESK, PHONE, complaints, serious, sign_in, visitor
from bench.plan import WEB_PASSWORD
from bench.world import World
from scenarios.web.test_pages import PAGES

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]
PASSWORD = "four words are enough"
SUPERVISORS = ("/steer/technician", "/steer/automatic", "/system", "/statistics", "/timeline")
EVERYBODYS = ("/", "/me", "/me/password", "/calls", "/voicemail", "/people", "/rota", "/queues", "/nowhere")
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(world: World, browser: Browser) -> AsyncIterator[Page]:
    """An administrator at a desk, signed in."""
    async with await visitor(browser, DESK) as context:
        page = await context.new_page()
        await sign_in(page, world.pages, "admin", WEB_PASSWORD)
        yield page


async def roster(world: World, id_: str) -> dict[str, Any]:
    answer = await world.observer.command(f'{{"schema":1,"id":"{id_}","name":"roster.get","args":{{}}}}'.encode(), 60)
    assert answer is not None
    found: dict[str, Any] = answer["result"]["roster"]
    return found


async def begins(desk: Page, page: Page, base: str, name: str, role: str) -> None:
    """An administrator makes the account; its owner signs in with what they were given, and chooses a password."""
    await desk.goto(f"{base}/accounts")
    await desk.fill("#name", name)
    await desk.select_option("#role", role)
    await desk.get_by_role("button", name="Make the account").click()
    once = await desk.locator(".secret code").inner_text()
    await sign_in(page, base, name, once)
    await page.fill("#old", once)
    for field in ("#new", "#again"):
        await page.fill(field, PASSWORD)
    await page.click("main form button")
    await expect(page.locator(".done")).to_be_visible()


@pytest.mark.parametrize("role", ["technician", "supervisor"])
async def test_each_page_is_whole_or_refused_at_desk_and_on_telephone(
    world: World, browser: Browser, desk: Page, role: str
) -> None:
    async with await visitor(browser, DESK) as context:
        page = await context.new_page()
        await begins(desk, page, world.pages, f"some-{role}", role)
        mine = {*EVERYBODYS, *(SUPERVISORS if role == "supervisor" else ())}
        for path in PAGES:
            heard = complaints(page)
            answer = await page.goto(world.pages + path, wait_until="domcontentloaded")
            assert answer is not None
            assert answer.status == (404 if path == "/nowhere" else 200 if path in mine else 403), path
            await expect(page.locator("h1")).to_have_count(1)
            for size in (PHONE, DESK):
                await page.set_viewport_size({"width": size[0], "height": size[1]})
                assert await page.evaluate(WIDER) <= 0, f"{path} is wider than {size[0]}"
            assert [text for text in heard if "403" not in text and "404" not in text] == [], path
            if path in mine:
                assert await serious(page) == [], path
        links = await page.locator(".menu nav a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        assert set(links) <= mine


async def test_a_wrong_form_says_so_at_its_field_and_a_right_one_changes_the_guards_roster(
    world: World, browser: Browser, desk: Page
) -> None:
    await desk.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await desk.goto(f"{world.pages}/people/person/+")
    await desk.get_by_label("Name", exact=True).fill("Eva Šťastná")
    await desk.get_by_label("Mobile number").fill("12")
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.locator("#mobile-error")).to_be_visible()
    await expect(desk.get_by_label("Mobile number")).to_have_attribute("aria-invalid", "true")
    await expect(desk.get_by_label("Name", exact=True)).to_have_value("Eva Šťastná")
    assert await serious(desk) == []
    assert await desk.evaluate(WIDER) <= 0
    assert all(one["id"] != "eva-stastna" for one in (await roster(world, "f1"))["person"])
    await desk.get_by_label("Mobile number").fill("777 000 888")
    await desk.get_by_label("PIN").fill("4711")
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.locator(".done")).to_contain_text("Saved")
    await expect(desk.locator("main")).to_contain_text("+420777000888")  # it was waited for, and is shown at once
    eva = next(one for one in (await roster(world, "f2"))["person"] if one["id"] == "eva-stastna")
    assert (eva["mobile"], "pin_hash" in eva) == ("+420777000888", False)  # the hash is told to nobody who may not
    await desk.set_viewport_size({"width": DESK[0], "height": DESK[1]})


async def test_a_rota_a_mailbox_and_a_menu_are_made_on_a_telephone(world: World, desk: Page) -> None:
    await desk.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await desk.goto(f"{world.pages}/people/rota/+")
    await desk.get_by_label("Person of shift 1").select_option("tech-1")
    first = desk.locator(".shifts li").first
    for day in ("Monday", "Friday"):
        await first.get_by_label(day).check()
    await first.get_by_label("From").fill("16:00")
    await first.get_by_label("Until").fill("7:30")
    await desk.get_by_label("Short name").fill("evenings")
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.locator(".done")).to_contain_text("Saved")
    await desk.goto(f"{world.pages}/people/mailbox/+")
    await desk.get_by_label("Name", exact=True).fill("Night")
    await desk.get_by_label("Sent to these addresses").fill("nobody")
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.locator("#email-error")).to_be_visible()
    assert await serious(desk) == []
    assert await desk.evaluate(WIDER) <= 0
    await desk.get_by_label("Sent to these addresses").fill("night@example.org")
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.locator(".done")).to_contain_text("Saved")
    await desk.goto(f"{world.pages}/people/menu/+")
    await desk.get_by_label("Name", exact=True).fill("Main")
    await desk.get_by_label("What is asked").fill("To leave a message press 1.")
    await desk.get_by_label("1", exact=True).select_option("mailbox:night")
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.locator(".done")).to_contain_text("Saved")
    found = await roster(world, "f3")
    (rota,), (mailbox,), (menu,) = found["rota"], found["mailbox"], found["menu"]
    shift = {"person": "tech-1", "days": ["mon", "fri"], "start": "16:00", "end": "07:30"}
    assert (rota["id"], rota["week"]) == ("evenings", [shift])
    assert (mailbox["id"], mailbox["email"]) == ("night", ["night@example.org"])
    assert (menu["id"], menu["options"]) == ("main", {"1": "mailbox:night"})
    await desk.set_viewport_size({"width": DESK[0], "height": DESK[1]})


async def test_a_file_comes_down_and_goes_up_again_changed(world: World, desk: Page, tmp_path: Path) -> None:
    await desk.goto(f"{world.pages}/people/file")
    async with desk.expect_download() as download:
        await desk.get_by_role("button", name="Download the roster").click()
    file = tmp_path / "roster.toml"
    await (await download.value).save_as(file)
    text = file.read_text()
    assert "scrypt" not in text
    for changed, told in (
        (text.replace('default = "', 'default = "nobody-'), "nobody has the id"),
        (text.replace('name = "Eva Šťastná"', 'name = "Eva S."'), "person eva-stastna: name changed"),
    ):
        file.write_text(changed)
        await desk.goto(f"{world.pages}/people/file")
        await desk.set_input_files("#file", file)
        await desk.get_by_role("button", name="Check the file").click()
        await expect(desk.locator("main")).to_contain_text(told)
        assert await serious(desk) == []
    assert any(one["name"] == "Eva Šťastná" for one in (await roster(world, "f4"))["person"])
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.locator(".done")).to_contain_text("The roster is changed.")
    assert any(one["name"] == "Eva S." for one in (await roster(world, "f5"))["person"])
    await desk.goto(f"{world.pages}/people/undo")
    await desk.locator("main").get_by_role("button", name="Undo the last change").click()
    await expect(desk.locator(".done")).to_be_visible()
    assert any(one["name"] == "Eva Šťastná" for one in (await roster(world, "f6"))["person"])
