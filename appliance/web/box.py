"""What the box last said, and asking it for things: the guard's and the exchanges' words over the brokers.

Every word has its age. A broker that is away, or a guard, leaves the last word standing, and the pages say how old it
is; before the first one, the journal's last state stands in.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from pydantic import ValidationError

from appliance.domain.phrase_words import text_of
from appliance.mqtt.topics import Topics
from appliance.roster.models import Roster
from appliance.web.holiday_book import HolidayBook

_log = logging.getLogger(__name__)
ASK_WITHIN_S = 10.0
UNHEARD_WITHIN_S = 2.0
SILENT_AFTER_S = 95.0  # a state comes at least every 60 s (CONTRACT, "MQTT")
MOST_EXCHANGES = 100


class Asks(Protocol):
    """The links, as far as commands go."""

    async def ask(
        self, command_topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        """Give a command; its response. Raises :class:`appliance.mqtt.asker.UnreachableError`."""


class CommandRefusedError(Exception):
    """The guard or an exchange said no; the text says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BoxWords:
    """Written by the links' listeners, read by pages. ``version`` rises with each change that a viewer may see."""

    def __init__(self, device_id: str) -> None:
        self.topics = Topics(device_id)
        self._bell = asyncio.Event()
        self.version = 1
        self.state: Mapping[str, Any] | None = None
        self.from_journal = False
        self.guard_offline = False
        self.exchanges: dict[str, Mapping[str, Any]] = {}
        self.exchanges_offline: set[str] = set()
        self.roster: Mapping[str, Any] | None = None
        self.roster_model: Roster | None = None  # none where it is of a guard that is newer than these pages
        self._links_up: set[str] = set()
        self.broker_lost_at: datetime | None = datetime.now(UTC)
        self._asks: Asks | None = None
        self.holidays = HolidayBook(self._ring)

    @property
    def broker_up(self) -> bool:
        """Whether any broker is connected."""
        return bool(self._links_up)

    @property
    def revision(self) -> int:
        """The roster's, as far as it was heard; night switches raise it, too."""
        found = 0 if self.roster is None else self.roster.get("revision")
        return found if isinstance(found, int) else 0

    def listeners(self) -> dict[str, Any]:
        """Topic filters and who hears them, as the links take them."""
        prefix = self.topics.prefix
        return {
            self.topics.state: self._hear_state,
            self.topics.availability: self._hear_availability,
            self.topics.roster: self._hear_roster,
            f"{prefix}exchange/+/state": self._hear_exchange,
            f"{prefix}exchange/+/availability": self._hear_exchange_availability,
        }

    def ask_over(self, links: Asks) -> None:
        """From now on commands go over these links."""
        self._asks = links

    def take_from_journal(self, state: Mapping[str, Any]) -> None:
        """What the journal last kept, until the guard itself is heard."""
        if self.state is None:
            self.state, self.from_journal = state, True
            self._ring()

    def link_changed(self, name: str, up: bool) -> None:
        """A link came up or went."""
        before = self.broker_up
        (self._links_up.add if up else self._links_up.discard)(name)
        if self.broker_up != before:
            self.broker_lost_at = None if self.broker_up else datetime.now(UTC)
            self._ring()

    def knows_person(self, person: str) -> bool:
        """Whether the roster has somebody of this id; ``True`` before any roster was heard."""
        return self.roster is None or any(one.get("id") == person for one in self.people())

    def person_name(self, person: str | None) -> str:
        """Their name, or the id where the roster has no other."""
        return next((str(one.get("name")) for one in self.people() if one.get("id") == person), person or "")

    def people(self) -> list[Mapping[str, Any]]:
        """The roster's people, as far as it was heard."""
        return [] if self.roster is None else list(self.roster["roster"]["person"])

    async def changed(self, seen: int) -> int:
        """Wait for a version beyond ``seen``; the version then."""
        while self.version <= seen:
            await self._bell.wait()
        return self.version

    async def ask(
        self,
        name: str,
        args: Mapping[str, Any] | None = None,
        *,
        exchange: str | None = None,
        id_: str | None = None,
        timeout_s: float = ASK_WITHIN_S,
    ) -> Mapping[str, Any]:
        """Give the guard (or an exchange) a command; its result.

        Raises :class:`CommandRefusedError`, and :class:`appliance.mqtt.asker.UnreachableError` where nobody answers.
        """
        assert self._asks is not None
        topics = self.topics if exchange is None else Topics(self.topics.device_id, exchange)
        if exchange is not None and (exchange not in self.exchanges or exchange in self.exchanges_offline):
            timeout_s = min(timeout_s, UNHEARD_WITHIN_S)  # most likely there is none; a page must not wait for it
        response = await self._asks.ask(
            topics.command, name, args or {}, id_ or f"web-{secrets.token_hex(8)}", timeout_s
        )
        if response.get("ok") is True:
            result = response.get("result")
            return result if isinstance(result, dict) else {}
        error = response.get("error")
        error = error if isinstance(error, dict) else {}
        raise CommandRefusedError(str(error.get("code")), text_of(error, "message") or str(error.get("message")))

    def _hear_state(self, _topic: str, payload: bytes) -> None:
        document = _object(payload)
        if document is None or (not self.from_journal and _outdated(document, self.state)):
            return  # two brokers may hold two states
        self.state, self.from_journal = document, False
        self._ring()

    def _hear_availability(self, _topic: str, payload: bytes) -> None:
        offline = payload == b"offline"
        if offline != self.guard_offline:
            self.guard_offline = offline
            self._ring()

    def _hear_roster(self, _topic: str, payload: bytes) -> None:
        document = _object(payload)
        if document is not None and isinstance(document.get("roster"), dict):
            self.roster = without_secrets(document)
            self.roster_model = _read(self.roster)
            self._ring()

    def _hear_exchange(self, topic: str, payload: bytes) -> None:
        name, document = topic.rsplit("/", 2)[-2], _object(payload)
        if document is None or (name not in self.exchanges and len(self.exchanges) >= MOST_EXCHANGES):
            return
        if not _outdated(document, self.exchanges.get(name)):
            self.exchanges[name] = document
            self._ring()

    def _hear_exchange_availability(self, topic: str, payload: bytes) -> None:
        name = topic.rsplit("/", 2)[-2]
        if payload == b"offline" and len(self.exchanges_offline) < MOST_EXCHANGES:
            self.exchanges_offline.add(name)
        else:
            self.exchanges_offline.discard(name)
        self._ring()

    def _ring(self) -> None:
        self.version += 1
        self._bell.set()
        self._bell = asyncio.Event()


def without_secrets(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The guard's roster document without what no page may show: SIP passwords, PINs and their hashes."""
    roster = dict(document["roster"])
    people = roster.get("person")
    secret = ("sip_password", "pin", "pin_hash")
    roster["person"] = [
        {key: value for key, value in one.items() if key not in secret}
        for one in (people if isinstance(people, list) else ())
        if isinstance(one, dict)
    ]
    return {**document, "roster": roster}


def _read(document: Mapping[str, Any]) -> Roster | None:
    try:
        return Roster.model_validate(document["roster"])
    except ValidationError as error:
        _log.error("a roster cannot be read: %s", error.errors(include_url=False)[0]["msg"])
        return None


def _object(payload: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _outdated(document: Mapping[str, Any], known: Mapping[str, Any] | None) -> bool:
    """Whether it is older than what is known, by clocks that agree; text order is time order."""
    told, have = document.get("at"), (known or {}).get("at")
    ours = datetime.now(UTC).isoformat()
    return isinstance(told, str) and isinstance(have, str) and told < have <= ours
