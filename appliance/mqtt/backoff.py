"""How long to wait before connecting again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Doubles from ``first_s`` to ``most_s``; jitter keeps ten thousand boxes from returning in step."""

    first_s: float = 0.5
    most_s: float = 30.0
    chance: Callable[[], float] = random.random
    _next_s: float = 0.0

    def next_s(self) -> float:
        """Seconds to wait now: between half the step and all of it."""
        self._next_s = min(self.most_s, max(self.first_s, self._next_s * 2))
        return self._next_s * (0.5 + 0.5 * self.chance())

    def reset(self) -> None:
        """It worked: the next wait is short again."""
        self._next_s = 0.0
