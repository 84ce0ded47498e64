"""A roster as a file that people read and edit: TOML, in a stable order, what is left at its default left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from pydantic import BaseModel

from appliance.roster.findings import SECTIONS
from appliance.roster.models import Roster

HEADER = """\
# The roster: who there is, who belongs together, what each number does, and when.
# Edit it, then: hotline roster check FILE, and hotline roster import FILE
# The revision is the one it was exported at; an import is refused when somebody else changed it meanwhile.
# A person's PIN is set with pin = "1234" and kept only as pin_hash. Every key: docs/roster.md
"""
WIDTH = 110


def dump(roster: Roster) -> str:
    """The file's text. Night switches are left out: they are no part of the plan."""
    parts = [HEADER, "\n".join((_line("schema", 1), _line("revision", roster.revision)))]
    parts.append("[duty]\n" + "\n".join(_lines(roster.duty, "duty")))
    for section in SECTIONS:
        for entry in getattr(roster, section):
            parts.append(f"[[{section}]]\n" + "\n".join(_lines(entry, section)))
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _lines(entry: BaseModel, section: str) -> Iterator[str]:
    tables: dict[str, Mapping[str, Any]] = {}
    for key, value in _given(entry):
        if key == "mode":
            continue
        if isinstance(value, Mapping) and key in ("week", "dates"):
            tables[key] = value  # after the plain keys, as TOML wants it
        else:
            yield _line(key, value)
    for key, table in tables.items():
        yield f"\n[{section}.{key}]"
        for name, value in table.items():
            yield _line(name, value)


def _given(entry: BaseModel) -> Iterator[tuple[str, Any]]:
    for name, info in type(entry).model_fields.items():
        value = getattr(entry, name)
        if value is not None and value != info.default:
            yield info.alias or name, _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return dict(_given(value))
    if isinstance(value, Mapping):
        return {key.isoformat() if isinstance(key, date) else str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _line(key: str, value: Any) -> str:
    flat = f"{key} = {_value(value)}"
    if isinstance(value, list) and value and (len(flat) > WIDTH or isinstance(value[0], Mapping)):
        return "\n".join([f"{key} = [", *(f"    {_value(one)}," for one in value), "]"])
    return flat


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, datetime):
        return value.isoformat()
    import tomli_w

    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")
