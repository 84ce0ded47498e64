"""Where in the text of a TOML file a key stands.

``tomllib`` keeps no positions. This follows table headers and keys line by line, which is right for files as people
write them; a place that is not found costs only the line number in a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_HEADER = re.compile(r"^\s*(?P<array>\[)?\[\s*(?P<name>[A-Za-z0-9_.\"' -]+?)\s*\](?(array)\])\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*(?P<name>[A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*|\"[^\"]+\"|'[^']+')\s*=")
_STRING_FENCE = re.compile(r'"""|\'\'\'')


def lines_of_keys(text: str) -> Mapping[str, int]:
    """Line numbers, from 1, by key path as mistakes spell it: ``route.0.number``, ``modem``, ``person.1``."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, in_string = "", False
    for number, line in enumerate(text.splitlines(), 1):
        opens = len(_STRING_FENCE.findall(line)) % 2 == 1
        if in_string:
            in_string = not opens
            continue
        in_string = opens
        if header := _HEADER.match(line):
            table = _plain(header["name"])
            *parents, last = table.split(".")
            table = ".".join([*_within(parents, counts), last])
            if header["array"]:
                index = counts.get(table, 0)
                counts[table] = index + 1
                found.setdefault(table, number)
                table = f"{table}.{index}"
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            path = _plain(key["name"])
            found.setdefault(f"{table}.{path}" if table else path, number)
    return found


def line_of(path: str, lines: Mapping[str, int]) -> int | None:
    """The line of ``path``, or of the nearest thing around it that has one."""
    while path:
        if path in lines:
            return lines[path]
        path = path.rpartition(".")[0]
    return None


def _within(parents: list[str], counts: Mapping[str, int]) -> list[str]:
    """A header's parents with the places in arrays that they mean: ``rota`` is the last ``[[rota]]`` so far."""
    found: list[str] = []
    for parent in parents:
        found.append(parent)
        if count := counts.get(".".join(found)):
            found.append(str(count - 1))
    return found


def _plain(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))
