"""What people read goes through here, so that it can be translated; English where there is no catalogue."""

from __future__ import annotations

import functools
import gettext


@functools.cache
def _catalogue() -> gettext.NullTranslations:
    return gettext.translation("hotline", fallback=True)


def _(message: str) -> str:
    """The message in the language of the person (``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES``, ``LANG``)."""
    return _catalogue().gettext(message)


def n_(one: str, many: str, count: int) -> str:
    """The message in the right plural for ``count``."""
    return _catalogue().ngettext(one, many, count)
