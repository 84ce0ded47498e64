"""``hotline events``: from the journal, and on."""

from __future__ import annotations

import asyncio
import json
import signal

import pytest

from tests.cli.conftest import Box, Hotline
from tests.cli.peer import ScriptedGuard
from tests.cli.process import running
from tests.cli.story import PRIMARY, Story


async def test_events_are_told_oldest_first_in_the_zone_of_the_box(lonely_box: Box, hotline: Hotline) -> None:
    Story(lonely_box.state_dir).normal()
    ran = await hotline("events", "--config", lonely_box.config)
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert lines[0] == "2026-07-14 04:00:00  the guard started, version 0.1.0"
    assert lines[-1] == f"2026-07-14 04:00:03  verified: CFU is {PRIMARY} after 3.1 s"
    assert len(lines) == 9


async def test_since_is_inclusive_and_until_is_not(lonely_box: Box, hotline: Hotline) -> None:
    Story(lonely_box.state_dir).normal()
    window = ("--since", "2026-07-14T02:00:00.2Z", "--until", "2026-07-14T02:00:00.400Z")
    ran = await hotline("events", *window, "--json", "--config", lonely_box.config)
    documents = [json.loads(line) for line in ran.out.splitlines()]
    assert [document["id"] for document in documents] == [2, 3]
    assert documents[0] == {
        "schema": 1,
        "id": 2,
        "at": "2026-07-14T02:00:00.200Z",
        "boot_id": "b1",
        "type": "modem.up",
        "data": {"model": "E3372", "firmware": "22", "port": "/dev/ttyUSB0"},
    }


async def test_a_time_that_is_none_is_wrong_usage(lonely_box: Box, hotline: Hotline) -> None:
    ran = await hotline("events", "--since", "soon", "--config", lonely_box.config)
    assert ran.code == 2
    assert "'soon' is no time" in ran.err


async def test_a_time_before_the_calendar_is_wrong_usage(lonely_box: Box, hotline: Hotline) -> None:
    ran = await hotline("events", "--since", "99999999999d", "--config", lonely_box.config)
    assert (ran.code, ran.out) == (2, "")
    assert "is outside the calendar" in ran.err


async def test_without_a_journal_there_is_nothing_to_read(lonely_box: Box, hotline: Hotline) -> None:
    ran = await hotline("events", "--config", lonely_box.config)
    assert (ran.code, ran.out) == (3, "")
    assert "there is no journal in" in ran.err


async def test_following_shows_each_event_once_whichever_way_it_comes(
    box: Box, guard: ScriptedGuard, hotline: Hotline
) -> None:
    story = Story(box.state_dir)
    story.normal()
    async with running("events", "--follow", "--json", "--config", box.config) as command:
        await command.until('"id": 9')
        story.tell("modem.down", reason="unplugged")  # id 10, on disk only
        await command.until('"id": 10')
        # 10 again and 11 over the broker only, as when the disk refuses; resent until the command has subscribed
        told = asyncio.create_task(command.until('"id": 11'))
        while not told.done():
            await guard.publish_event(10, "modem.down", {"reason": "unplugged"})
            await guard.publish_event(11, "journal.failed", {"reason": "the disk is full"})
            await asyncio.wait((told,), timeout=0.2)
        await told
        assert await command.stop(signal.SIGINT) == 0
    ids = [json.loads(line)["id"] for line in command.seen.splitlines()]
    assert ids == list(range(1, 12))


async def test_following_works_without_a_broker(lonely_box: Box) -> None:
    story = Story(lonely_box.state_dir)
    story.normal()
    async with running("events", "-f", "--config", lonely_box.config) as command:
        await command.until("verified: CFU is")
        story.tell("sim.blocked", reason="three wrong PINs")
        assert "SIM BLOCKED" in await command.until("three wrong PINs")
        assert await command.stop(signal.SIGTERM) == 0


async def test_an_outage_is_replayed_from_the_journal(lonely_box: Box, hotline: Hotline) -> None:
    story = Story(lonely_box.state_dir)
    story.normal()
    story.trunk_a_dies()
    story.trunk_a_returns()
    ran = await hotline("outage", "--config", lonely_box.config)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("Outage of 2026-07-14 04:01:02, over after 3 min 49 s")
    for line in (
        "    +0.000 s  probe trunk trunk-a: MISS, no answer in 1.0 s",
        "    +2.000 s  trunk trunk-a is DOWN: 3 misses in a row",
        "    +5.300 s  verified: CFU is +420910000200 after 3.1 s",
        '                > AT+CCFC=0,3,"+420910000200",145',
        "                < OK   2.5 s",
        "+5.300 s … +228.700 s   secondary (+420910000200)",
        "  +228.700 s  back to normal",
    ):
        assert line in lines
    alias = await hotline("events", "--outage", "1", "--config", lonely_box.config)
    assert alias.out == ran.out


async def test_the_replay_as_json(lonely_box: Box, hotline: Hotline) -> None:
    story = Story(lonely_box.state_dir)
    story.normal()
    story.trunk_a_dies()
    ran = await hotline("outage", "--json", "--config", lonely_box.config)
    document = json.loads(ran.out)
    assert (document["schema"], document["over"], document["ended"]) == (1, False, None)
    assert document["figures"]["verified_s"] == 5.3
    assert [one["route"] for one in document["reached"]] == ["primary", "secondary"]
    assert document["timeline"][0]["type"] == "probe"


async def test_outages_are_listed_and_counted_from_the_last(lonely_box: Box, hotline: Hotline) -> None:
    story = Story(lonely_box.state_dir)
    story.normal()
    story.trunk_a_dies()
    story.trunk_a_returns()
    story.later(60)
    story.health("node", "node-1", "down", "up")
    ran = await hotline("outage", "--list", "--config", lonely_box.config)
    first, second = ran.out.splitlines()
    assert first.split()[0] == "2"
    assert "3 min 47 s" in first
    assert second.split()[0] == "1"
    assert "still on" in second
    ran = await hotline("outage", "2", "--config", lonely_box.config)
    assert "over after" in ran.out
    ran = await hotline("outage", "3", "--config", lonely_box.config)
    assert (ran.code, ran.err) == (1, "hotline: there are 2 outages in the journal\n")


@pytest.mark.parametrize("number", ["0", "-1", "x"])
async def test_an_outage_is_counted_from_one(lonely_box: Box, hotline: Hotline, number: str) -> None:
    ran = await hotline("outage", number, "--config", lonely_box.config)
    assert ran.code == 2
