"""A roster file that somebody sends: read here, judged by the guard, its mistakes told with their lines."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from appliance.config import toml
from appliance.config.load import not_utf8, syntax
from appliance.config.places import line_of, lines_of_keys
from appliance.domain.phrase import phrase
from appliance.roster.load import MOST_BYTES, TOO_DEEP
from appliance.roster.pins import hash_pin
from appliance.translation import _

PIN = re.compile(r"[0-9]{4,12}\Z")


class NoRosterError(Exception):
    """It cannot even be read; the text says where and why."""


def read(data: bytes) -> tuple[dict[str, Any], Mapping[str, int]]:
    """The document and the lines of its keys. PINs are hashes already: none is kept or sent on. Takes its time:
    keep it off the event loop. Raises :class:`NoRosterError`."""
    if len(data) > MOST_BYTES:
        raise NoRosterError(phrase("This is too large."))
    try:
        text = data.decode("utf-8-sig")
        document = toml.loads(text)
    except UnicodeDecodeError as error:
        raise NoRosterError(not_utf8(error)) from None
    except tomllib.TOMLDecodeError as error:
        where, what = syntax(str(error))
        raise NoRosterError(phrase("{name}: {reason}", name=where, reason=what) if where else what) from None
    except RecursionError:
        raise NoRosterError(TOO_DEEP) from None
    _hash_pins(document)
    found: dict[str, Any] = json.loads(json.dumps(document, default=_written))
    return found, lines_of_keys(text)


def place(path: str, lines: Mapping[str, int]) -> str:
    """Where a mistake is: its line, where one is known, and the key."""
    line = line_of(path, lines)
    return path if line is None else _("line {n}, {key}").format(n=line, key=path)


def _hash_pins(document: Mapping[str, Any]) -> None:
    people = document.get("person")
    for person in people if isinstance(people, list) else ():
        if isinstance(person, dict) and "pin" in person:
            pin = person["pin"]
            if isinstance(pin, str) and PIN.match(pin):
                del person["pin"]
                person["pin_hash"] = hash_pin(pin)
            else:
                person["pin"] = ""  # the guard says what is wrong; it need not hear what it was


def _written(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)  # a time of its own, which no roster has: the guard names it
