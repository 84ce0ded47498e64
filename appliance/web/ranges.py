"""Which bytes a request asks for (RFC 9110 §14). Pure.

One range is served. What is no byte range, or several at once, is answered with the whole, as §14.2 allows.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

_ONE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*\Z", re.IGNORECASE)
_MOST_DIGITS = 18


class UnsatisfiableError(Exception):
    """Nothing of the whole lies in the range: 416."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``first`` to ``last``, both included, of ``size``."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        """The header's value (§14.4)."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def span_of(header: str | None, size: int) -> Span | None:
    """The part of ``size`` bytes that the header Range asks for; ``None`` for the whole.

    Raises :class:`UnsatisfiableError`."""
    match = _ONE.match(header or "")
    if match is None or match[1] == match[2] == "":
        return None
    first, last = _number(match[1]), _number(match[2])
    if first is None:  # the last so many bytes
        first, last = max(size - (last or 0), 0), size - 1
    elif last is None:
        last = size - 1
    elif last < first:
        return None  # invalid (§14.1.2)
    if first >= size:
        raise UnsatisfiableError
    return Span(first, min(last, size - 1), size)


def _number(digits: str) -> int | None:
    if not digits:
        return None
    return int(digits[-_MOST_DIGITS:]) if len(digits.lstrip("0")) <= _MOST_DIGITS else sys.maxsize


def unsatisfied(size: int) -> str:
    """The header Content-Range of a 416 (§15.5.17)."""
    return f"bytes */{size}"
