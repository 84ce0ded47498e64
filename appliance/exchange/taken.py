"""Where a call stood that is taken up after a crash, as it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.exchange.call import Leg
from appliance.exchange.talk import Interrupted


@dataclass(frozen=True, slots=True)
class TakenUp:
    """``legs`` ring, by member and number, ``since`` when each member does (the exchange's clock); ``talking`` talks;
    ``alone``: the talk is over, and the caller does not know it yet; ``interrupted``: ``talking`` was transferring.
    """

    legs: Mapping[str, Mapping[str, Leg]] = field(default_factory=dict)
    since: Mapping[str, float] = field(default_factory=dict)
    talking: Leg | None = None
    alone: bool = False
    interrupted: Interrupted | None = None
