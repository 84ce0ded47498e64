"""A button that was held while the box was switched on. Pure.

Nobody saw its edge, so it is no press as others are: 15 s on it and then a hand that lets go mean that the network's
set-up is to be forgotten. A button that is stuck is never let go, and means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

RESET_S = 15.0
STUCK_S = 60.0
STARTING_S = 180.0


@dataclass(frozen=True, slots=True)
class StartHold:
    """Since when the button is known to be down, in monotonic seconds."""

    since: float
    reset_s: float = RESET_S
    stuck_s: float = STUCK_S

    @property
    def due_at(self) -> float:
        """From here on letting go counts."""
        return self.since + self.reset_s

    @property
    def stuck_at(self) -> float:
        """From here on it does not any more."""
        return self.since + self.stuck_s

    def meant(self, released_at: float) -> bool:
        """Whether letting go at this moment asks for the reset."""
        return self.due_at <= released_at < self.stuck_at


def starting(up_s: float) -> bool:
    """Whether the box was switched on just now; a guard that is started again later finds no such hold."""
    return up_s < STARTING_S
