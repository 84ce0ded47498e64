"""A scene laid out on paper, lying for a desk and standing for a telephone: boxes and lines, in SVG's units. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.web.scene import Scene, Stop, Way

BOX_W, BOX_H, GAP_X, GAP_Y, MARGIN = 158, 66, 36, 18, 10
PHONE_W, PHONE_GAP_X, PHONE_GAP_Y = 344, 10, 34
AROUND = 26  # how far past the others a direct way runs


@dataclass(frozen=True, slots=True)
class Box:
    """A stop on paper."""

    stop: Stop
    x: int
    y: int
    w: int
    h: int

    @property
    def narrow(self) -> bool:
        """Whether there is no room for a sign beside the text."""
        return self.w < 130

    @property
    def left(self) -> int:
        """Where the text begins."""
        return self.x + (10 if self.narrow else 44)

    def fits(self, text: str, size: float) -> str:
        """As much of a text of this size as there is room for; the whole one stands in the title."""
        most = int((self.w - (self.left - self.x) - 6) / (0.62 * size))  # an average character, by and large
        return text if len(text) <= most else text[: most - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Line:
    """A way on paper; ``d`` is SVG's path."""

    d: str
    taken: bool
    direct: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole sheet. What is taken lies on top of what is not."""

    w: int
    h: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    name: str


def lying(scene: Scene) -> Drawing:
    """From left to right."""
    rows = max(len(column) for column in scene.columns)
    inner = rows * BOX_H + (rows - 1) * GAP_Y
    boxes: dict[tuple[int, int], Box] = {}
    for at, column in enumerate(scene.columns):
        own = len(column) * BOX_H + (len(column) - 1) * GAP_Y
        for place, stop in enumerate(column):
            x = MARGIN + at * (BOX_W + GAP_X)
            y = MARGIN + (inner - own) // 2 + place * (BOX_H + GAP_Y)
            boxes[at, place] = Box(stop, x, y, BOX_W, BOX_H)
    direct = any(way.direct for way in scene.ways)
    height = 2 * MARGIN + inner + (AROUND if direct else 0)
    width = 2 * MARGIN + len(scene.columns) * BOX_W + (len(scene.columns) - 1) * GAP_X
    lines = [_lying_line(way, boxes, height) for way in scene.ways]
    return Drawing(width, height, tuple(boxes.values()), _sorted(lines), "lying")


def standing(scene: Scene) -> Drawing:
    """From top to bottom, for 360 pixels."""
    direct = any(way.direct for way in scene.ways)
    width = PHONE_W - 2 - (AROUND if direct else 0)
    boxes: dict[tuple[int, int], Box] = {}
    y = MARGIN
    for at, column in enumerate(scene.columns):
        per_row = len(column) if len(column) <= 3 else 2
        room = (width - (per_row - 1) * PHONE_GAP_X) // per_row
        w = min(room, 220)
        for place, stop in enumerate(column):
            row, in_row = divmod(place, per_row)
            count = min(per_row, len(column) - row * per_row)
            left = (width - count * w - (count - 1) * PHONE_GAP_X) // 2
            boxes[at, place] = Box(
                stop, 1 + left + in_row * (w + PHONE_GAP_X), y + row * (BOX_H + PHONE_GAP_X), w, BOX_H
            )
        rows = -(-len(column) // per_row)
        y += rows * BOX_H + (rows - 1) * PHONE_GAP_X + PHONE_GAP_Y
    # what stands in a second row is reached from the first: a line would run through the boxes between
    ways = [way for way in scene.ways if way.direct or boxes[way.end].y == boxes[way.end[0], 0].y]
    lines = [_standing_line(way, boxes) for way in ways]
    return Drawing(PHONE_W, y - PHONE_GAP_Y + MARGIN, tuple(boxes.values()), _sorted(lines), "standing")


def _lying_line(way: Way, boxes: dict[tuple[int, int], Box], height: int) -> Line:
    start, end = boxes[way.start], boxes[way.end]
    x1, y1, x2, y2 = start.x + start.w, start.y + start.h // 2, end.x - 4, end.y + end.h // 2
    if way.direct:
        x1, y1, low = start.x + start.w // 2, start.y + start.h, height - MARGIN
        d = f"M{x1} {y1}V{low - 14}Q{x1} {low} {x1 + 14} {low}H{x2 - 32}Q{x2 - 18} {low} {x2 - 18} {low - 14}"
        d += f"V{y2 + 10}Q{x2 - 18} {y2} {x2} {y2}"
    else:
        middle = (x1 + x2) // 2
        d = f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
    return Line(d, way.taken, way.direct)


def _standing_line(way: Way, boxes: dict[tuple[int, int], Box]) -> Line:
    start, end = boxes[way.start], boxes[way.end]
    x1, y1, x2, y2 = start.x + start.w // 2, start.y + start.h, end.x + end.w // 2, end.y - 4
    if way.direct:
        right = PHONE_W - 6
        x1, y1, x2, y2 = start.x + start.w, start.y + start.h // 2, end.x + end.w + 4, end.y + end.h // 2
        d = f"M{x1} {y1}H{right - 12}Q{right} {y1} {right} {y1 + 12}V{y2 - 12}Q{right} {y2} {right - 12} {y2}H{x2}"
    else:
        middle = (y1 + y2) // 2
        d = f"M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}"
    return Line(d, way.taken, way.direct)


def _sorted(lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: line.taken))
