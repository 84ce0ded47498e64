"""What to do with what was found: take it, keep what stands, or save what is safe of a file with mistakes. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

KEPT_WHEN_WRONG = ("device", "modem", "ingress", "duty", "person")
AT_BEST = ("web",)  # the pages tell the mistakes; no call depends on them
_PROVISIONING = re.compile(r"^\s*\[\[?\s*[\"']?provisioning[\"']?\s*[.\]]")
_TABLE = re.compile(r"^\s*\[")


def without_provisioning(text: str) -> str:
    """The configuration for the services: the box's own secrets left out, every line where it was."""
    document = {key: value for key, value in tomllib.loads(text).items() if key != "provisioning"}
    lines, inside = [], False
    for line in text.splitlines():
        if _TABLE.match(line):
            inside = _PROVISIONING.match(line) is not None
        lines.append("" if inside else line)
    blanked = "\n".join([*lines, ""])
    try:
        if tomllib.loads(blanked) == document:
            return blanked
    except tomllib.TOMLDecodeError:
        pass
    return tomli_w.dumps(document)  # written in some other way, as provisioning.wifi.ssid = …


def salvaged(document: Mapping[str, Any]) -> list[str]:
    """Of a file with mistakes, what leads calls to the technician: numbers, the modem, who has duty. The best first.

    No route, so every call goes there. Nothing where not even that is named.
    """
    if not {"device", "modem", "duty", "person"} <= document.keys():
        return []
    tries = [KEPT_WHEN_WRONG + AT_BEST, KEPT_WHEN_WRONG] if document.keys() & set(AT_BEST) else [KEPT_WHEN_WRONG]
    return [tomli_w.dumps({key: document[key] for key in keys if key in document}) for keys in tries]
