"""One customer's call that makes many phones ring: the same for each way of ringing them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from benchmarks.oncall.farside import Seen
from benchmarks.oncall.numbers import caller, ring_all_line
from benchmarks.oncall.site import Site
from benchmarks.oncall.undertest import dial_extension, queue_extension
from benchmarks.rest.procfs import Usage

AFTERMATH_S = 0.5  # rows are written and events read after the last channel has gone; it is paid for too
LINGER_S = 0.3  # phones that ring twice, or ones nobody asked for, would show here


class RingBy(Enum):
    """Who rings the phones."""

    EXCHANGE = "**Hotline's exchange**"
    DIAL = "`Dial(a&b&…)`"
    QUEUE = "`app_queue`, ringall"


@dataclass(frozen=True, slots=True)
class Round:
    """``rang_s``: seconds from the customer's call to each phone's first ringing, rising. Processor seconds are of
    the whole round: until the last channel has gone and the log is written."""

    rang_s: tuple[float, ...]
    asterisk_cpu_s: float
    exchange_cpu_s: float
    strange: int = 0  # rings beyond one a phone
    others: float = 0.0  # the share of the machine that other programs used

    @property
    def calls_a_second(self) -> float:
        """Phones by the time until the last one rang."""
        return len(self.rang_s) / self.rang_s[-1]


class RoundError(Exception):
    """A round in which not every phone rang."""


def dialled(way: RingBy, phones: int) -> str:
    """What the customer dials."""
    match way:
        case RingBy.EXCHANGE:
            return ring_all_line(phones)
        case RingBy.DIAL:
            return dial_extension(phones)
        case RingBy.QUEUE:
            return queue_extension(phones)


def rings(seen: Sequence[Seen]) -> tuple[tuple[float, ...], int]:
    """Seconds from the first call to each phone's first ringing, rising; and how many rings there were beyond."""
    left = next((one.at for one in seen if one.what == "called"), None)
    first: dict[str, float] = {}
    all_rings = [one for one in seen if one.what == "rang"]
    for one in all_rings:
        first.setdefault(one.who, one.at)
    if left is None:
        return (), 0
    return tuple(sorted(at - left for at in first.values())), len(all_rings) - len(first)


async def play(site: Site, way: RingBy, phones: int, within_s: float = 30.0) -> Round:
    """Call, let every phone ring, hang up. Raises :class:`RoundError`."""
    far_side, mark = site.far_side, site.far_side.mark()
    before, look = site.usage(), site.look()
    await far_side.call(dialled(way, phones), caller(1))
    await far_side.seen_until(mark, lambda seen: len(rings(seen)[0]) >= phones, within_s)
    await asyncio.sleep(LINGER_S)
    await far_side.hang_up()
    await site.quiet()
    await asyncio.sleep(AFTERMATH_S)
    after, others = site.usage(), look.share_until(site.look())
    rang_s, strange = rings(far_side.seen(mark))
    if len(rang_s) != phones:
        raise RoundError(f"{way.value}: {len(rang_s)} of {phones} phones rang\n{site.exchange_log()}")
    return Round(rang_s, _cpu_s(before[0], after[0]), _cpu_s(before[1], after[1]), strange, others)


def _cpu_s(before: Usage | None, after: Usage | None) -> float:
    return after.cpu_s - before.cpu_s if before and after else 0.0
