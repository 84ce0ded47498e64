"""The roster and who has duty, as the guard last told them; kept over restarts, and used without any broker."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import ValidationError

from appliance.config import Config
from appliance.domain.people import Person
from appliance.exchange.duty import HeardDuty, duty_now, number_of
from appliance.exchange.route import OnDuty
from appliance.roster.models import Roster, to_document
from appliance.roster.rota import on_duty
from appliance.roster.seed import seed

_log = logging.getLogger(__name__)
ROSTER_KEY, DUTY_KEY = "exchange-roster", "exchange-duty"
DUTY_KEYS = ("person", "number", "until")
CLOCKS_DIFFER = timedelta(minutes=1)
_NUMBER = re.compile(r"\+[1-9][0-9]{2,14}\Z")  # E.164


class Memory(Protocol):
    """Where values are kept."""

    async def remember(self, key: str, value: Any) -> bool:
        """Keep a JSON value."""

    async def recall(self, key: str) -> Any:
        """The value last kept."""


class KeptStanding:
    """Open it with :meth:`open`; :meth:`run` keeps what is heard."""

    def __init__(self, config: Config, memory: Memory, wall: Callable[[], datetime]) -> None:
        people = [Person(one.id, one.name, one.mobile) for one in config.person]
        self._roster = seed(people, config.duty.default)
        self._roster_at = ""
        self._timezone, self._wall, self._memory = config.device.timezone, wall, memory
        self._heard: HeardDuty | None = None
        self._duty_text: dict[str, Any] = {}
        self._duty_at: Any = None
        self._watchers: list[Callable[[], None]] = []
        self._changed = asyncio.Event()

    @classmethod
    async def open(cls, config: Config, memory: Memory, wall: Callable[[], datetime]) -> KeptStanding:
        """With what was kept; else with what the configuration file says."""
        standing = cls(config, memory, wall)
        kept = await memory.recall(ROSTER_KEY)
        if isinstance(kept, dict):
            standing._take_roster(kept)
        kept = await memory.recall(DUTY_KEY)
        if isinstance(kept, dict):
            standing._take_duty(kept, kept.get("rota"))
        standing._changed.clear()
        return standing

    @property
    def roster(self) -> Roster:
        """The newest roster."""
        return self._roster

    @property
    def duty(self) -> OnDuty:
        """Who has duty now."""
        return duty_now(self._roster, self._heard, self._wall(), self._timezone)

    @property
    def technician(self) -> str | None:
        """The number of who has duty now."""
        return number_of(self._roster, self.duty)

    def watch(self, tell: Callable[[], None]) -> None:
        """Have ``tell`` called after each change."""
        self._watchers.append(tell)

    def hear_roster(self, _topic: str, payload: bytes) -> None:
        """The guard's retained document."""
        document = _object(payload)
        if document is None or document.get("at") == self._roster_at:
            return
        # A revision may come again, of a guard that lost its journal: younger, it counts. A time may be behind, of a
        # guard whose clock was not set yet: its higher revision counts. Old is what is behind in both.
        if self._outdated(document.get("at"), self._roster_at) and not self._risen(document):
            return
        if self._take_roster(document):
            _log.info("roster revision %d", self._roster.revision)
            self._tell()

    def hear_state(self, _topic: str, payload: bytes) -> None:
        """The guard's state, for its ``duty``."""
        document = _object(payload)
        duty = document.get("duty") if document is not None else None
        if document is None or not isinstance(duty, dict) or self._outdated(document.get("at"), self._duty_at):
            return
        told = {key: duty.get(key) for key in DUTY_KEYS}
        if told == {key: self._duty_text.get(key) for key in told}:
            self._duty_at = document.get("at")
        elif self._take_duty(told | {"at": document.get("at")}, on_duty(self._roster, self._wall(), self._timezone)):
            self._tell()

    async def run(self) -> None:
        """Keep what was heard, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            document = {"at": self._roster_at, "roster": to_document(self._roster)}
            await self._memory.remember(ROSTER_KEY, document)
            await self._memory.remember(DUTY_KEY, self._duty_text)

    def _tell(self) -> None:
        self._changed.set()
        for tell in self._watchers:
            tell()

    def _take_roster(self, document: Mapping[str, Any]) -> bool:
        try:
            roster = Roster.model_validate(document.get("roster"))
        except ValidationError as error:  # of a guard that is newer than we are
            _log.error("a roster cannot be read; the last one stays: %s", error.errors(include_url=False)[0]["msg"])
            return False
        if roster.person_by_id(roster.duty.default) is None:  # the last one to ring
            _log.error("a roster knows nobody called %r, who has duty; the last one stays", roster.duty.default)
            return False
        self._roster = roster
        self._roster_at = str(document.get("at", ""))
        return True

    def _take_duty(self, told: Mapping[str, Any], rota: Any) -> bool:
        person, number, until = (_text(told.get(key)) for key in DUTY_KEYS)
        moment = _moment(until)
        nobody = person is None and number is None
        if nobody or (number is not None and not _NUMBER.match(number)) or (until is not None and moment is None):
            _log.error("who has duty cannot be read; the last word stays")
            return False
        self._heard = HeardDuty(person, number, moment, _text(rota))
        self._duty_text = {**told, "rota": rota}
        self._duty_at = told.get("at")
        return True

    def _risen(self, document: Mapping[str, Any]) -> bool:
        revision = document.get("revision")
        return isinstance(revision, int) and revision > self._roster.revision

    def _outdated(self, at: Any, known_at: Any) -> bool:
        """Two brokers may hold two documents: the younger one counts. But one from a time that has not come yet, told
        by a clock that was set right since, must not stand against all that follow."""
        told, known = _moment(at), _moment(known_at)
        if told is None or known is None or known > self._wall() + CLOCKS_DIFFER:
            return False
        return told < known


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _moment(value: Any) -> datetime | None:
    """A moment with its zone; ``None`` where it is none."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
