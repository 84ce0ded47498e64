"""The newest picture of the box, and when it has changed enough to be told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

# readings that move all the time: they ride along with the next report, but are no reason for one
RESTLESS = frozenset({"at", "rtt_ms", "rssi_dbm", "longest_wait_s"})
PARTS = frozenset({"trunks", "nodes", "local"})
SAME_MOMENT_S = 2.0  # a time worked out from a monotonic clock wavers with the wall clock's adjustments


class StateBoard:
    """Written by the guard, read by every link; never makes the guard wait."""

    def __init__(self) -> None:
        self._newest: Mapping[str, Any] | None = None
        self._version = 0
        self._bell = asyncio.Event()

    @property
    def newest(self) -> Mapping[str, Any] | None:
        """The picture, or ``None`` before the first."""
        return self._newest

    @property
    def version(self) -> int:
        """Rises with each change that is worth a report."""
        return self._version

    def publish(self, state: Mapping[str, Any]) -> None:
        """Put up a new picture. The mapping must not be changed afterwards."""
        changed = self._newest is None or not same(self._newest, state)
        self._newest = state
        if changed:
            self._version += 1
            self._bell.set()
            self._bell = asyncio.Event()

    async def changed(self, seen: int) -> int:
        """Wait for a version beyond ``seen``; the version then."""
        while self._version <= seen:
            await self._bell.wait()
        return self._version


def same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two pictures say the same, restless readings aside; of the parts only their health counts."""
    if old.keys() != new.keys():
        return False
    return all(
        _same_parts(old[key], new[key]) if key in PARTS else _same_value(old[key], new[key])
        for key in new.keys() - RESTLESS
    )


def _same_parts(old: Any, new: Any) -> bool:
    return bool(_healths(old) == _healths(new))


def _healths(parts: Any) -> Any:
    if not isinstance(parts, Mapping):
        return parts
    return {name: part.get("health") if isinstance(part, Mapping) else part for name, part in parts.items()}


def _same_value(old: Any, new: Any) -> bool:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same_value(old[key], new[key]) for key in new.keys() - RESTLESS)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same_value, old, new))
    return bool(old == new) or _same_moment(old, new)


def _same_moment(old: object, new: object) -> bool:
    if not (isinstance(old, str) and isinstance(new, str) and old.endswith("Z") and new.endswith("Z")):
        return False
    try:
        apart = datetime.fromisoformat(old) - datetime.fromisoformat(new)
    except ValueError:
        return False
    return abs(apart.total_seconds()) <= SAME_MOMENT_S
