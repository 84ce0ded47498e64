"""Recordings and messages of real calls in a real browser: played and sought by whose they are, refused to others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bench.board_control import BoardControl
from bench.chromium import DESK, PHONE, serious, sign_in, visitor
from bench.exchange_plan import PEOPLE
from bench.plan import WEB_PASSWORD
from bench.rosters import group, line, person, roster
from bench.world import Options, World

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]
PASSWORD = "four words are enough"
CALLER = "+420606000017"
PLAYED = """async audio => {
    await audio.play();
    const began = audio.currentTime;
    while (!audio.ended && audio.currentTime - began <= 0.3) {
        await new Promise(done => setTimeout(done, 50));
    }
    const after = audio.currentTime;
    audio.currentTime = audio.duration - 0.5;
    await new Promise(done => { audio.onseeked = done; });
    return [audio.duration, after - began, audio.currentTime];
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """With exchanges, and the pages."""
    async with World(Options("patient", web=True, exchange=True)) as standing:
        await standing.settled("normal", "primary", 150)
        yield standing


async def ask(world: World, id_: str, name: str, **args: Any) -> Any:
    command = {"schema": 1, "id": id_, "name": name, "args": args}
    answer = await world.observer.command(json.dumps(command).encode(), 60)
    assert answer is not None
    assert answer["ok"], answer
    return answer["result"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def board(world: World) -> BoardControl:
    """Telephones that pick up at once; a line that records, and a queue."""
    assert world.switchboard is not None
    control = BoardControl(world.switchboard)
    await control.methods["phone.reset"]({"usual": {"like": "quick"}})
    desk = {"id": "desk", "name": "Desk", "agents": ["anna", "boris"], "extension": "800"}
    wanted = roster(group("ops", "anna"), queue=[desk], line=line("group:ops", record=True))
    await ask(world, "set", "roster.set", roster=wanted)
    return control


@asynccontextmanager
async def somebody(browser: Browser, desk: Page, base: str, person: str) -> AsyncIterator[Page]:
    """A technician with an account of their own, signed in on a telephone."""
    await desk.goto(f"{base}/accounts")
    await desk.fill("#name", person)
    await desk.select_option("#person", person)
    await desk.select_option("#role", "technician")
    await desk.get_by_role("button", name="Make the account").click()
    once = await desk.locator(".secret code").inner_text()
    async with await visitor(browser, PHONE) as context:
        page = await context.new_page()
        await sign_in(page, base, person, once)
        await page.fill("#old", once)
        for field in ("#new", "#again"):
            await page.fill(field, PASSWORD)
        await page.click("main form button")
        await expect(page.locator(".done")).to_be_visible()
        yield page


async def talked(board: BoardControl) -> None:
    """A call that anna takes and that lasts some seconds; dialled anew until the exchanges have the roster."""
    async with asyncio.timeout(240):
        while True:
            call = await board.methods["talk.dial"]({"caller": CALLER})
            heard = await board.methods["talk.hears"]({"call": call, "what": "anna", "timeout_s": 20})
            if heard:
                await asyncio.sleep(3)
            await board.methods["talk.hang_up"]({"call": call})
            if heard:
                return


async def test_who_talked_hears_the_call_at_any_place_and_nobody_else_does(
    world: World, browser: Browser, board: BoardControl
) -> None:
    await talked(board)
    async with await visitor(browser, DESK) as context:
        desk = await context.new_page()
        await sign_in(desk, world.pages, "admin", WEB_PASSWORD)
        async with somebody(browser, desk, world.pages, "anna") as page:
            async with asyncio.timeout(240):
                while True:  # the box collects the calls of the nodes
                    await page.goto(f"{world.pages}/calls")
                    link = page.locator(f"main li:has-text('answered') a:has-text('{CALLER}')")
                    if await link.count():
                        break
                    await asyncio.sleep(0.5)
            await link.first.click()
            audio = page.locator("audio")
            await expect(audio).to_have_count(1)
            length, moved, sought = await audio.evaluate(PLAYED)
            assert length > 2
            assert moved > 0.2
            assert sought > length - 1
            assert await serious(page) == []
            where = page.url
        async with somebody(browser, desk, world.pages, "boris") as other:
            await other.goto(f"{world.pages}/calls")
            await expect(other.locator("main")).to_contain_text("No calls yet.")
            for path in (where, f"{where}/recording"):
                answer = await other.goto(path)
                assert answer is not None
                assert answer.status == 404
        await desk.goto(f"{world.pages}/audit")
        await expect(desk.locator("main")).to_contain_text("listened to a recording")


async def test_an_agent_pauses_in_the_browser_and_the_exchange_follows(
    world: World, browser: Browser, board: BoardControl
) -> None:
    async with await visitor(browser, PHONE) as context:
        page = await context.new_page()
        await sign_in(page, world.pages, "admin", WEB_PASSWORD)
        await page.goto(f"{world.pages}/queues")
        anna = page.locator("li", has_text="Anna")
        await anna.get_by_role("button", name="Pause").click()
        await expect(page.locator(".done")).to_be_visible()
        async with asyncio.timeout(240):
            while "pauses" not in await anna.inner_text():
                await asyncio.sleep(0.3)
                await page.goto(f"{world.pages}/queues")
        assert await serious(page) == []
        told = await ask(world, "agents", "agent.list")
        assert told["agents"]["anna"]["desk"]["presence"] == "paused"
        await anna.get_by_role("button", name="Log in").click()
        await expect(page.locator(".done")).to_be_visible()
        told = await ask(world, "agents-2", "agent.list")
        assert told["agents"]["anna"]["desk"]["presence"] == "in"


async def left_a_message(board: BoardControl) -> None:
    """A caller who speaks after the tone; dialled anew until the exchanges have the roster."""
    async with asyncio.timeout(240):
        while True:
            call = await board.methods["talk.dial"]({"caller": CALLER})
            heard = await board.methods["talk.hears"]({"call": call, "what": "closed", "timeout_s": 20})
            if heard:
                await asyncio.sleep(5)
            await board.methods["talk.hang_up"]({"call": call})
            if heard:
                return


async def test_a_message_is_heard_by_whom_it_was_sent_to_and_nobody_else(
    world: World, browser: Browser, board: BoardControl
) -> None:
    box = {"id": "night", "name": "Night", "email": ["anna@example.org"], "greeting": "bench/closed"}
    people = [
        person(name, email=f"{name}@example.org") if name in ("anna", "boris") else person(name) for name in PEOPLE
    ]
    wanted = roster(group("ops", "anna"), mailbox=[box], line=line("mailbox:night"), person=people)
    await ask(world, "set-mailbox", "roster.set", roster=wanted)
    await left_a_message(board)
    async with await visitor(browser, DESK) as context:
        desk = await context.new_page()
        await sign_in(desk, world.pages, "admin", WEB_PASSWORD)
        for name in ("anna", "boris"):  # of the scenarios before
            await ask_to_remove(desk, world.pages, name)
        async with somebody(browser, desk, world.pages, "anna") as page:
            await page.goto(f"{world.pages}/voicemail")
            async with asyncio.timeout(240):
                while "sent by e-mail" not in await page.locator("main").inner_text():
                    await asyncio.sleep(0.5)
                    await page.goto(f"{world.pages}/voicemail")
            await expect(page.locator(".messages li")).to_contain_text(CALLER)
            length, moved, sought = await page.locator("audio").evaluate(PLAYED)
            assert length > 2
            assert moved > 0.2
            assert sought > length - 1
            assert await serious(page) == []
            where = await page.locator("audio").get_attribute("src")
        async with somebody(browser, desk, world.pages, "boris") as other:
            await other.goto(f"{world.pages}/voicemail")
            await expect(other.locator("main")).to_contain_text("There is no message.")
            answer = await other.goto(f"{world.pages}{where}")
            assert answer is not None
            assert answer.status == 404
        await desk.goto(f"{world.pages}/audit")
        await expect(desk.locator("main")).to_contain_text("listened to a message")


async def ask_to_remove(desk: Page, base: str, name: str) -> None:
    """Away with an account, where there is one."""
    answer = await desk.goto(f"{base}/accounts/{name}")
    assert answer is not None
    if answer.status == 200:
        await desk.get_by_role("button", name=f"Remove {name}").click()
        await desk.wait_for_url(f"{base}/accounts**")


async def test_a_test_call_goes_out_through_the_chosen_trunk(
    world: World, browser: Browser, board: BoardControl
) -> None:
    async with await visitor(browser, PHONE) as context:
        page = await context.new_page()
        await sign_in(page, world.pages, "admin", WEB_PASSWORD)
        await page.goto(f"{world.pages}/system")
        await page.get_by_label("Who is called").select_option("cyril")
        await page.get_by_label("Through the trunk").select_option("trunk-b")
        await page.get_by_role("button", name="Place the test call").click()
        await expect(page.locator("main")).to_contain_text("Cyril: the call was picked up")
        await expect(page.locator("main")).to_contain_text("trunk-b")
        assert await serious(page) == []


async def test_a_prompt_is_heard_as_it_comes(world: World, browser: Browser, board: BoardControl) -> None:
    sets = [{"id": "house", "language": "cs"}]
    await ask(
        world, "set-prompts", "roster.set", roster=roster(group("ops", "anna"), line=line("group:ops"), prompts=sets)
    )
    async with await visitor(browser, PHONE) as context:
        page = await context.new_page()
        await sign_in(page, world.pages, "admin", WEB_PASSWORD)
        where = f"{world.pages}/prompts/house"
        async with asyncio.timeout(240):
            while True:  # until the pages have heard the roster
                answer = await page.goto(where)
                if answer is not None and answer.status == 200:
                    break
                await asyncio.sleep(0.3)
        await page.locator("#queue-position summary").click()
        audio = page.locator("#queue-position audio")
        await expect(audio).to_be_visible()
        length, moved, sought = await audio.evaluate(PLAYED)
        assert length > 1
        assert moved > 0.2
        assert sought > length - 1
        assert await serious(page) == []
