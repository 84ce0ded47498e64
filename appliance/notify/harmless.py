"""What people and networks wrote, fit for one line of a message or header. Pure."""

from __future__ import annotations

import unicodedata

_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NOT_SHOWN = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")


def one_line(text: str, most: int) -> str:
    """``text`` without anything that ends a line, moves others' letters or cannot be sent; at most so long."""
    kept = "".join(
        " " if unicodedata.category(one) in _NOT_SHOWN or one in _BIDI else one for one in text[: 4 * most]
    )
    line = " ".join(kept.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def number_text(text: str) -> str:
    """A caller's number as the network gave it: digits and a plus, or what little is left."""
    digits = "".join(one for one in text if one.isascii() and (one.isdigit() or one in "+*#"))
    return digits[:20]
