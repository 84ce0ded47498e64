"""What the box said in English, in the language of the person: reasons, mistakes, warnings. Pure."""

from __future__ import annotations

from appliance.domain.phrase import COUNT, Phrase, Value, filled
from appliance.translation import known, known_plural, number


def said(text: str) -> str:
    """The text as the person reads it; in English where nobody has said it otherwise."""
    found = translated(text)
    return text if found is None else found


def translated(text: str) -> str | None:
    """The text in the person's language; ``None`` where it can only be told in English, as what a modem, a network or
    a later release says."""
    if not isinstance(text, Phrase):
        return known(text)
    if text.joins:
        parts = [translated(part) if isinstance(part, Phrase) else part for part in text.parts]
        told = [part for part in parts if part is not None]
        return text.template.join(told) if len(told) == len(parts) else None
    values: dict[str, Value] = {}
    for name, value in text.values.items():
        shown = _shown(value)
        if shown is None:
            return None
        values[name] = shown
    count = text.values.get(COUNT)
    if text.many is None or not isinstance(count, int):
        template = known(text.template)
    else:
        template = known_plural(text.template, text.many, count)
    return None if template is None else filled(template, values)


def _shown(value: Value) -> str | None:
    if isinstance(value, Phrase):
        return translated(value)
    return value if isinstance(value, str) else number(value)
