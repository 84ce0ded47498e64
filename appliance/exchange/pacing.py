"""Which trunk places the next call, and when: no faster than its operator allows (MISSION K10, B7). Pure.

Operators count calls a second and refuse, or punish, what is above. A trunk with ``cps`` may start
``burst = max(1, floor(cps))`` calls at once, and never more than those in any ``burst / cps`` seconds. A plain token
bucket of the same size would let nearly twice as many through in its first second: the full bucket and what drips in.

Times are monotonic seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CHANNELS_LOOK_S = 0.5  # nobody knows when a channel gets free: look again, and whenever a call ends


@dataclass(frozen=True, slots=True)
class TrunkView:
    """A trunk as it is now. ``channels`` is how many calls it carries at most (``None``: nobody said), ``in_use`` how
    many it does carry, both ways; ``usable`` whether calls may go out there at all (configured, and not down)."""

    name: str
    cps: float
    channels: int | None = None
    in_use: int = 0
    usable: bool = True

    @property
    def burst(self) -> int:
        """How many calls may start at once."""
        return max(1, math.floor(self.cps))


@dataclass(frozen=True, slots=True)
class Pacer:
    """When each trunk's latest calls were started, oldest first; no more of them than its burst."""

    started: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Go:
    """Place the call through this trunk, now: it has been counted."""

    trunk: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again then, or when a call has ended."""

    until: float


@dataclass(frozen=True, slots=True)
class NoTrunk:
    """Waiting does not help."""

    why: str


def take(
    pacer: Pacer, trunks: Sequence[TrunkView], now: float, avoid: frozenset[str] = frozenset()
) -> tuple[Pacer, Go | Wait | NoTrunk]:
    """Start one call, or say when to ask again. ``avoid``: trunks that refused this very call before.

    Calls go where one may start first; among trunks that are free now, where most may still start.
    """
    if not trunks:
        return pacer, NoTrunk("no trunk places calls")
    usable = [trunk for trunk in trunks if trunk.usable]
    if not usable:
        return pacer, NoTrunk("no trunk is up")
    wanted = [trunk for trunk in usable if trunk.name not in avoid]
    if not wanted:
        return pacer, NoTrunk("every trunk that is up refused the call")
    with_room = [trunk for trunk in wanted if trunk.channels is None or trunk.in_use < trunk.channels]
    if not with_room:
        return pacer, Wait(now + CHANNELS_LOOK_S)
    free_at = {trunk.name: _free_at(pacer, trunk) for trunk in with_room}
    free = [trunk for trunk in with_room if free_at[trunk.name] <= now]
    if not free:
        until = min(free_at.values())
        # a trunk whose channels are all in use may get one free sooner than a slow one its turn
        return pacer, Wait(until if len(with_room) == len(wanted) else min(until, now + CHANNELS_LOOK_S))
    best = min(free, key=lambda trunk: (-_left(pacer, trunk, now), trunk.in_use))  # min keeps the configured order
    started = (*pacer.started.get(best.name, ()), now)[-best.burst :]
    return Pacer({**pacer.started, best.name: started}), Go(best.name)


def _window_s(trunk: TrunkView) -> float:
    return trunk.burst / trunk.cps


def _free_at(pacer: Pacer, trunk: TrunkView) -> float:
    started = pacer.started.get(trunk.name, ())[-trunk.burst :]
    return started[0] + _window_s(trunk) if len(started) == trunk.burst else float("-inf")


def _left(pacer: Pacer, trunk: TrunkView, now: float) -> int:
    within = sum(at + _window_s(trunk) > now for at in pacer.started.get(trunk.name, ())[-trunk.burst :])
    return trunk.burst - within
