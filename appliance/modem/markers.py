"""Queries by which the dialogue gets into step: each has an answer that nothing else looks like. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marker:
    """A local query that any modem answers at once, and the shape of the line it answers with."""

    command: str
    line: re.Pattern[str]


# The first is enough for a modem that works. The others look different, so that a marker that was kept by a busy
# modem and answered late is not taken for the newest one.
MARKERS = (
    Marker("AT+CMEE?", re.compile(r"^\+CMEE:\s*[0-9]\s*$")),
    Marker("AT+CMEE=?", re.compile(r"^\+CMEE:\s*\(")),
    Marker("AT+CREG=?", re.compile(r"^\+CREG:\s*\(")),
    Marker("AT+CSQ=?", re.compile(r"^\+CSQ:\s*\(")),
)


def marker_of(line: str) -> Marker | None:
    """The marker whose answer ``line`` is, or ``None``."""
    return next((marker for marker in MARKERS if marker.line.match(line)), None)


class OpenMarkers:
    """The markers that were sent and not answered yet."""

    def __init__(self) -> None:
        self._open: list[Marker] = []

    def send(self) -> Marker | None:
        """The next marker to send: one that is not open; ``None`` where all are."""
        marker = next((marker for marker in MARKERS if marker not in self._open), None)
        if marker is not None:
            self._open.append(marker)
        return marker

    def owe(self, marker: Marker) -> None:
        """An answer that looks like this marker's may come."""
        self._open.append(marker)

    def answered(self, marker: Marker) -> bool:
        """An answer came: whether it was the newest marker's. Modems work in order, so nothing is open behind it."""
        newest = bool(self._open) and self._open[-1] is marker and self._open.count(marker) == 1
        if newest:
            self._open.clear()
        elif marker in self._open:
            self._open.remove(marker)
        return newest
