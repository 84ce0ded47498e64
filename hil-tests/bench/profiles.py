"""How quick the box of the bench is: watchdog times and the mobile network's own time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """``watchdog`` are keys of the configuration's section; ``ccfc_s`` is what the network takes for AT+CCFC."""

    watchdog: Mapping[str, float | str]
    ccfc_s: float


PROFILES = {
    # for tests: as quick as a loaded machine of two cores can be trusted with
    "quick": Profile(
        {
            "inter": 0.25,
            "fastinter": 0.1,
            "downinter": 0.25,
            "timeout": 0.5,
            "fall": 3,
            "rise": 3,
            "failback_hold": 1.0,
            "outlast": 0.5,
            "damping_half_life": 1.0,
        },
        0.1,
    ),
    # for eyes: one can follow each step, and nobody has to wait long
    "demo": Profile(
        {
            "inter": 1.0,
            "fastinter": 0.3,
            "downinter": 1.0,
            "timeout": 0.5,
            "fall": 3,
            "rise": 3,
            "failback_hold": 5.0,
            "outlast": 2.0,
            "damping_half_life": 10.0,
        },
        0.7,
    ),
    # what a box gets that sets nothing
    "real": Profile({}, 3.0),
}
