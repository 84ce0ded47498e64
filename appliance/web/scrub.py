"""Secrets out of what leaves the box: by their names in documents, by their values in texts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

GONE = "(left out)"
_NAMES = re.compile(r"pass|secret|token|hash|credential|private|(^|_)pin($|_)|(^|_)key$|api_?key|cookie|csrf", re.I)
_HARMLESS = re.compile(r"_(file|pin)$", re.I)  # a path, or the number of a pin of the board
_IN_URL = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")
SHORTEST = 4


def scrub_document(value: Any, secrets: Iterable[str] = ()) -> Any:
    """The same JSON with every value of a telling name, and every known secret, replaced."""
    known = _known(secrets)
    return _scrub(value, known)


def scrub_text(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without known secrets, and without passwords in URLs."""
    return _text(text, _known(secrets))


def secrets_of(value: Any) -> set[str]:
    """Every text under a telling name anywhere in a document: what other texts must not hold either."""
    found: set[str] = set()
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if _telling(str(name)) and isinstance(inner, str):
                found.add(inner)
            else:
                found |= secrets_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            found |= secrets_of(inner)
    return found


def _telling(name: str) -> bool:
    return _NAMES.search(name) is not None and _HARMLESS.search(name) is None


def _known(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """The longest first, so that none is left in half; what is as short as a word would tear texts apart."""
    worth = sorted({one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, worth))) if worth else None


def _scrub(value: Any, known: re.Pattern[str] | None) -> Any:
    if isinstance(value, Mapping):
        return {
            _text(str(name), known): GONE if _telling(str(name)) and inner is not None else _scrub(inner, known)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_scrub(inner, known) for inner in value]
    return _text(value, known) if isinstance(value, str) else value


def _text(text: str, known: re.Pattern[str] | None) -> str:
    text = _IN_URL.sub(GONE, text)
    return known.sub(GONE, text) if known is not None else text
