"""What people read goes through here, so that it can be translated; English where there is no catalogue.

The command line speaks the language of its terminal, the pages that of whoever looks: a catalogue is chosen for the
task that runs (:func:`speaking`), so that one sentence is written once for both.
"""

from __future__ import annotations

import functools
import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_chosen: ContextVar[gettext.NullTranslations | None] = ContextVar("catalogue", default=None)


@functools.cache
def _of_the_terminal() -> gettext.NullTranslations:
    """By ``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES``, ``LANG``."""
    return gettext.translation("hotline", fallback=True)


@contextmanager
def speaking(catalogue: gettext.NullTranslations) -> Iterator[None]:
    """Let all that this task says within the block be in the language of ``catalogue``."""
    token = _chosen.set(catalogue)
    try:
        yield
    finally:
        _chosen.reset(token)


def _(message: str) -> str:
    """The message in the language of the person."""
    return (_chosen.get() or _of_the_terminal()).gettext(message)


def n_(one: str, many: str, count: int) -> str:
    """The message in the right plural for ``count``."""
    return (_chosen.get() or _of_the_terminal()).ngettext(one, many, count)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message that is translated later, where it is shown."""
    return message
