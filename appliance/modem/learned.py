"""What each SIM and firmware was seen to need, kept over restarts.

A way is kept only once the network's own answer has proved it (a read-back that agreed, an interrogation that could
be read). A damaged or unreadable file costs a few tries, never the start.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.domain.forwarding import Service
from appliance.modem.state_file import read_json, write_json
from appliance.modem.ways import Operation, Trusted, Way

log = logging.getLogger(__name__)

_SCHEMA = 1
_MAX_SIMS = 200  # a box sees a handful; the bound is for a file that somebody else wrote


@dataclass(frozen=True, slots=True)
class SimKey:
    """What the knowledge is kept by: another SIM has another network, another firmware other bugs."""

    iccid: str
    firmware: str

    def __str__(self) -> str:
        return f"{self.iccid}|{self.firmware}"


class LearnedWays:
    """The ways that worked, by SIM and firmware, service and operation. In memory first, on disk soon after."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ways: dict[str, dict[str, Way]] = {}
        self._dirty = asyncio.Event()

    async def load(self) -> None:
        """Read the file; a damaged one is put aside and said so."""
        try:
            self._ways = _parse(await asyncio.to_thread(read_json, self._path))
        except ValueError as error:
            log.warning("%s is damaged (%s): what modems need is learned anew", self._path, error)
        except OSError as error:
            log.warning("%s cannot be read (%s): what modems need is learned anew", self._path, error)

    def trusted(self, key: SimKey | None, service: Service, operation: Operation) -> Trusted:
        """The ways known to work."""
        known = self._ways.get(str(key), {})
        name = f"{service.key}.{operation}"
        others = (way for other, way in known.items() if other.endswith(f".{operation}") and other != name)
        return Trusted(known.get(name), tuple(dict.fromkeys(others)))

    def keep(self, key: SimKey | None, service: Service, operation: Operation, way: Way) -> None:
        """Remember a way that was seen to work."""
        if key is None:
            return
        known = self._ways.setdefault(str(key), {})
        name = f"{service.key}.{operation}"
        if known.get(name) != way:
            known[name] = way
            self._dirty.set()

    def describe(self, key: SimKey | None) -> dict[str, str]:
        """What was learned for one SIM, in words: ``{"cfu.register": "AT+CCFC, class 1"}``."""
        return {name: str(way) for name, way in sorted(self._ways.get(str(key), {}).items())}

    async def keep_saved(self) -> None:
        """Write whenever something was learned; runs until cancelled."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            await self.save()

    async def save(self) -> None:
        """Write now, off the event loop."""
        sims = {
            key: {name: way.as_json() for name, way in ways.items()}
            for key, ways in list(self._ways.items())[-_MAX_SIMS:]
        }
        try:
            await asyncio.to_thread(write_json, self._path, {"schema": _SCHEMA, "sims": sims})
        except OSError as error:
            log.warning("%s cannot be written (%s): what the modem needs is kept in memory only", self._path, error)


def _parse(document: Any) -> dict[str, dict[str, Way]]:
    if document is None:
        return {}
    match document:
        case {"schema": 1, "sims": dict(sims)}:
            parsed: dict[str, dict[str, Way]] = {}
            for key, ways in sims.items():
                if not isinstance(ways, dict):
                    raise ValueError(f"the entry {key!r} is no table")  # noqa: TRY004 - a damaged file
                parsed[str(key)] = {str(name): Way.from_json(way) for name, way in ways.items()}
            return parsed
    raise ValueError("its form is not known")
