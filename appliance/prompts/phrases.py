"""The texts, one file for each language: all have the same prompts with the same placeholders."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from appliance.domain.prompts import PROMPTS
from appliance.domain.templates import placeholders

DEFAULT = "en"
_WORD_KEYS = frozenset(
    {"digits", "signs", "gender", "minute", "hour", "days", "months", "time", "full_hour", "moment"}
)
_MAY = frozenset({"clock", "halves", "minute_zero"})
_LENGTHS = {"digits": 10, "days": 31, "months": 12, "clock": 24, "halves": 2}


@dataclass(frozen=True, slots=True)
class Words:
    """How values are said. ``minute`` and ``hour`` are by plural category of CLDR, ``gender`` is of those nouns.

    ``time``, ``full_hour`` and ``moment`` are patterns: see :mod:`appliance.prompts.grammar`.
    """

    digits: tuple[str, ...]
    signs: Mapping[str, str]
    gender: Mapping[str, str]
    minute: Mapping[str, str]
    hour: Mapping[str, str]
    days: tuple[str, ...]
    months: tuple[str, ...]
    time: str
    full_hour: str
    moment: str
    clock: tuple[str, ...] = ()
    halves: tuple[str, ...] = ()
    minute_zero: str = ""


@dataclass(frozen=True, slots=True)
class Texts:
    """One language. ``say`` is by prompt; ``recorded`` the sounds of Asterisk's packages that say the same."""

    language: str
    words: Words
    say: Mapping[str, str]
    recorded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def languages() -> tuple[str, ...]:
    """The languages there are texts in."""
    names = (file.name for file in resources.files(__package__).joinpath("texts").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@functools.cache
def texts(language: str) -> Texts:
    """The texts of a language; the default one's where there are none. Raises ``ValueError`` for a bad file."""
    if language not in languages():
        return texts(DEFAULT)
    file = resources.files(__package__).joinpath("texts", f"{language}.toml")
    return read(language, tomllib.loads(file.read_text("utf-8")))


def read(language: str, document: Mapping[str, Any]) -> Texts:
    """What a file says. Raises ``ValueError`` where it lacks something, or has something nobody knows."""
    words, say, recorded = (dict(document.get(part, {})) for part in ("words", "say", "recorded"))
    if odd := {*document} - {"words", "say", "recorded"}:
        raise ValueError(f"{language}: {', '.join(sorted(odd))} is not known")
    if not _WORD_KEYS <= words.keys() <= _WORD_KEYS | _MAY:
        raise ValueError(f"{language}: words differ in {', '.join(sorted(words.keys() ^ _WORD_KEYS - _MAY))}")
    for key, length in _LENGTHS.items():
        if key in words:
            words[key] = tuple(map(str, words[key]))
            if len(words[key]) != length:
                raise ValueError(f"{language}: words.{key} must have {length} entries")
    for name, values in PROMPTS.items():
        if not isinstance(say.get(name), str) or placeholders(say[name]) != tuple(values):
            raise ValueError(f"{language}: {name} must have the placeholders {', '.join(values) or 'none'}, in order")
        sounds = [part.strip("{}") for part in recorded.get(name, ()) if part.startswith("{")]
        if name in recorded and sounds != [*values]:
            raise ValueError(f"{language}: recorded.{name} must have the values {', '.join(values) or 'none'}")
    if odd := {*say, *recorded} - PROMPTS.keys():
        raise ValueError(f"{language}: {', '.join(sorted(odd))} is no prompt")
    return Texts(language, Words(**words), say, {name: tuple(sounds) for name, sounds in recorded.items()})
