"""A sliding hour: how much may still go out. Pure."""

from __future__ import annotations

from collections import deque
from typing import ClassVar


class Hour:
    """At most ``most`` in any hour. Times are monotonic seconds."""

    LENGTH_S: ClassVar[float] = 3600.0

    def __init__(self, most: int) -> None:
        self.most = most
        self._taken: deque[float] = deque()

    def take(self, now: float) -> None:
        """One has gone out."""
        self._taken.append(now)

    def used(self, now: float) -> int:
        """How many went out in the hour that ends now."""
        while self._taken and self._taken[0] <= now - self.LENGTH_S:
            self._taken.popleft()
        return len(self._taken)

    def free_at(self, now: float) -> float | None:
        """When the next one may go out; ``None``: now."""
        return None if self.used(now) < self.most else self._taken[-self.most] + self.LENGTH_S
