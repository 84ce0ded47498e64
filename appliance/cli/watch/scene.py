"""What the live view knows at one moment. Pure: messages in, the next scene out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from appliance.domain.events import Event
from appliance.situation.exchanges import Exchange
from appliance.situation.picture import Picture

EVENTS_KEPT = 200
MOST_EXCHANGES = 16  # a broker shared with others may hold anything


@dataclass(frozen=True, slots=True)
class Scene:
    """``lost`` says why the broker cannot be heard; the picture is then the last one heard.

    It is empty while the broker is heard, and ``None`` before the first try has ended.

    ``online`` is the guard's availability as the broker tells it: ``None`` before a word of it came. ``gone`` are the
    exchanges of which it tells that they are offline.
    """

    picture: Picture | None = None
    events: tuple[Event, ...] = ()
    online: bool | None = None
    lost: str | None = None
    exchanges: tuple[Exchange, ...] = ()
    gone: frozenset[str] = frozenset()

    def with_exchange(self, exchange: Exchange) -> Scene:
        """Take in what an exchange says of itself."""
        others = tuple(one for one in self.exchanges if one.name != exchange.name)
        if len(others) >= MOST_EXCHANGES:
            return self
        return replace(self, exchanges=tuple(sorted((*others, exchange), key=lambda one: one.name)))

    def with_availability(self, name: str, *, online: bool) -> Scene:
        """Take in that an exchange came or went."""
        if online:
            return replace(self, gone=self.gone - {name})
        return replace(self, gone=self.gone | {name}) if len(self.gone) < MOST_EXCHANGES else self

    def with_events(self, events: list[Event]) -> Scene:
        """Take events in, each once, in the order of their ids."""
        known = {event.id for event in self.events}
        added = [event for event in events if event.id not in known]
        if not added:
            return self
        merged = sorted((*self.events, *added), key=lambda event: event.id)
        return replace(self, events=tuple(merged[-EVENTS_KEPT:]))
