"""A chart of bars laid out on paper, each of parts that stand on one another. SVG's units. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 200
RIGHT, TOP, BOTTOM = 6, 14, 28
LEAST_LEFT, FIGURE_WIDTH = 40, 12  # room for the numbers beside the lines, large as they are on a telephone
MOST_LABELS, NARROW_LABELS = 13, 7  # beside each other without touching, at a desk and on a telephone
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Row:
    """What one bar tells: ``label`` below it, ``title`` in words, and the height of each part, the lowest first."""

    label: str
    title: str
    parts: tuple[float, ...]

    @property
    def total(self) -> float:
        """How high it is."""
        return sum(self.parts)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bar; ``kind`` is its place among the parts, as every bar of the chart has it."""

    kind: int
    y: float
    h: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One time of the day, or one day. ``label`` is empty where there is no room for it; a ``second`` one has none on
    narrow paper."""

    x: float
    w: float
    parts: tuple[Part, ...]
    label: str
    title: str
    second: bool


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
    left: int
    w: int = WIDTH
    h: int = HEIGHT
    right: int = RIGHT
    base: int = HEIGHT - BOTTOM


def chart(rows: Sequence[Row]) -> Chart | None:
    """The bars of these rows; ``None`` where there is nothing to draw."""
    most = max((row.total for row in rows), default=0)
    if most <= 0:
        return None
    top = _round_up(most)
    left = max(LEAST_LEFT, 10 + FIGURE_WIDTH * (len(str(top)) + (top >= 1000)))
    scale = (HEIGHT - TOP - BOTTOM) / top
    slot = (WIDTH - left - RIGHT) / len(rows)
    gap = min(6.0, slot * 0.25)
    every = -(-len(rows) // MOST_LABELS)
    many = len(rows) > every * NARROW_LABELS
    bars = tuple(
        Bar(
            x=round(left + index * slot + gap / 2, 2),
            w=round(slot - gap, 2),
            parts=_parts(row, scale),
            label=row.label if index % every == 0 else "",
            title=row.title,
            second=many and index // every % 2 == 1,
        )
        for index, row in enumerate(rows)
    )
    return Chart(bars, tuple(_marks(top, scale)), left)


def _parts(row: Row, scale: float) -> tuple[Part, ...]:
    found, low = [], 0.0
    for kind, height in enumerate(row.parts):
        if height > 0:
            found.append(Part(kind, round(HEIGHT - BOTTOM - (low + height) * scale, 2), round(height * scale, 2)))
        low += height
    return tuple(found)


def _marks(top: int, scale: float) -> list[Mark]:
    step = top // 2 if top % 2 == 0 else top
    return [Mark(round(HEIGHT - BOTTOM - value * scale, 2), value) for value in range(0, top + 1, max(step, 1))]


def _round_up(most: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    size = 1
    while True:
        for step in STEPS:
            if step * size >= most:
                return step * size
        size *= 10
