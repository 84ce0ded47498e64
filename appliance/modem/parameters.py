"""Parameter lists of AT commands and answers: ``1,1,"+420777000111",145,,,25`` (ITU-T V.250 §5.4.2). Pure."""

from __future__ import annotations

from collections.abc import Sequence


def split(text: str) -> tuple[str, ...]:
    """The fields of a list; quotes are taken off, an empty field is ``""``, brackets keep their commas.

    An unclosed quote or bracket takes the rest: a garbled line must be readable as far as it goes.
    """
    fields: list[str] = []
    field: list[str] = []
    quoted, depth = False, 0
    for character in text:
        if character == '"':
            quoted = not quoted
        elif quoted:
            field.append(character)
        elif character == "," and depth == 0:
            fields.append("".join(field).strip())
            field.clear()
        else:
            depth = max(0, depth + (character == "(") - (character == ")"))
            field.append(character)
    fields.append("".join(field).strip())
    return tuple(fields)


def after_prefix(line: str, prefix: str) -> tuple[str, ...] | None:
    """The fields of ``line`` behind ``prefix`` (``"+CCFC:"``), or ``None`` where the line has another one."""
    return split(line[len(prefix) :]) if line.startswith(prefix) else None


def number_at(fields: Sequence[str], index: int) -> int | None:
    """The decimal number at ``index``; ``None`` where the field is absent, empty or no number."""
    text = fields[index] if index < len(fields) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def text_at(fields: Sequence[str], index: int) -> str:
    """The text at ``index``; ``""`` where there is none."""
    return fields[index] if index < len(fields) else ""
