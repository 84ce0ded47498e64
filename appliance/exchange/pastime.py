"""What somebody who waits in a queue hears and may do meanwhile: the seam between waiting and everything beside it.

Waiting (:mod:`.queue.turn`) reads the call's one inbox. What is its own it keeps: news of attempts, its turn. All
else comes here, and so does the clock. A pastime never waits for anything itself: it starts what takes time, and is
told.
"""

from __future__ import annotations

from typing import Protocol

from appliance.exchange.call import Item
from appliance.queueing.terms import Left


class Pastime(Protocol):
    """One for one turn of one call."""

    @property
    def hears(self) -> str:
        """What is heard while nothing is said: ``music`` or ``ringing``."""

    @property
    def wakes_at(self) -> float | None:
        """When :meth:`take` is to be called with ``None``, unless something happens before (the exchange's clock)."""

    async def begin(self) -> None:
        """The waiting begins, or goes on after what was taken for an agent was none. Raises ``CallerGoneError``."""

    async def take(self, item: Item | None) -> Left | None:
        """Something happened: an event of the caller's channel (keys, the end of a sound), or the clock. A reason to
        wait no more ends the waiting. Raises ``CallerGoneError``."""

    async def end(self) -> None:
        """The waiting is over: be silent. The caller is connected next, or led elsewhere."""


class Silence:
    """For whoever does not wait on the line, such as a callback."""

    hears = "music"
    wakes_at: float | None = None

    async def begin(self) -> None:
        """Nothing is heard."""

    async def take(self, item: Item | None) -> Left | None:
        """Nothing matters."""
        return None

    async def end(self) -> None:
        """It is silent already."""
