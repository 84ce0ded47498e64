"""Flap damping after RFC 2439: a part that keeps falling is left alone until it has been quiet for a while. Pure.

Each fall adds to a penalty that decays by half every half-life. A penalty over the suppress threshold makes the part
unusable, however healthy it looks, until the penalty has decayed to the reuse threshold; the ceiling bounds how long
that can be (RFC 2439 §4.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# The proportions are those of the field (1000 a fall, reuse at 750, a ceiling of sixteen times reuse: at most four
# half-lives) but for SUPPRESS: at 1500 a second fall within one half-life suppresses, and a lone one never does.
PENALTY = 1000.0
SUPPRESS = 1500.0
REUSE = 750.0
CEILING = 12_000.0


@dataclass(frozen=True, slots=True)
class DampingSettings:
    """Thresholds in units of penalty; ``half_life_s`` in seconds. Raises ``ValueError`` for what cannot work."""

    half_life_s: float
    penalty: float = PENALTY
    suppress: float = SUPPRESS
    reuse: float = REUSE
    ceiling: float = CEILING

    def __post_init__(self) -> None:
        if not self.half_life_s > 0:
            raise ValueError("the half-life has to be positive")
        if not 0 < self.reuse < self.suppress <= self.ceiling:
            raise ValueError("the thresholds have to rise: 0 < reuse < suppress <= ceiling")
        if not 0 < self.penalty < self.suppress:
            raise ValueError("one fall alone must not suppress: the penalty has to stay below the suppress threshold")


@dataclass(frozen=True, slots=True)
class Damping:
    """The figure of merit of one part: ``penalty`` as it was at ``at`` (monotonic seconds)."""

    penalty: float = 0.0
    at: float = 0.0
    suppressed: bool = False


QUIET = Damping()


def penalty_at(damping: Damping, now: float, settings: DampingSettings) -> float:
    """The penalty, decayed until ``now``."""
    return damping.penalty * math.exp2(-max(0.0, now - damping.at) / settings.half_life_s)


def after_fall(damping: Damping, now: float, settings: DampingSettings) -> Damping:
    """One more fall at ``now``."""
    standing = suppressed_until(damping, now, settings) is not None
    penalty = min(settings.ceiling, penalty_at(damping, now, settings) + settings.penalty)
    return Damping(penalty, now, standing or penalty >= settings.suppress)


def suppressed_until(damping: Damping, now: float, settings: DampingSettings) -> float | None:
    """When the part may be used again (monotonic seconds), or ``None`` when it may be used at ``now``."""
    if not damping.suppressed:
        return None
    until = damping.at + settings.half_life_s * math.log2(damping.penalty / settings.reuse)
    return until if now < until else None
