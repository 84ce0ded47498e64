"""Live parts: one rendering for all who see the same, bounded viewers, nothing piled up."""

from __future__ import annotations

import asyncio
import json

import pytest

from appliance.web.box import BoxWords
from appliance.web.live import MOST_VIEWERS, Broadcaster, TooManyViewersError
from appliance.web.permission import Role
from tests.cli.peer import state_document
from tests.web.house import House


class Counted:
    """Renderings, counted."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        return f"rendering\n{self.times}"


async def yes() -> bool:
    return True


async def test_one_rendering_serves_all_viewers_and_each_change_is_told() -> None:
    box, render = BoxWords("b"), Counted()
    live = Broadcaster(box)
    streams = [await live.watch("now", ("en",), render, yes) for _ in range(50)]
    first = await asyncio.gather(*(anext(stream) for stream in streams))
    assert set(first) == {b"event: now\ndata: rendering\ndata: 1\n\n"}
    assert (render.times, live.viewers) == (1, 50)
    box.link_changed("local", True)
    second = await asyncio.gather(*(anext(stream) for stream in streams))
    assert set(second) == {b"event: now\ndata: rendering\ndata: 2\n\n"}
    assert render.times == 2
    for stream in streams:
        await stream.aclose()  # type: ignore[attr-defined]
    assert live.viewers == 0


async def test_a_slow_viewer_skips_what_came_between() -> None:
    box, render = BoxWords("b"), Counted()
    stream = await Broadcaster(box).watch("now", (), render, yes)
    await anext(stream)
    for up in (True, False) * 20:
        box.link_changed("local", up)
    assert b"rendering" in await anext(stream)
    assert render.times == 2
    await stream.aclose()  # type: ignore[attr-defined]


async def test_viewers_are_bounded_and_leave_when_the_service_does() -> None:
    box = BoxWords("b")
    live = Broadcaster(box)
    streams = [await live.watch("now", (), Counted(), yes) for _ in range(MOST_VIEWERS - 1)]
    both = await asyncio.gather(*(live.watch("now", (), Counted(), yes) for _ in range(2)), return_exceptions=True)
    (last,) = (one for one in both if not isinstance(one, BaseException))
    assert [type(one) for one in both if one is not last] == [TooManyViewersError]
    streams.append(last)
    for stream in streams:
        await anext(stream)
    with pytest.raises(TooManyViewersError):
        await live.watch("now", (), Counted(), yes)
    waits = [asyncio.ensure_future(anext(stream, None)) for stream in streams]
    await asyncio.sleep(0)
    live.close()
    assert await asyncio.gather(*waits) == [None] * MOST_VIEWERS
    assert live.viewers == 0


async def test_the_page_hears_of_a_change_within_a_second(pages: House) -> None:
    browser = await pages.signed_in(Role.TECHNICIAN)
    async with browser.http.get("/live/now") as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert "All is well" in await _event(response.content)
        pages.says(service="total", route={"active": "technician", "number": "+420777000111"})
        async with asyncio.timeout(60):
            assert "Calls go straight to" in await _event(response.content)


async def _event(stream: asyncio.StreamReader) -> str:  # aiohttp's reader has the same readline
    text = ""
    while (line := (await stream.readline()).decode()) != "\n" or not text.startswith("event:"):
        text = line if line.startswith("event:") else text + line
    return text


def test_an_older_word_does_not_stand_above_a_newer_one() -> None:
    box = BoxWords("b")
    box.take_from_journal(state_document(at="2026-01-01T00:00:00.000Z", service="total"))
    assert box.from_journal
    box._hear_state("", json.dumps(state_document(at="2026-07-14T02:11:00.000Z")).encode())
    assert not box.from_journal
    box._hear_state("", json.dumps(state_document(at="2026-07-14T02:10:00.000Z", service="partial")).encode())
    assert box.state is not None
    assert box.state["service"] == "normal"
    for garbage in (b"", b"[]", b"\xff", b"{" * 100_000, b"null"):
        box._hear_state("", garbage)
        box._hear_roster("", garbage)
        box._hear_exchange("hotline/b/exchange/x/state", garbage)
    assert box.state["service"] == "normal"
    assert box.exchanges == {}


def test_a_roster_of_a_newer_guard_is_shown_as_far_as_it_is_understood() -> None:
    box = BoxWords("b")
    roster = {"person": [{"id": "a", "name": "Anna", "new_key": 1, "pin_hash": "x"}], "new_section": []}
    box._hear_roster("", json.dumps({"schema": 1, "roster": roster}).encode())
    assert box.roster_model is None
    assert box.person_name("a") == "Anna"
    assert box.knows_person("a")
    assert not box.knows_person("b")


def test_exchanges_without_end_are_not_all_kept() -> None:
    box = BoxWords("b")
    for number in range(1000):
        box._hear_exchange(f"hotline/b/exchange/n{number}/state", b'{"ari": "connected"}')
        box._hear_exchange_availability(f"hotline/b/exchange/n{number}/availability", b"offline")
    assert len(box.exchanges) <= 100
    assert len(box.exchanges_offline) <= 100
