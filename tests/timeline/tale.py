"""Events in memory, told as the guard tells them, with the clock in the teller's hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.domain.events import Event

START = datetime(2026, 7, 14, 2, 0, tzinfo=UTC)
NUMBERS = {"primary": "+420226000100", "secondary": "+420910000200", "technician": "+420777000111"}


class Tale:
    """``at`` in each call is seconds from the start."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(self, at: float, type_: str, **data: Any) -> None:
        when = (START + timedelta(seconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.events.append(Event(len(self.events) + 1, when, "b1", type_, data))

    def health(
        self, at: float, kind: str, name: str, to: str, samples: list[Mapping[str, Any]] | None = None
    ) -> None:
        was = "down" if to == "up" else "up"
        told = {"part": f"{kind} {name}", "kind": kind, "name": name, "from": was, "to": to, "samples": samples or []}
        self.tell(at, "health.changed", **told)

    def decide(self, at: float, was: str | None, to: str) -> None:
        self.tell(at, "route.decided", **{"from": was}, to=to, number=NUMBERS[to], reason="r", service="s")

    def request(self, at: float, to: str, service: str = "cfu") -> None:
        self.tell(at, "forwarding.requested", service=service, number=NUMBERS[to], attempt=0)

    def verify(self, at: float, to: str, service: str = "cfu") -> None:
        self.tell(at, "forwarding.verified", service=service, number=NUMBERS[to], took_s=1.0, exchanges=[])

    def switch(self, at: float, was: str | None, to: str) -> None:
        """Decided, asked for a tenth of a second later, verified after three seconds."""
        self.decide(at, was, to)
        self.request(at + 0.1, to)
        self.verify(at + 3, to)

    def start(self) -> None:
        """Into the normal state within ten seconds."""
        self.tell(0, "boot")
        for kind, name in (("trunk", "a"), ("trunk", "b"), ("node", "1"), ("node", "2")):
            self.health(1, kind, name, "up")
        self.switch(2, None, "primary")

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]
