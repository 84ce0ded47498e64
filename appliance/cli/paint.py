"""Colour for plain output. It only underlines: every sign is a word or a mark as well."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TextIO

from appliance.situation.wording import Tone

_CODES = {Tone.GOOD: "32", Tone.BAD: "1;31", Tone.DOUBT: "33"}
MARKS = {"up": "✔", "down": "✖", "unknown": "?"}


@dataclass(frozen=True, slots=True)
class Paint:
    """Wraps text in colours where the stream shows them."""

    colours: bool

    def __call__(self, text: str, tone: Tone) -> str:
        """The text in the colour of its tone."""
        return f"\x1b[{_CODES[tone]}m{text}\x1b[0m" if self.colours and tone in _CODES else text

    def strong(self, text: str) -> str:
        """The text in bold."""
        return f"\x1b[1m{text}\x1b[0m" if self.colours else text


def paint_for(stream: TextIO | None = None) -> Paint:
    """Colours on a terminal, unless ``NO_COLOR`` is set (https://no-color.org)."""
    stream = stream or sys.stdout
    return Paint(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
