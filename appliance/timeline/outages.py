"""Find the outages in a stream of journal events.

Theory of operation. The normal state is: the best route taken, no trunk or node down, not isolated, forwarding as it
was asked for. The first event that leaves it opens an outage. Once the ladder has left the best route, only the best
route *verified in the network* closes it, for until then callers go elsewhere; an outage that never moved the route
closes when its parts are up again. A part that stays down after the route is back is carried as known, so that one
dead spare trunk does not melt a year into one outage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from appliance.domain.events import Event, EventType

CARRYING_KINDS = ("trunk", "node")  # a lost reference harms no call; isolation has an event of its own


def moment(event: Event) -> datetime:
    """When the event happened, timezone-aware."""
    return datetime.fromisoformat(event.at)


@dataclass(frozen=True, slots=True)
class Reach:
    """From ``at`` on, the network led callers to ``number`` (``None``: to no forwarding at all)."""

    at: datetime
    number: str | None
    route: str | None


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage: its events in order, how it ended, whom callers reached and what was told before it."""

    events: tuple[Event, ...]
    over: bool
    before: Reach | None
    best: str | None
    earlier: tuple[Event, ...] = ()  # each part's last change before it: the probes told there are not told again

    @property
    def began(self) -> datetime:
        """The event that left the normal state."""
        return moment(self.events[0])

    @property
    def ended(self) -> datetime | None:
        """The event that came back to it, or ``None`` while it lasts."""
        return moment(self.events[-1]) if self.over else None


def find_outages(events: Iterable[Event], best: str | None = None) -> tuple[Outage, ...]:
    """All outages, oldest first; ``best`` is the first route of the ladder, learned from the events if ``None``."""
    tracker = _Tracker(best)
    found: list[Outage] = []
    collected: list[Event] = []
    before: Reach | None = None
    changes: dict[str, Event] = {}  # the newest of each part
    earlier: tuple[Event, ...] = ()
    for event in events:
        was_normal = not collected
        reach_until_now = tracker.reach
        told_until_now = tuple(changes.values()) if was_normal else ()
        tracker.take(event)
        if event.type == EventType.HEALTH_CHANGED:
            changes[str(event.data.get("part"))] = event
        if was_normal:
            if tracker.normal:
                continue
            before, earlier = reach_until_now, told_until_now
        collected.append(event)
        if tracker.normal:
            found.append(Outage(tuple(collected), True, before, tracker.best, earlier))
            collected = []
    if collected:
        found.append(Outage(tuple(collected), False, before, tracker.best, earlier))
    return tuple(found)


@dataclass
class _Tracker:
    best: str | None
    route: str | None = None
    wanted: str | None = None  # the number the ladder asks for
    numbers: dict[str, str] = field(default_factory=dict)  # number → route
    reach: Reach | None = None
    doubtful: bool = False  # a change was sent since the network was last seen
    left: bool = False
    isolated: bool = False
    disputed: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)

    @property
    def normal(self) -> bool:
        return not (self.left or self.isolated or self.disputed or self.down)

    def take(self, event: Event) -> None:
        data = event.data
        match event.type:
            case EventType.HEALTH_CHANGED:
                self._health(data.get("kind"), str(data.get("part", data.get("name"))), data.get("to"))
            case EventType.ROUTE_DECIDED:
                self._decided(data)
            case EventType.FORWARDING_REQUESTED:
                self.doubtful |= data.get("service", "cfu") == "cfu"
            case EventType.FORWARDING_VERIFIED:
                self._verified(moment(event), str(data.get("service", "cfu")), data.get("number"))
            case EventType.FORWARDING_DISPUTED:
                self.disputed.add(str(data.get("service", "cfu")))
            case EventType.ISOLATION_BEGAN:
                self.isolated = True
            case EventType.ISOLATION_ENDED | EventType.BOOT:
                self.isolated = False

    def _health(self, kind: Any, part: str, to: Any) -> None:
        if kind not in CARRYING_KINDS:
            return
        if to == "down":
            self.down.add(part)
        elif to == "up":
            self.down.discard(part)

    def _decided(self, data: Any) -> None:
        self.route, self.wanted = data.get("to"), data.get("number")
        if self.best is None:
            self.best = data.get("from") or self.route
        if self.route and self.wanted:
            self.numbers[self.wanted] = self.route
        if self.route != self.best:
            self.left = True
        elif self.reach and self.reach.number == self.wanted and not self.doubtful:
            self._back()

    def _verified(self, at: datetime, service: str, number: Any) -> None:
        self.disputed.discard(service)
        if service != "cfu":
            return
        self.doubtful = False
        self.reach = Reach(at, number, self.numbers.get(number))
        if self.route == self.best and number == self.wanted:
            self._back()

    def _back(self) -> None:
        if self.left:
            self.left = False
            self.down.clear()  # what is still down is known by now and carries no call
