"""Whole numbers in words, and which form of a noun goes with them.

The words are num2words'; what it lacks (Czech and Ukrainian genders, Romance ones before a noun) is mended here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping

MOST = 999_999
# what a number ends with when it stands before a noun of that gender; the whole number, or its last word
_WHOLE: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "cs": {"m": {"jedna": "jeden"}, "f": {"dva": "dvě"}, "n": {"jedna": "jedno", "dva": "dvě"}},
    "de": {"m": {"eins": "ein"}, "f": {"eins": "eine"}, "n": {"eins": "ein"}},
    "it": {"m": {"uno": "un"}, "f": {"uno": "una"}},
}
_LAST: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "uk": {"f": {"один": "одна", "два": "дві"}, "n": {"один": "одне"}},
    "ru": {"f": {"один": "одна", "два": "две"}, "n": {"один": "одно"}},
    "fr": {"f": {"un": "une"}},
    "es": {"m": {"uno": "un", "veintiuno": "veintiún"}, "f": {"uno": "una", "veintiuno": "veintiuna"}},
}


_CZECH_HUNDREDS = re.compile(r"(dvě|tři|čtyři|pět|šest|sedm|osm|devět)(stě|sta|set)\b")  # two words, as it is spelt


def cardinal(language: str, number: int, gender: str | None = None) -> str:
    """The number in words; with ``gender`` (m, f, n) as it stands before a noun. Raises ``ValueError``."""
    if not 0 <= number <= MOST:
        raise ValueError(f"{number} is not said: only whole numbers up to {MOST} are")
    words = _counted(language, number)
    if gender is None:
        return words
    whole = _WHOLE.get(language, {}).get(gender, {})
    last = _LAST.get(language, {}).get(gender, {})
    head, blank, tail = words.rpartition(" ")
    return whole.get(words, head + blank + last.get(tail, tail))


@functools.cache
def _counted(language: str, number: int) -> str:
    from num2words import num2words  # half a hundred modules, one for each of its languages

    words = str(num2words(number, lang=language))
    return _CZECH_HUNDREDS.sub(r"\1 \2", words) if language == "cs" else words


def _one_other(number: int) -> str:
    return "one" if number == 1 else "other"


def _french(number: int) -> str:
    return "one" if number in (0, 1) else "other"


def _czech(number: int) -> str:
    return "one" if number == 1 else "few" if 2 <= number <= 4 else "other"


def _east_slavic(number: int) -> str:
    if number % 10 == 1 and number % 100 != 11:
        return "one"
    return "few" if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14 else "other"


_PLURALS: Mapping[str, Callable[[int], str]] = {
    "cs": _czech,
    "fr": _french,
    "ru": _east_slavic,
    "uk": _east_slavic,
}


def plural(language: str, number: int) -> str:
    """The plural category of CLDR; what CLDR calls ``many`` for whole numbers is ``other`` here."""
    return _PLURALS.get(language, _one_other)(number)
