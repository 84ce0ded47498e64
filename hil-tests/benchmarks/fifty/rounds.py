"""Many calls at once, each with a caller and a phone that speak and listen; looked at while all of them last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from benchmarks.fifty.ears import Ears, End
from benchmarks.fifty.sound import (
    CODES,
    CYCLE_FRAMES,
    FRAME_S,
    LATEST_S,
    Way,
    beginnings,
    code_of,
    samples_of,
    tones_in,
    way,
)
from benchmarks.oncall.numbers import ANSWERING_LINE, answering_phone, caller
from benchmarks.oncall.site import Site
from benchmarks.oncall.undertest import mix_extension
from benchmarks.rest.procfs import Usage

MOST_CALLS = len(CODES) // 2
CONNECTED_WITHIN_S = 30.0
SETTLING_S = 3.0
AFTERMATH_S = 2.0  # notices and rows of ended calls are written
IDENTIFY_S = 2.2 * CYCLE_FRAMES * FRAME_S  # two whole bursts


class Through(Enum):
    """What lies between the two ends."""

    EXCHANGE = "**Hotline's exchange**, recording"
    DIAL = "`Dial()` with `MixMonitor()`"
    NOTHING = "no Asterisk between"


@dataclass(frozen=True, slots=True)
class Pair:
    """A caller and the phone that it turned out to talk with, by what both heard; ``None``: not both ways."""

    caller: int
    phone: int | None
    caller_to_phone: Way | None = None
    phone_to_caller: Way | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What a process used while all calls lasted: shares of one core, and memory before and during, in bytes."""

    cpu_share: float
    resident_before: int
    resident: int


@dataclass(frozen=True, slots=True)
class Round:
    """One round of calls. ``connected_s``: until the last of them talked. Unix seconds as the far side saw them:
    ``picked_up_at`` of each phone, by its number; ``connected_at`` and ``ended_at`` of each caller, by its number."""

    began: datetime
    connected_s: float
    pairs: tuple[Pair, ...]
    asterisk: Load
    exchange: Load | None
    picked_up_at: Mapping[int, float]
    connected_at: Mapping[int, float]
    ended_at: Mapping[int, float]
    others: float = 0.0  # the share of the machine that other programs used


class RoundError(Exception):
    """A round in which not every call was connected."""


def tones_of(number: str) -> tuple[int, int]:
    """Each end's own pair of tones; no caller has a phone's, so that nobody takes an echo for the other side."""
    index = int(number[-5:])
    return code_of(index if number == caller(index) else index + MOST_CALLS)


async def play(site: Site, ears: Ears, through: Through, calls: int, measuring_s: float) -> Round:
    """Place all calls at once, look while they last, let the callers hang up. Raises :class:`RoundError`."""
    ears.forget()
    loop, began = asyncio.get_running_loop(), datetime.now(UTC)
    at_rest, began_at, to_unix = site.usage(), loop.time(), time.time() - loop.time()
    for index in range(1, calls + 1):
        await site.far_side.talk(_dialled(through, index), caller(index), through=through is not Through.NOTHING)
    connected = await ears.all_here(2 * calls, CONNECTED_WITHIN_S)
    if not connected:
        here = sorted(end.number for end in ears.talking())
        ears.hang_up()
        raise RoundError(f"{through.value}: {len(here)} of {2 * calls} ends were connected\n{site.exchange_log()}")
    connected_s = max(end.since for end in ears.talking()) - began_at
    await asyncio.sleep(SETTLING_S)
    start, before, look = loop.time(), site.usage(), site.look()
    await asyncio.sleep(measuring_s)
    until, after, others = loop.time(), site.usage(), look.share_until(site.look())
    await asyncio.sleep(LATEST_S)
    ears.hang_up([caller(index) for index in range(1, calls + 1)])
    await site.quiet()
    await asyncio.sleep(AFTERMATH_S)
    pairs = await asyncio.to_thread(pair_up, ears.ends, calls, start, until)
    phones = {index: ears.ends[answering_phone(index)] for index in range(1, calls + 1)}
    callers = {index: ears.ends[caller(index)] for index in range(1, calls + 1)}
    return Round(
        began,
        connected_s,
        pairs,
        _load(at_rest[0], before[0], after[0], until - start),
        _load(at_rest[1], before[1], after[1], until - start) if at_rest[1] and before[1] and after[1] else None,
        {index: end.since + to_unix for index, end in phones.items()},
        {index: end.since + to_unix for index, end in callers.items()},
        {index: end.until + to_unix for index, end in callers.items() if end.until is not None},
        others,
    )


def _dialled(through: Through, index: int) -> str:
    match through:
        case Through.EXCHANGE:
            return ANSWERING_LINE
        case Through.DIAL:
            return mix_extension(index)
        case Through.NOTHING:
            return answering_phone(index)


def _load(at_rest: Usage, before: Usage, after: Usage, lasted_s: float) -> Load:
    return Load((after.cpu_s - before.cpu_s) / lasted_s, at_rest.resident_bytes, after.resident_bytes)


def pair_up(ends: Mapping[str, End], calls: int, start: float, until: float) -> tuple[Pair, ...]:
    """Who talked with whom between ``start`` and ``until``, told by the tones each heard, and how long sound took."""
    phones: dict[tuple[int, ...], int] = {tones_of(answering_phone(index)): index for index in range(1, calls + 1)}
    pairs = []
    for index in range(1, calls + 1):
        here = ends[caller(index)]
        phone = phones.get(_heard(here, start))
        there = ends[answering_phone(phone)] if phone else None
        if phone is None or there is None or _heard(there, start) != tones_of(caller(index)):
            pairs.append(Pair(index, None))
            continue
        pairs.append(Pair(index, phone, _way(here, there, start, until), _way(there, here, start, until)))
    return tuple(pairs)


def _heard(end: End, start: float) -> tuple[int, ...]:
    """The tones, low first; none if the end heard nothing."""
    frames = [frame for frame in end.heard if start <= frame.at < start + IDENTIFY_S]
    return tuple(sorted(tones_in(samples_of(frames))))


def _way(speaker: End, listener: End, start: float, until: float) -> Way:
    said = [at for at in speaker.began if start <= at <= until]
    return way(said, beginnings(listener.heard))


def all_delays_s(rounds: Sequence[Round]) -> list[float]:
    """Every burst of every call, both ways."""
    ways = [one for round_ in rounds for pair in round_.pairs for one in (pair.caller_to_phone, pair.phone_to_caller)]
    return [delay for one in ways if one for delay in one.delays_s]
