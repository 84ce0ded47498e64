"""Lines of styled text as the live view is built of: titled, joined side by side, cut to the cell. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rich.text import Text

from appliance.situation.wording import Tone

STYLES = {Tone.GOOD: "green", Tone.BAD: "bold red", Tone.DOUBT: "yellow", Tone.PLAIN: ""}
DIM = "dim"
GAP = "   "


def toned(text: str, tone: Tone) -> Text:
    """Text in the colour of its tone."""
    return Text(text, style=STYLES[tone])


def title(text: str, width: int) -> Text:
    """A rule with a title on it."""
    return fitted(Text.assemble(("── ", DIM), (text, "bold"), (" " + "─" * width, DIM)), width, overflow="crop")


def fitted(line: Text, width: int, *, overflow: str = "ellipsis") -> Text:
    """A copy of exactly ``width`` cells."""
    copy = line.copy()
    copy.truncate(width, overflow="crop" if overflow == "crop" else "ellipsis", pad=True)
    return copy


def spread(left: Text, right: Text, width: int) -> Text:
    """Left and right at the two ends; the left gives way."""
    room = max(0, width - right.cell_len - 1)
    return Text.assemble(fitted(left, room), " ", right)


def halves(width: int) -> tuple[int, int]:
    """The widths of two columns."""
    first = (width - len(GAP)) // 2
    return first, width - len(GAP) - first


def beside(left: Sequence[Text], right: Sequence[Text], width: int) -> list[Text]:
    """Two columns, as wide as :func:`halves` says."""
    first, second = halves(width)
    empty = Text("")
    return [
        Text.assemble(fitted(one, first), GAP, fitted(other, second))
        for one, other in zip_longest(left, right, fillvalue=empty)
    ]


def wrapped(pieces: Sequence[Text], joint: Text, width: int) -> list[Text]:
    """Pieces joined on as few lines as hold them, broken only between pieces."""
    rows: list[Text] = []
    for index, piece in enumerate(pieces):
        if index == 0:
            rows.append(piece.copy())
        elif rows[-1].cell_len + joint.cell_len + piece.cell_len <= width:
            rows[-1] = Text.assemble(rows[-1], joint, piece)
        else:
            rows.append(Text.assemble(joint, piece))
    return rows
