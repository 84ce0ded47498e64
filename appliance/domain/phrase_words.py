"""Phrases in documents: what stands beside a text, so that a reader can say it in another language.

Beside a text under the key ``K`` stands ``K_words``, a list:

- ``[template, {place: value}]``, or ``[template]`` where it has no places
- ``[one, many, {"n": 3, ...}]``: the two forms of a sentence that counts
- ``["; ", [value, value]]``: sentences in a row

A value is a text, a number, or such a list again. Beside a list of texts stands a list, ``null`` for those without.

Two kinds of text need nothing beside them, because they tell it themselves: sentences without places, which are
looked up as they are, and those of :data:`PLAIN`, which what works well says all day. So a box at rest tells no byte
more than before.

Nothing is believed of such a list but what says, put together in English, exactly the text beside it. Whoever writes
documents can so show nothing that the text does not say, and what cannot be read leaves the text. Pure.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from typing import Any

from appliance.domain.phrase import COUNT, SEPARATORS, Phrase, Value, counted, filled, joined, phrase, places

SUFFIX = "_words"
DEEPEST = 12
MOST_PIECES = 1000
LONGEST = 16_000  # characters of the text
LARGEST_NUMBER = 10**15
LONGEST_PLAIN = 300

# the sentences of a healthy box: no document tells more than the text of one of them, or of several after commas
PLAIN: tuple[tuple[str, str | None], ...] = (
    ("answered: {detail}", None),
    ("{n} answer in a row; last: {detail}", "{n} answers in a row; last: {detail}"),
    ("{trunk} is up", None),
    ("the box's own exchange is up", None),
    ("{up} of {total} nodes up", None),
    ("registered", None),
    ("no answer in {s} s", None),
)
_SHAPES = {
    COUNT: r"[0-9]{1,9}",
    "up": r"[0-9]{1,9}",
    "total": r"[0-9]{1,9}",
    "trunk": r"[^\s,;:]{1,64}",
    "s": r"[0-9]{1,6}(?:\.[0-9]{1,6})?",
    "detail": r".+",
}
_NUMBERS = (COUNT, "up", "total", "s")
_WITHOUT_PLACES = frozenset(one for one, _ in PLAIN if "{" not in one)


def with_words(document: Any) -> Any:
    """The document with ``K_words`` beside each phrase under a key ``K``; itself where there is nothing to add."""
    if isinstance(document, dict):
        changed: dict[Any, Any] = {}
        for key, value in document.items():
            told = with_words(value)
            if told is not value:
                changed[key] = told
            if (words := _beside(value)) is not None:
                changed[f"{key}{SUFFIX}"] = words
        return {**document, **changed} if changed else document
    if isinstance(document, (list, tuple)):
        told_all = [with_words(one) for one in document]
        return told_all if any(told is not one for told, one in zip(told_all, document, strict=True)) else document
    return document


def text_of(document: Mapping[str, Any], key: str) -> str:
    """The text under ``key``, empty where there is none; a phrase where what stands beside it says the same."""
    return _read(document.get(key), document.get(f"{key}{SUFFIX}"))


def texts_of(document: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """As :func:`text_of` for a list of texts."""
    found, words = document.get(key), document.get(f"{key}{SUFFIX}")
    texts = found if isinstance(found, list) else []
    beside = words if isinstance(words, list) and len(words) == len(texts) else [None] * len(texts)
    return tuple(_read(text, one) for text, one in zip(texts, beside, strict=True) if isinstance(text, str))


def words_of(text: str) -> list[Any] | None:
    """What stands beside the text; ``None`` where it tells it all itself, or it would be too much."""
    if not isinstance(text, Phrase) or len(text) > LONGEST:
        return None
    if not text.values and not text.parts:
        return None
    plain = recognised(text)
    try:
        words = _words(text, _Budget(), 0)
    except _TooMuchError:
        return None
    return None if plain is not None and _words(plain, _Budget(), 0) == words else words


def recognised(text: str) -> Phrase | None:
    """The phrase that a text of :data:`PLAIN` must have been; ``None`` for any other."""
    if len(text) > LONGEST_PLAIN:
        return None
    if (found := _plain(text)) is not None:
        return found
    parts = [_plain(part) for part in text.split(", ")]
    known = [part for part in parts if part is not None]
    row = joined(", ", known) if len(known) == len(parts) > 1 else None
    return row if isinstance(row, Phrase) else None


class _TooMuchError(Exception):
    """More than a reader takes."""


class _Budget:
    """So many pieces a reader takes."""

    def __init__(self) -> None:
        self._left = MOST_PIECES

    def spend(self, depth: int) -> None:
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            raise _TooMuchError


def _beside(value: Any) -> list[Any] | None:
    if isinstance(value, Phrase):
        return words_of(value)
    if isinstance(value, (list, tuple)) and any(isinstance(one, Phrase) for one in value):
        listed = [words_of(one) if isinstance(one, Phrase) else None for one in value]
        return listed if any(one is not None for one in listed) else None
    return None


def _words(text: Phrase, budget: _Budget, depth: int) -> list[Any]:
    budget.spend(depth)
    if text.joins:
        return [text.template, [_value(part, budget, depth) for part in text.parts]]
    forms = [text.template] if text.many is None else [text.template, text.many]
    values = {name: _value(value, budget, depth) for name, value in text.values.items()}
    return [*forms, values] if values else forms


def _value(value: Value, budget: _Budget, depth: int) -> Any:
    if isinstance(value, Phrase):
        return _words(value, budget, depth + 1)
    budget.spend(depth)
    return value


def _read(text: Any, words: Any) -> str:
    if not isinstance(text, str):
        return ""
    if words is None:
        return recognised(text) or text
    if len(text) > LONGEST or not isinstance(words, list):
        return text
    try:
        made = _phrase(words, _Budget(), 0)
    except (_TooMuchError, KeyError, ValueError, TypeError):
        return text
    return made if made == text else text


def _phrase(words: list[Any], budget: _Budget, depth: int) -> Phrase:
    """Raises ``_TooMuchError``, ``KeyError``, ``ValueError`` or ``TypeError`` where it is none."""
    budget.spend(depth)
    match words:
        case [str(separator), list(parts)] if separator in SEPARATORS and len(parts) > 1:
            texts = tuple(_value_of(part, budget, depth) for part in parts)
            known = tuple(part for part in texts if isinstance(part, str))
            if len(known) == len(texts):
                return Phrase(separator.join(known), separator, None, {}, known)
        case [str(template)]:
            return _whole(template, None, {})
        case [str(template), dict(values)]:
            return _whole(template, None, _values_of(values, budget, depth))
        case [str(one), str(many), dict(values)]:
            return _whole(one, many, _values_of(values, budget, depth))
    raise ValueError("no phrase")


def _whole(template: str, many: str | None, values: dict[str, Value]) -> Phrase:
    named = places(template) | (places(many) if many is not None else frozenset())
    if named != values.keys():
        raise ValueError("places and values differ")
    if many is None:
        return Phrase(filled(template, values), template, None, values)
    count = values[COUNT]
    if not isinstance(count, int):
        raise TypeError("a count is a whole number")
    return Phrase(filled(template if count == 1 else many, values), template, many, values)


def _values_of(values: dict[Any, Any], budget: _Budget, depth: int) -> dict[str, Value]:
    return {str(name): _value_of(value, budget, depth) for name, value in values.items()}


def _value_of(value: Any, budget: _Budget, depth: int) -> Value:
    if isinstance(value, list):
        return _phrase(value, budget, depth + 1)
    budget.spend(depth)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("neither a text nor a number")
    if abs(value) > LARGEST_NUMBER or not math.isfinite(value):
        raise ValueError("no number of ours")
    return value


def _plain(text: str) -> Phrase | None:
    for (one, many), patterns in zip(PLAIN, _patterns(), strict=True):
        for pattern in patterns:
            if (match := pattern.fullmatch(text)) is None:
                continue
            values = {name: _plain_value(name, part) for name, part in match.groupdict().items()}
            made = phrase(one, **values) if many is None else _counted(one, many, values)
            if made == text:
                return made
    return None


def _plain_value(name: str, part: str) -> Value:
    if name in _NUMBERS:
        return float(part) if "." in part else int(part)
    return phrase(part) if part in _WITHOUT_PLACES else part


def _counted(one: str, many: str, values: dict[str, Value]) -> Phrase:
    n = values.pop(COUNT)
    return counted(one, many, int(n), **values)


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], ...], ...]:
    return tuple(tuple(_pattern(form) for form in forms if form is not None) for forms in PLAIN)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{([a-z_]+)\}", template)
    spelt = [f"(?P<{part}>{_SHAPES[part]})" if place % 2 else re.escape(part) for place, part in enumerate(parts)]
    return re.compile("".join(spelt))
