"""How often faults may restart the box before it takes things off: four times an hour. Pure.

Without a clock that runs while the power is off, an hour is an hour of running: each start notes how long it lasted.
A restart that somebody asked for is none of these. What is left in the degraded mode is the guard with modem and
network: it still forwards and reports, while what may be the cause (exchange, Asterisk, pages) stays off for an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

MOST = 4
WINDOW_S = 3600.0
REMEMBERED = 12


@dataclass(frozen=True, slots=True)
class Start:
    """One start: how long it is known to have lasted, and whether it was ended in good order."""

    lasted_s: float = 0.0
    orderly: bool = False


def begun(starts: Sequence[Start]) -> tuple[Start, ...]:
    """The box starts."""
    return (*starts, Start())[-REMEMBERED:]


def lasted(starts: Sequence[Start], seconds: float) -> tuple[Start, ...]:
    """The running start has come so far. Beyond the window nothing changes any more: no more writing."""
    return (*starts[:-1], replace(starts[-1], lasted_s=min(seconds, WINDOW_S))) if starts else ()


def ended(starts: Sequence[Start], seconds: float) -> tuple[Start, ...]:
    """Somebody asked for a restart, or for the power to go."""
    return (*starts[:-1], Start(min(seconds, WINDOW_S), orderly=True)) if starts else ()


def degraded(starts: Sequence[Start]) -> bool:
    """Whether the budget is used up: so many starts ended by a fault within an hour of running before now."""
    if not starts:
        return False
    ran_s, faults = starts[-1].lasted_s, 0
    for one in reversed(starts[:-1]):
        if ran_s >= WINDOW_S:
            break
        faults += not one.orderly
        ran_s += one.lasted_s
    return faults >= MOST
