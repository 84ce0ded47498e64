"""From a payload to a command, or to the reason why it is none. Pure; anything may arrive here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from appliance.domain.commands import Command, CommandError, ErrorCode

MOST_BYTES = 1024 * 1024  # a roster of a thousand people has a quarter of it
LONGEST_ID = 128
LONGEST_NAME = 64

# in a payload too large to be parsed: the id, if only plain values stand before it at the top of the object
_EARLY_ID = re.compile(
    rb'\s*\{\s*(?:"(?!id")[^"\\]{1,64}"\s*:\s*(?:"[^"\\]{0,128}"|-?[0-9.]{1,20}|true|false|null)\s*,\s*){0,8}'
    rb'"id"\s*:\s*"([^"\\]{1,128})"'
)


class _NotOurJsonError(ValueError):
    """What Python's reader takes and JSON does not allow, or leaves open."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """No command: why, and the id to answer under where one could be read."""

    id: str | None
    error: CommandError


def read(payload: bytes, link: str) -> Command | Refusal:
    """Read a command. Every way to be wrong gets a message that says what would be right.

    Keys that are not known here are passed over: adding one is free (CONTRACT).
    """
    if len(payload) > MOST_BYTES:
        return _refuse(_early_id(payload), f"the payload has {len(payload)} bytes; at most {MOST_BYTES} are read")
    try:
        document = json.loads(payload.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        return _refuse(None, f"the payload is not UTF-8 at byte {error.start}")
    except (json.JSONDecodeError, _NotOurJsonError) as error:
        return _refuse(None, f"the payload is not JSON: {error}")
    except ValueError:  # CPython's own limit, sys.get_int_max_str_digits()
        return _refuse(None, "a number in the payload has too many digits")
    except RecursionError:
        return _refuse(None, "the payload is nested too deep")
    if not isinstance(document, dict):
        return _refuse(None, "the payload is not a JSON object")
    id_ = document.get("id")
    if not isinstance(id_, str) or not _is_id(id_):
        return _refuse(None, f"id must be a string of 1 to {LONGEST_ID} printable characters")
    return _read_rest(document, id_, link)


def _read_rest(document: dict[str, Any], id_: str, link: str) -> Command | Refusal:
    schema, name, args = document.get("schema"), document.get("name"), document.get("args", {})
    if type(schema) is not int or schema != 1:
        return _refuse(id_, "schema must be 1")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        return _refuse(id_, f"name must be a string of 1 to {LONGEST_NAME} characters")
    if not isinstance(args, dict):
        return _refuse(id_, "args must be an object")
    return Command(id_, name, args, link)


def _refuse(id_: str | None, message: str) -> Refusal:
    return Refusal(id_, CommandError(ErrorCode.BAD_REQUEST, message))


def _is_id(text: str) -> bool:
    # printable leaves out lone surrogates too, which neither UTF-8 nor the journal can spell
    return 0 < len(text) <= LONGEST_ID and text.isprintable()


def _early_id(payload: bytes) -> str | None:
    found = _EARLY_ID.match(payload[:2048])
    if found is None:
        return None
    text = found[1].decode("utf-8", "replace")
    return text if _is_id(text) else None


def _no_constant(name: str) -> NoReturn:
    raise _NotOurJsonError(f"{name} is no JSON value")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ: of two values under one name each reader takes another (RFC 8259 §4)."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _NotOurJsonError(f"{name[:LONGEST_NAME]!r} is given twice")
        found[name] = value
    return found
