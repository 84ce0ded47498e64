"""How quick the box of the bench is: watchdog times and the mobile network's own time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Profile:
    """What is set in the box's configuration, and the mobile network's own time.

    ``watchdog`` and ``modem`` are keys of those sections; ``ccfc_s`` is what the network takes for AT+CCFC.
    """

    watchdog: Mapping[str, float | str]
    ccfc_s: float
    modem: Mapping[str, float | str] = field(default_factory=dict)


PROFILES = {
    # for tests: as quick as a loaded machine of two cores can be trusted with
    "quick": Profile(
        {
            "inter": 0.2,
            "fastinter": 0.1,
            "downinter": 0.2,
            "timeout": 0.8,
            "fall": 3,
            "rise": 3,
            "failback_hold": 2.0,
            "outlast": 4.0,
            "damping_half_life": 1.0,
            "change_budget": 10_000,  # one guard serves many scenarios an hour
        },
        0.1,
        {"ccfc_timeout": 10.0},
    ),
    # for tests in which hardly anything fails: a machine that stands still for seconds moves no calls
    "patient": Profile(
        {
            "inter": 1.0,
            "fastinter": 0.5,
            "downinter": 0.5,
            "timeout": 4.0,
            "fall": 3,
            "rise": 2,
            "failback_hold": 2.0,
            "outlast": 10.0,
            "damping_half_life": 1.0,
            "change_budget": 10_000,
        },
        0.1,
        {"ccfc_timeout": 30.0},
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
