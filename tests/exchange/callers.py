"""Customers told apart by their numbers, so that many of them call at once."""

from __future__ import annotations

import asyncio

from appliance.asterisk.events import AriEvent
from appliance.domain.calls import CallRecord
from tests.exchange.rig import Rig


def called(name: int) -> str:
    return f"+4206010{name:05d}"  # as talkers say who they are


async def record_of(world: Rig, name: int) -> CallRecord:
    async with asyncio.timeout(90):
        while True:
            for record in await world.records():
                if record.caller == called(name) and record.ended_at:
                    return record
            await asyncio.sleep(0.05)


def press(world: Rig, name: int, keys: str) -> None:
    world.talkers.call(name).stream.press(keys)


def flood(world: Rig, name: int, keys: str, count: int) -> None:
    """Keys faster than anybody presses them."""
    assert world.hub is not None
    (call,) = (one.call for one in world.hub.reception.sessions.values() if one.call.record.caller == called(name))
    for number in range(count):
        key = {"digit": keys[number % len(keys)], "channel": {"id": call.id}}
        call.inbox.put(AriEvent("ChannelDtmfReceived", call.id, key))
