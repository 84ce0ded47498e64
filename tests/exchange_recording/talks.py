"""Recorded talks between a customer and Anna, and what is heard in their recordings."""

from __future__ import annotations

import asyncio
import contextlib
import math
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from appliance.domain.calls import CallRecord
from appliance.recordings.entry import Recording
from appliance.roster.models import Roster
from bench.hearing import tones_heard
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import HZ, SERVICE, Rig, roster

QUICK = Behaviour(answers_after_s=0.3, says=None, tone_after_s=0.0)
RATE = 8000


def recorded(**line: Any) -> Roster:
    """Calls come to Anna and are recorded."""
    document = roster(members=["anna"]).model_dump(mode="json", by_alias=True)
    document["line"][0] |= {"record": True} | line
    return Roster.model_validate(document)


async def talk(world: Rig) -> tuple[int, CallRecord]:
    """A caller who talks with Anna, and is recorded."""
    world.manners(anna=QUICK)
    name = world.talkers.dial(SERVICE)
    assert await world.talkers.hears(name, "anna", 90)
    return name, await recording_of(world)


async def recording_of(world: Rig) -> CallRecord:
    """The newest call, once its recording has begun to grow."""
    while True:
        for record in await world.records():
            if record.recording is not None and record.ended_at is None:
                found = await world.archive.book.get(record.recording)
                if found is not None and size(world, found) > RATE:
                    return record
        await asyncio.sleep(0.02)


def size(world: Rig, recording: Recording) -> int:
    """Bytes of a recording so far."""
    path = world.archive.keeper.path(recording)
    return path.stat().st_size if path.exists() else 0


def sides_of(path: Path) -> list[Sequence[int]]:
    """The samples of each side."""
    with wave.open(str(path)) as file:
        count = file.getnchannels()
        samples = array("h", file.readframes(file.getnframes()))
    return [samples[side::count] for side in range(count)]


def who(samples: Sequence[int]) -> set[str]:
    """Whose tones are in it; a customer, whichever."""
    heard = tones_heard(samples, HZ.values())
    return {name.partition("-")[0] for name, hz in HZ.items() if hz in heard}


def fill(path: Path) -> None:
    """Take all the room there is on a disk."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def silent_s(samples: Sequence[int]) -> float:
    """The longest silence, in seconds."""
    block, longest, run = RATE // 50, 0, 0
    for start in range(0, len(samples) - block, block):
        loud = math.sqrt(sum(one * one for one in samples[start : start + block]) / block) > 100
        run = 0 if loud else run + 1
        longest = max(longest, run)
    return longest * block / RATE
