"""Texts with places for values, as translators write them: ``{name}`` and nothing else."""

from __future__ import annotations

import string


def placeholders(text: str) -> tuple[str, ...]:
    """The names in braces, in order. Raises ``ValueError`` for anything but a plain name."""
    names = []
    for _, name, form, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(f"{{{name}}} is no plain placeholder")
        names.append(name)
    return tuple(names)
