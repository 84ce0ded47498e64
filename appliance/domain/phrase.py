"""Sentences that can be said again in another language.

A :class:`Phrase` *is* its English text: logs, comparisons and documents take it for what it says. Besides it knows
the template it was made of and what stands in its places, which may be phrases themselves, so that whoever shows it
to a person can say the same in their language. :func:`phrase` and :func:`counted` also mark templates for the
catalogues (``tests/web/messages.py`` finds them), so a template is always written out where it is used.

In a document the text stands as ever; :mod:`appliance.domain.phrase_words` puts the rest beside it. Pure.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

Value = str | int | float
_PLACE = re.compile(r"\{([a-z_]+)\}")
_BRACE = re.compile(r"[{}]")
COUNT = "n"  # the place whose number chooses between one and many
SEPARATORS = ("; ", ", ", "\n")


class Phrase(str):
    """One of three: ``template`` with ``values`` by name; the same with ``many`` beside it, chosen by the number
    ``n``; or ``parts`` joined by a separator, which then is the ``template``."""

    __slots__ = ("many", "parts", "template", "values")
    template: str
    many: str | None
    values: Mapping[str, Value]
    parts: tuple[str, ...]

    def __new__(
        cls, text: str, template: str, many: str | None, values: Mapping[str, Value], parts: tuple[str, ...] = ()
    ) -> Phrase:
        """Only the functions below make one: ``text`` is what the rest says in English."""
        self = super().__new__(cls, text)
        self.template, self.many, self.values, self.parts = template, many, values, parts
        return self

    def __str__(self) -> str:
        return self  # an exception's text, too, stays the phrase it was given

    def __reduce__(self) -> tuple[object, ...]:
        return Phrase, (str.__str__(self), self.template, self.many, self.values, self.parts)

    @property
    def joins(self) -> bool:
        """Whether it is ``parts`` in a row."""
        return bool(self.parts)


def phrase(template: str, /, **values: Value) -> Phrase:
    """The sentence with ``values`` in the places of its template, ``{name}`` each."""
    return Phrase(template.format_map(values), template, None, values)


def counted(one: str, many: str, /, n: int, **values: Value) -> Phrase:
    """As :func:`phrase`, in the right plural for ``n``, which is a value as well."""
    known = {COUNT: n, **values}
    return Phrase((one if n == 1 else many).format_map(known), one, many, known)


def joined(separator: str, parts: Iterable[str]) -> str:
    """Sentences in a row. One alone stays what it is; none are an empty text."""
    known = tuple(parts)
    if len(known) < 2:
        return known[0] if known else ""
    return Phrase(separator.join(known), separator, None, {}, known)


def with_and(texts: Iterable[str]) -> str:
    """Texts with an "and" between each two; at least one."""
    return functools.reduce(lambda one, other: phrase("{one} and {other}", one=one, other=other), texts)


def percent(share: float) -> Phrase:
    """A share of one in whole percent."""
    return phrase("{n} %", n=int(f"{share * 100:.0f}"))


def number(value: float) -> Value:
    """A number without a fraction that says nothing: 120 for 120.0."""
    return int(value) if value == int(value) else float(f"{value:g}")


def filled(template: str, values: Mapping[str, Value]) -> str:
    """A template of who knows whom, with its places filled and nothing else: no formats, no attributes. Raises
    ``KeyError`` for a place without a value."""
    return _PLACE.sub(lambda place: str(values[place[1]]), template)


def places(template: str) -> frozenset[str]:
    """The names of its places. Raises ``ValueError`` where braces are anything else."""
    if _BRACE.search(_PLACE.sub("", template)):
        raise ValueError(f"{template!r} has a brace that is no place")
    return frozenset(_PLACE.findall(template))
