"""A side of a recording ends: because the call does, or while it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from appliance.exchange import recorder as recorders
from appliance.exchange.recorder import Recorder
from appliance.exchange.world import World
from appliance.recordings.entry import Recording, State
from appliance.recordings.keeper import Keeper

RECORDING = Recording("hl-call.wav", "call", "2026-11-30T12:00:00.000Z", 1, "", State.RECORDING)


class Channels:
    """``there``: whether the call is there still, each time somebody asks; its side's channel is not."""

    def __init__(self, there: Iterator[bool]) -> None:
        self._there = there
        self.snooped = 0

    async def exists(self, channel: str) -> bool:
        return channel == RECORDING.call and next(self._there)

    async def snoop(self, tapped: str, channel: str, spy: str) -> None:
        self.snooped += 1

    async def set(self, channel: str, name: str, value: str) -> None: ...

    async def go_on(self, channel: str, context: str) -> None: ...


@pytest.mark.parametrize(
    ("there", "state"),
    [([False], State.WHOLE), ([True, False], State.WHOLE), ([True, True, False], State.INCOMPLETE)],
    ids=["the call was gone", "the call was just going", "the call went on"],
)
async def test_only_what_ends_before_its_call_is_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[bool], state: State
) -> None:
    monkeypatch.setattr(recorders, "LOOK_AGAIN_S", 0.0)
    monkeypatch.setattr(recorders, "STARTS_WITHIN_S", 0.0)
    changes: list[tuple[State, str]] = []

    async def change(name: str, state: State, reason: str, frames: int) -> None:
        changes.append((state, reason))

    async def append(type_: str, data: Mapping[str, Any]) -> None: ...

    async def finish(name: str) -> int:
        return 8000

    async def expect(name: str, side: int) -> str:
        return "id"

    keeper = SimpleNamespace(book=SimpleNamespace(change=change))
    recorder = Recorder(cast(Keeper, keeper), tmp_path, append)
    channels = Channels(iter([*there, False, False, False]))
    loop = asyncio.get_running_loop()
    switch = SimpleNamespace(own=lambda *_: None, disown=lambda *_: None)
    world = SimpleNamespace(channels=channels, now=loop.time, switch=switch, end=lambda *_: None)
    recorder._world = cast(World, world)
    monkeypatch.setattr(recorder, "scribe", SimpleNamespace(finish=finish, expect=expect, address="127.0.0.1:1"))
    running = recorders._Running(RECORDING, {0: "call-rec1-both"}, made=1)
    recorder._running[RECORDING.name] = running
    await recorder._side_lost(running, 0)
    if state is State.INCOMPLETE:
        assert channels.snooped == 1
        await recorder._side_lost(running, 0)
    assert [one for one, _ in changes] == [state]
