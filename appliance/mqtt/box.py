"""What the links of one service share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from appliance.mqtt.asker import Asker
from appliance.mqtt.board import StateBoard
from appliance.mqtt.ports import Handler, LinkJournal
from appliance.mqtt.topics import Topics

Listener = Callable[[str, bytes], None]
LinkWatcher = Callable[[str, bool], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are said, in seconds."""

    state_every_s: float = 60.0
    state_gap_s: float = 0.3
    refused_pause_s: float = 30.0
    unreadable_pause_s: float = 1.0
    announce_jitter_s: float = 3.0  # ten thousand boxes answer one birth message


@dataclass(frozen=True, slots=True)
class Box:
    """What every link of a service shares."""

    topics: Topics
    version: str
    journal: LinkJournal
    board: StateBoard
    handler: Handler
    pace: Pace
    asker: Asker
    retained: Mapping[str, StateBoard] = field(default_factory=dict)
    listen: Mapping[str, Listener] = field(default_factory=dict)
    discovery: bool = True
    link_changed: LinkWatcher = lambda _name, _up: None

    @property
    def asks(self) -> bool:
        """Whether the service gives commands to others."""
        return self.topics.asks
