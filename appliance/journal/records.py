"""The journal as the command line reads it: read-only, beside a guard that may be writing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.config import Config
from appliance.domain.events import Event
from appliance.journal.reader import JournalReader, JournalUnreadableError, NoJournalYetError

UnreadableError, NotYetError = JournalUnreadableError, NoJournalYetError
FIRST_LOOK = 200

ROSTER_KEY = "roster"
EXCHANGE = "exchange"  # the folder in which an exchange keeps its own journal
HEARD_ROSTER_KEY = "exchange-roster"  # and in that the roster as the guard told it
STATE_KEY = "state"  # what the guard last published under the topic ``state``


def last_state(state_dir: Path) -> dict[str, Any] | None:
    """The state document the guard kept last, or ``None`` where it kept none. Raises :class:`UnreadableError`."""
    with JournalReader(state_dir) as reader:
        kept = reader.recall(STATE_KEY)
    return kept if isinstance(kept, dict) else None


def kept_roster(state_dir: Path) -> dict[str, Any] | None:
    """The roster that the guard keeps, or ``None`` where it keeps none. Raises :class:`UnreadableError`."""
    with JournalReader(state_dir) as reader:
        kept = reader.recall(ROSTER_KEY)
    roster = kept.get("roster") if isinstance(kept, dict) else None
    return roster if isinstance(roster, dict) else None


def names(config: Config) -> dict[str, str]:
    """Everybody's name by id: of the configuration file, above that as the exchange beside us last heard it, above
    that as a guard beside us keeps it. What cannot be read is left out: no name is better than no table."""
    found = {person.id: person.name for person in config.person}
    state_dir = config.device.state_dir
    for folder, key in ((state_dir / EXCHANGE, HEARD_ROSTER_KEY), (state_dir, ROSTER_KEY)):
        try:
            with JournalReader(folder) as reader:
                kept = reader.recall(key)
        except UnreadableError:
            continue
        roster = kept.get("roster") if isinstance(kept, dict) else None
        people = roster.get("person") if isinstance(roster, dict) else None
        for person in people if isinstance(people, list) else ():
            if isinstance(person, dict) and all(isinstance(person.get(one), str) for one in ("id", "name")):
                found[person["id"]] = person["name"]
    return found


def newest(state_dir: Path, count: int) -> list[Event]:
    """The newest ``count`` events, oldest first. Raises :class:`UnreadableError`."""
    with JournalReader(state_dir) as reader:
        return reader.events(limit=count, newest_first=True)[::-1]


def after(state_dir: Path, event_id: int) -> list[Event]:
    """Events later than ``event_id``, by id, since clocks may be set back. Raises :class:`UnreadableError`."""
    count = FIRST_LOOK
    while True:
        events = newest(state_dir, count)
        if len(events) < count or events[0].id <= event_id + 1:
            return [event for event in events if event.id > event_id]
        count *= 10


def between(state_dir: Path, since: datetime | None, until: datetime | None) -> list[Event]:
    """Events from ``since`` on and before ``until``. Raises :class:`UnreadableError`."""
    with JournalReader(state_dir) as reader:
        return reader.events(since=since, until=until)


def of_type(state_dir: Path, type_: str, count: int) -> list[Event]:
    """The newest ``count`` events of one type, newest first. Raises :class:`UnreadableError`."""
    with JournalReader(state_dir) as reader:
        return reader.events(types=[type_], limit=count, newest_first=True)
