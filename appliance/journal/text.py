"""JSON as the database keeps it: never refuses a value, never lets one in that SQLite or a reader would choke on.

Phrases have their words beside them (:mod:`appliance.domain.phrase_words`)."""

from __future__ import annotations

import json
from typing import Any

from appliance.domain.phrase_words import with_words


def to_text(value: Any, most_bytes: int | None = None) -> str:
    """``value`` as ASCII JSON; what JSON has no word for is spelt out, what is too large is told by its size.

    The journal must not fail because of what it is asked to write down, so there is no error to raise.
    """
    try:
        text = json.dumps(with_words(value), allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        text = _spelt_out(value)
    if most_bytes is not None and len(text) > most_bytes:
        return json.dumps({"too_large": {"bytes": len(text), "begins": text[:200]}})
    return text


def _spelt_out(value: Any) -> str:
    try:
        # the round trip through the lenient writer turns NaN and infinities into strings
        lenient = json.dumps(with_words(value), default=str)
        return json.dumps(json.loads(lenient, parse_constant=str), separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return json.dumps({"unreadable": type(value).__name__})


def from_text(text: str | None) -> Any:
    """The value again; ``None`` where there is none, or where the text has suffered."""
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None


def storable(text: str) -> str:
    """``text`` without lone surrogates, which UTF-8 cannot spell and SQLite therefore refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")
