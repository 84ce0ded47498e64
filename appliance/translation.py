"""What people read goes through here, so that it can be translated; English where there is no catalogue.

The command line speaks the language of its terminal, the pages that of whoever looks: a catalogue is chosen for the
task that runs (:func:`speaking`), so that one sentence is written once for both.
"""

from __future__ import annotations

import functools
import gettext
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Numbers = Callable[[float, int | None], str]  # a number, and with how many decimals

_chosen: ContextVar[gettext.NullTranslations | None] = ContextVar("catalogue", default=None)
_numbers: ContextVar[Numbers | None] = ContextVar("numbers", default=None)


class Untranslated(str):
    """A message that the catalogue does not have."""

    __slots__ = ()


class Telling(gettext.NullTranslations):
    """The fallback of a catalogue that tells what it does not have."""

    def gettext(self, message: str) -> str:
        """As it stands, and marked."""
        return Untranslated(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """As it stands, and marked."""
        return Untranslated(msgid1 if n == 1 else msgid2)


@functools.cache
def _of_the_terminal() -> gettext.NullTranslations:
    """By ``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES``, ``LANG``."""
    return gettext.translation("hotline", fallback=True)


@contextmanager
def speaking(catalogue: gettext.NullTranslations, numbers: Numbers | None = None) -> Iterator[None]:
    """Let all that this task says within the block be in the language of ``catalogue``, with its ``numbers``."""
    token, other = _chosen.set(catalogue), _numbers.set(numbers)
    try:
        yield
    finally:
        _numbers.reset(other)
        _chosen.reset(token)


def _(message: str) -> str:
    """The message in the language of the person."""
    return (_chosen.get() or _of_the_terminal()).gettext(message)


def n_(one: str, many: str, count: int) -> str:
    """The message in the right plural for ``count``."""
    return (_chosen.get() or _of_the_terminal()).ngettext(one, many, count)


def known(message: str) -> str | None:
    """As :func:`_`; ``None`` where a catalogue is chosen that does not have it."""
    said = _(message) if message else message  # a catalogue's first entry, its head, is under the empty text
    return None if isinstance(said, Untranslated) else said


def known_plural(one: str, many: str, count: int) -> str | None:
    """As :func:`n_`; ``None`` where a catalogue is chosen that does not have it."""
    said = n_(one, many, count)
    return None if isinstance(said, Untranslated) else said


def number(value: float) -> str:
    """The number as the person reads it, with the decimals it was given."""
    write = _numbers.get()
    if write is None:
        return str(value)
    return write(value, None if isinstance(value, int) else len(str(value).partition(".")[2]))


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message that is translated later, where it is shown."""
    return message
