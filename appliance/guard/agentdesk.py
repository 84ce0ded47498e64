"""Which agents take calls: the guard keeps it, as it keeps the roster, so that box and nodes agree (decision 10).

Each word is kept with when it was said (:mod:`appliance.queueing.presence`). Exchanges tell what agents said on the
phone, perhaps later, after a broker was away: the newest word counts, whenever it comes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.domain.commands import CommandError, ErrorCode
from appliance.domain.events import EventType
from appliance.domain.phrase import phrase
from appliance.domain.times import rfc3339
from appliance.guard.ports import JournalPort
from appliance.mqtt.board import StateBoard
from appliance.queueing.presence import (
    ALL,
    Presence,
    Word,
    Words,
    from_document,
    last_word,
    of_people,
    said,
    to_document,
)
from appliance.roster.models import Roster

AGENTS_KEY = "agents"
CLOCKS_DIFFER = timedelta(minutes=1)
log = logging.getLogger(__name__)


class AgentDesk:
    """Open it before use. ``roster`` is the standing one, ``say`` records an event, ``unix`` is the time of day."""

    def __init__(
        self,
        journal: JournalPort,
        say: Callable[[str, Mapping[str, Any]], None],
        board: StateBoard,
        roster: Callable[[], Roster],
        unix: Callable[[], float],
    ) -> None:
        self._journal, self._say, self._board, self._roster, self._unix = journal, say, board, roster, unix
        self._words: Words = {}
        self._changing = asyncio.Lock()

    async def open(self) -> None:
        """Take up what was kept."""
        self._words = from_document(await self._journal.recall(AGENTS_KEY))
        self._tell()

    def list(self) -> dict[str, Any]:
        """All that stands, as it is told to the exchanges."""
        return {"agents": to_document(self._words)}

    async def set(
        self,
        person: str,
        presence: Presence,
        queue: str | None,
        minutes: float | None,
        reason: str | None,
        at: str | None,
        by: str,
    ) -> dict[str, Any]:
        """Let calls be brought to an agent, or not. ``queue``: of that one only. ``at``: when it was said, if that
        was before now. Raises :class:`CommandError`."""
        roster = self._roster()
        if roster.person_by_id(person) is None:
            raise CommandError(ErrorCode.BAD_REQUEST, phrase("nobody has the id {id}", id=repr(person)))
        if queue is not None and roster.queue_by_id(queue) is None:
            listing = ", ".join(one.id for one in roster.queue) or phrase("none yet")
            unknown = phrase("there is no queue {name}; there is {listing}", name=repr(queue), listing=listing)
            raise CommandError(ErrorCode.BAD_REQUEST, unknown)
        if minutes is not None and presence is not Presence.PAUSED:
            only_pauses = phrase("minutes are for a pause; log in or out without them")
            raise CommandError(ErrorCode.BAD_REQUEST, only_pauses)
        word = self._word(presence, minutes, reason, at, by)
        async with self._changing:
            people = {one.id for one in roster.person}
            words = of_people(said(self._words, person, queue or ALL, word), people)
            durable = await self._journal.remember(AGENTS_KEY, to_document(words))
            changed, self._words = words != self._words, words
        if changed:
            self._tell()
            until = rfc3339(word.until) if word.until is not None else None
            told = {"person": person, "queue": queue, "presence": presence.value, "until": until, "by": by}
            self._say(EventType.AGENT_SET, {**told, "reason": reason})
        stands = last_word(self._words, person, queue or ALL)
        return {
            "person": person,
            "queue": queue,
            "presence": stands.presence.value if stands is not None else presence.value,
            "until": rfc3339(stands.until) if stands is not None and stands.until is not None else None,
            "durable": durable,
        }

    def _word(self, presence: Presence, minutes: float | None, reason: str | None, at: str | None, by: str) -> Word:
        now = datetime.fromtimestamp(self._unix(), UTC)
        moment = now
        if at is not None:
            try:
                moment = datetime.fromisoformat(at)
            except ValueError:
                raise CommandError(ErrorCode.BAD_REQUEST, f"at: {at!r} is no time") from None
            if moment.tzinfo is None:
                raise CommandError(ErrorCode.BAD_REQUEST, f"at: {at!r} has no time zone")
            if moment > now + CLOCKS_DIFFER:
                moment = now  # a clock that is ahead must not stand against all that follows
        until = moment + timedelta(minutes=minutes) if minutes is not None else None
        return Word(presence, moment, by, until, reason)

    def _tell(self) -> None:
        self._board.publish({"schema": 1, "at": rfc3339(datetime.fromtimestamp(self._unix(), UTC)), **self.list()})
