"""A chart of bars laid out on paper: calls that were answered below, those that were not above. SVG's units. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 12, 24
MOST_LABELS = 13  # beside each other without touching
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """One time of the day, or one day. ``label`` is empty where there is no room for it."""

    x: float
    w: float
    answered_y: float
    answered_h: float
    missed_y: float
    missed_h: float
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across, with its number."""

    y: float
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole sheet."""

    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    w: int = WIDTH
    h: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    base: int = HEIGHT - BOTTOM


def chart(rows: Sequence[tuple[str, str, int, int]]) -> Chart | None:
    """Of ``(label, title, answered, missed)`` each; ``None`` where there is nothing to draw."""
    most = max((answered + missed for _label, _title, answered, missed in rows), default=0)
    if most == 0:
        return None
    top = _round_up(most)
    room = HEIGHT - TOP - BOTTOM
    scale = room / top
    slot = (WIDTH - LEFT - RIGHT) / len(rows)
    gap = min(6.0, slot * 0.25)
    every = -(-len(rows) // MOST_LABELS)
    bars = []
    for index, (label, title, answered, missed) in enumerate(rows):
        base = HEIGHT - BOTTOM
        low, high = answered * scale, missed * scale
        bars.append(
            Bar(
                x=round(LEFT + index * slot + gap / 2, 2),
                w=round(slot - gap, 2),
                answered_y=round(base - low, 2),
                answered_h=round(low, 2),
                missed_y=round(base - low - high, 2),
                missed_h=round(high, 2),
                label=label if index % every == 0 else "",
                title=title,
            )
        )
    return Chart(tuple(bars), tuple(_marks(top, scale)))


def _marks(top: int, scale: float) -> list[Mark]:
    step = top // 2 if top % 2 == 0 else top
    return [Mark(round(HEIGHT - BOTTOM - value * scale, 2), value) for value in range(0, top + 1, max(step, 1))]


def _round_up(most: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    size = 1
    while True:
        for step in STEPS:
            if step * size >= most:
                return step * size
        size *= 10
