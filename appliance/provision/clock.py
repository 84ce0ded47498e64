"""Whether the box's clock is set by the mobile network's time. Pure.

NTP wins: once it has set the clock, the modem says nothing. Nothing sets it before the image was built.
"""

from __future__ import annotations

from dataclasses import dataclass

WORTH_S = 5.0  # the network's time comes in whole seconds, and late
OLD_S = 2 * 3600.0
LATEST_S = 4_102_444_800.0  # 2100: a network that says more is broken


@dataclass(frozen=True, slots=True)
class Told:
    """What the network said (Unix seconds), and when it said so (seconds since the start of the box)."""

    unix_s: float
    boottime_s: float


def new_time(
    told: Told, now_s: float, boottime_s: float, floor_s: float, *, synchronised: bool
) -> tuple[float | None, str]:
    """What the clock is set to, in Unix seconds, or ``None``; and why. ``floor_s`` is when the image was built."""
    age_s = boottime_s - told.boottime_s
    if synchronised:
        return None, "NTP keeps the clock"
    if not 0 <= age_s <= OLD_S:
        return None, "the note is of another start, or old"
    then = told.unix_s + age_s
    if not floor_s <= then < LATEST_S:
        return None, "the mobile network tells a time that cannot be"
    if abs(then - now_s) < WORTH_S:
        return None, "the clock is right"
    return then, "set by the mobile network"
