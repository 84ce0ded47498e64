"""Events of ARI's websocket as the exchange reads them: forgiving, since another release may say more or less."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_OF_CHANNEL = ("channel", "peer", "replace_channel")


@dataclass(frozen=True, slots=True)
class AriEvent:
    """One event. ``channel`` is the id of the channel it is about, or empty; ``data`` is the whole document."""

    type: str
    channel: str
    data: Mapping[str, Any]

    def text(self, *path: str) -> str:
        """The text at ``path``, or an empty one."""
        found = self._at(path)
        return found if isinstance(found, str) else ""

    def number(self, *path: str) -> int | None:
        """The whole number at ``path``, or ``None``."""
        found = self._at(path)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def args(self) -> tuple[str, ...]:
        """The arguments of ``Stasis()``."""
        found = self.data.get("args")
        return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()

    def _at(self, path: tuple[str, ...]) -> Any:
        found: Any = self.data
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found


def read(payload: str | bytes) -> AriEvent | None:
    """The event in a message, or ``None`` where it is none."""
    try:
        document = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(document, dict) or not isinstance(type_ := document.get("type"), str):
        return None
    return AriEvent(type_, _channel_of(document), document)


def _channel_of(document: Mapping[str, Any]) -> str:
    for key in _OF_CHANNEL:
        found = document.get(key)
        if isinstance(found, dict) and isinstance(id_ := found.get("id"), str):
            return id_
    referred_by = document.get("referred_by")  # ChannelTransfer: the phone that wants it
    source = referred_by.get("source_channel") if isinstance(referred_by, dict) else None
    if isinstance(source, dict) and isinstance(id_ := source.get("id"), str):
        return id_
    for key in ("playback", "recording"):
        found = document.get(key)
        if isinstance(found, dict):
            kind, _colon, id_ = str(found.get("target_uri")).partition(":")
            return id_ if kind == "channel" else ""
    return ""
