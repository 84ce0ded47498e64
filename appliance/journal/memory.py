"""What the journal knows without asking the disk: remembered values, cursors, the roster. Small, and always whole.

Memory is the truth while the service runs and the database its copy, so that a database lost underneath can be
written anew; at start it is the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from appliance.domain.people import Person
from appliance.journal.store import Contents
from appliance.journal.text import from_text, to_text
from appliance.journal.waiting import Waiting

SEEDED_KEY = "roster.seeded"


class Memory:
    """Changes are put among the waiting writes at once."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._values: dict[str, str] = {}
        self._cursors: dict[str, int] = {}
        self._people: tuple[Person, ...] | None = None
        self._seed: tuple[Person, ...] | None = None
        self._loaded = False

    def remember(self, key: str, value: Any) -> None:
        """Keep a JSON value."""
        text = to_text(value)
        if self._values.get(key) != text:
            self._values[key] = self._waiting.values[key] = text

    def recall(self, key: str) -> Any:
        """The value last remembered, or ``None``."""
        return from_text(self._values.get(key))

    def cursor(self, consumer: str) -> int:
        """The id of the last event the consumer has had; 0 for one that is new."""
        return self._cursors.get(consumer, 0)

    def advance(self, consumer: str, event_id: int) -> bool:
        """Move a cursor; it never goes back. Whether it moved."""
        if event_id <= self.cursor(consumer):
            return False
        self._cursors[consumer] = self._waiting.cursors[consumer] = event_id
        return True

    @property
    def people(self) -> tuple[Person, ...] | None:
        """The roster; ``None`` while nothing can be said of it."""
        return self._people

    def keep_people(self, people: Iterable[Person]) -> None:
        """Replace the roster."""
        self._people = self._waiting.people = tuple(sorted(people, key=lambda person: person.id))
        self.remember(SEEDED_KEY, value=True)

    def seed_people(self, people: Iterable[Person]) -> None:
        """The roster to begin with, where the journal never had one."""
        self._seed = tuple(people)
        self._sow()

    def adopt(self, contents: Contents) -> None:
        """Take in what a database holds that has just been opened, and have it corrected where memory knows more."""
        for key, text in contents.values.items():
            self._values.setdefault(key, text)
        for consumer, event_id in contents.cursors.items():
            self._cursors[consumer] = max(event_id, self.cursor(consumer))
        if self._people is None and (contents.people or SEEDED_KEY in contents.values):
            self._people = contents.people
        self._loaded = True
        self._sow()
        self._waiting.values.update(_difference(self._values, contents.values))
        self._waiting.cursors.update(_difference(self._cursors, contents.cursors))
        if self._people is not None and self._people != contents.people:
            self._waiting.people = self._people

    def _sow(self) -> None:
        # until the database has been read nobody knows whether this is the first start
        if self._loaded and self._seed is not None and SEEDED_KEY not in self._values:
            self.keep_people(self._seed)


def _difference(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in ours.items() if theirs.get(key) != value}
