"""What the live view knows at one moment. Pure: messages in, the next scene out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from appliance.domain.events import Event
from appliance.situation.picture import Picture

EVENTS_KEPT = 200


@dataclass(frozen=True, slots=True)
class Scene:
    """``lost`` says why the broker cannot be heard; the picture is then the last one heard.

    It is empty while the broker is heard, and ``None`` before the first try has ended.

    ``online`` is the guard's availability as the broker tells it: ``None`` before a word of it came.
    """

    picture: Picture | None = None
    events: tuple[Event, ...] = ()
    online: bool | None = None
    lost: str | None = None

    def with_events(self, events: list[Event]) -> Scene:
        """Take events in, each once, in the order of their ids."""
        known = {event.id for event in self.events}
        added = [event for event in events if event.id not in known]
        if not added:
            return self
        merged = sorted((*self.events, *added), key=lambda event: event.id)
        return replace(self, events=tuple(merged[-EVENTS_KEPT:]))
