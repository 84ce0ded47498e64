"""A journal on disk with a story in it, written as the guard writes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from appliance.journal.schema import bring_up_to_date

PRIMARY, SECONDARY, TECHNICIAN = "+420226000100", "+420910000200", "+420777000111"


class Story:
    """Appends events; ``now`` moves only by :meth:`later`."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / "journal.db"
        self.now = datetime(2026, 7, 14, 2, 0, tzinfo=UTC)
        with sqlite3.connect(self._path) as connection:
            bring_up_to_date(connection)
        connection.close()

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def tell(self, type_: str, **data: Any) -> None:
        """One event, a tenth of a second after the last."""
        self.later(0.1)
        with sqlite3.connect(self._path) as connection:
            connection.execute(
                "INSERT INTO events (at, boot_id, type, data) VALUES (?, 'b1', ?, ?)",
                (self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z"), type_, json.dumps(data)),
            )
        connection.close()

    def keep_state(self, document: Mapping[str, Any]) -> None:
        """The guard's newest state document."""
        with sqlite3.connect(self._path) as connection:
            connection.execute("INSERT INTO memory (key, value) VALUES ('state', ?)", (json.dumps(document),))
        connection.close()

    def health(self, kind: str, name: str, to: str, was: str, samples: list[Mapping[str, Any]] | None = None) -> None:
        """One part changes."""
        part = f"{kind} {name}"
        reason = "3 misses in a row" if to == "down" else "answers"
        self.tell(
            "health.changed",
            part=part,
            kind=kind,
            name=name,
            **{"from": was},
            to=to,
            reason=reason,
            samples=samples or [],
        )

    def decide(self, was: str | None, to: str, number: str, service: str) -> None:
        """The ladder decides, the network follows and is read back."""
        self.tell("route.decided", **{"from": was}, to=to, number=number, reason=f"{to} it is", service=service)
        self.tell("forwarding.requested", service="cfu", number=number, attempt=0, why="the plan changed")
        self.later(3)
        exchanges = [
            {"sent": f'AT+CCFC=0,3,"{number}",145', "received": ["OK"], "took_s": 2.5},
            {"sent": "AT+CCFC=0,2", "received": [f'+CCFC: 1,1,"{number}",145', "OK"], "took_s": 0.5},
        ]
        self.tell("forwarding.verified", service="cfu", number=number, took_s=3.1, exchanges=exchanges)

    def normal(self) -> None:
        """Start up into the normal state."""
        self.tell("boot", version="0.1.0")
        self.tell("modem.up", model="E3372", firmware="22", port="/dev/ttyUSB0")
        for kind, name in (("trunk", "trunk-a"), ("trunk", "trunk-b"), ("node", "node-1"), ("node", "node-2")):
            self.health(kind, name, "up", "unknown")
        self.decide(None, "primary", PRIMARY, "normal")
        self.later(60)

    def trunk_a_dies(self) -> None:
        """The primary trunk falls silent, calls go over the other."""
        misses = [
            {"ago_s": ago, "ok": ok, "rtt_ms": 12.0 if ok else None, "detail": "200" if ok else "no answer in 1.0 s"}
            for ago, ok in ((4.0, True), (2.0, False), (1.0, False), (0.0, False))
        ]
        self.health("trunk", "trunk-a", "down", "up", misses)
        self.decide("primary", "secondary", SECONDARY, "partial")

    def trunk_a_returns(self) -> None:
        """It comes back, and after the hold so do the calls."""
        self.later(100)
        self.health("trunk", "trunk-a", "up", "down")
        self.later(120)
        self.decide("secondary", "primary", PRIMARY, "normal")
