"""The grammar of a command line (ITU-T V.250 §5, 3GPP TS 27.007 §4): pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """How a command was written."""

    EXEC = "exec"
    READ = "read"
    TEST = "test"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a line. ``name`` is upper case with its prefix (``E``, ``&F``, ``+CREG``, ``D``).

    ``args`` are the comma-separated parameters with their quotes taken off, ``None`` for one left out; ``quoted``
    says which had quotes. ``text`` is the command as it was written, for records.
    """

    name: str
    form: Form
    text: str
    args: tuple[str | None, ...] = ()
    quoted: tuple[bool, ...] = ()

    def text_arg(self, index: int) -> str | None:
        """The parameter as text, ``None`` where it is left out."""
        return self.args[index] if index < len(self.args) else None

    def int_arg(self, index: int, default: int | None = None) -> int | None:
        """The parameter as a number. Raises :class:`ParameterError` where it is none."""
        value = self.text_arg(index)
        if value is None:
            return default
        if self.quoted[index] or not re.fullmatch(r"[0-9]{1,6}", value):
            raise ParameterError(self.text)
        return int(value)


class ParameterError(Exception):
    """A parameter of the wrong form."""


class LineError(Exception):
    """A command line outside the grammar."""


_BASIC = re.compile(r"(S[0-9]+=[0-9]+|S[0-9]+\?|&[A-Z][0-9]*|[A-CE-Z][0-9]*)", re.IGNORECASE)
_EXTENDED = re.compile(r"([+^#$*%!][A-Z0-9_]+)(=\?|\?|=)?", re.IGNORECASE)


def parse_line(body: str) -> list[Command]:
    """The commands of a line, ``body`` being what follows ``AT``. Raises :class:`LineError`.

    Extended commands end at a semicolon outside quotes; a dial command takes the rest of the line.
    """
    commands: list[Command] = []
    rest = body.strip()
    while rest:
        if rest[0] in " ;":
            rest = rest[1:]
        elif rest[0] in "Dd":
            commands.append(Command("D", Form.EXEC, rest, (rest[1:].strip(),), (False,)))
            rest = ""
        elif match := _EXTENDED.match(rest):
            end = _end_of_extended(rest)
            commands.append(_extended(match, rest[:end]))
            rest = rest[end:]
        elif match := _BASIC.match(rest):
            commands.append(_basic(match[0]))
            rest = rest[match.end() :]
        else:
            raise LineError(body)
    return commands


def _end_of_extended(text: str) -> int:
    in_quotes = False
    for index, char in enumerate(text):
        if char == '"':
            in_quotes = not in_quotes
        elif char == ";" and not in_quotes:
            return index
    return len(text)


def _extended(match: re.Match[str], text: str) -> Command:
    name, operator = match[1].upper(), match[2]
    tail = text[match.end() :]
    if operator != "=":
        if tail.strip():
            raise LineError(text)
        form = {"=?": Form.TEST, "?": Form.READ, None: Form.EXEC}[operator]
        return Command(name, form, text)
    args, quoted = split_parameters(tail)
    return Command(name, Form.SET, text, args, quoted)


def _basic(text: str) -> Command:
    if text[0] in "Ss" and "=" in text:
        register, value = text.split("=")
        return Command(register.upper(), Form.SET, text, (value,), (False,))
    if text.endswith("?"):
        return Command(text[:-1].upper(), Form.READ, text)
    name = re.match(r"&?[A-Z]", text, re.IGNORECASE)
    assert name is not None
    value = text[name.end() :]
    args = (value,) if value else ()
    return Command(name[0].upper(), Form.EXEC, text, args, (False,) * len(args))


def split_parameters(text: str) -> tuple[tuple[str | None, ...], tuple[bool, ...]]:
    """Split at commas outside quotes; an empty parameter is ``None``. Raises :class:`LineError` for an open quote."""
    parts: list[str] = [""]
    in_quotes = False
    for char in text:
        if char == '"':
            in_quotes = not in_quotes
        if char == "," and not in_quotes:
            parts.append("")
        else:
            parts[-1] += char
    if in_quotes:
        raise LineError(text)
    stripped = [part.strip() for part in parts]
    quoted = tuple(len(part) >= 2 and part[0] == part[-1] == '"' for part in stripped)
    values = (part[1:-1] if is_quoted else part for part, is_quoted in zip(stripped, quoted, strict=True))
    return tuple(
        value if value or is_quoted else None for value, is_quoted in zip(values, quoted, strict=True)
    ), quoted
