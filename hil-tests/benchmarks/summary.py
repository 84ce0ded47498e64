"""A handful of measurements in the words of the figures: the middle one and the worst."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Summary:
    """``count`` measurements; ``middle`` is their median, ``worst`` their largest."""

    count: int
    middle: float
    worst: float

    def words(self, digits: int = 1) -> str:
        """``12.1 / 13.2``: median / worst, or a dash where nothing was measured."""
        return f"{self.middle:.{digits}f} / {self.worst:.{digits}f}" if self.count else "-"


def summary(values: Sequence[float]) -> Summary:
    """The summary of ``values``; of none at all it is not a number."""
    if not values:
        return Summary(0, math.nan, math.nan)
    return Summary(len(values), median(values), max(values))
