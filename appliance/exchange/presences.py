"""Which agents take calls, as the guard tells it and as agents say on this exchange's phones.

What is said here counts here at once and is kept; the guard is told as soon as it can be reached, and tells everybody
(decision 10). Without any broker this exchange goes on with what it knows.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from appliance.domain.times import rfc3339
from appliance.mqtt.links import UnreachableError
from appliance.queueing.presence import ALL, Word, Words, from_document, merged, said, to_document

AGENTS_KEY = "exchange-agents"
ANSWER_WITHIN_S, RETRY_S = 5.0, 5.0
MOST_UNTOLD = 1000
_log = logging.getLogger(__name__)


class Memory(Protocol):
    """Where values are kept."""

    async def remember(self, key: str, value: Any) -> bool:
        """Keep a JSON value."""

    async def recall(self, key: str) -> Any:
        """The value last kept."""


class GuardLink(Protocol):
    """The way to the guard."""

    async def command(self, name: str, args: Mapping[str, Any], id_: str, timeout_s: float) -> Mapping[str, Any]:
        """Give a command; its response. Raises ``UnreachableError``."""


class KeptPresences:
    """Open it with :meth:`open`; :meth:`run` keeps and tells, for ever."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._words: Words = {}
        self._untold: list[dict[str, Any]] = []
        self._watchers: list[Callable[[], None]] = []
        self._changed = asyncio.Event()

    @classmethod
    async def open(cls, memory: Memory) -> KeptPresences:
        """With what was kept."""
        presences = cls(memory)
        kept = await memory.recall(AGENTS_KEY)
        if isinstance(kept, dict):
            presences._words = from_document(kept.get("words"))
            untold = kept.get("untold")
            presences._untold = [one for one in untold if isinstance(one, dict)] if isinstance(untold, list) else []
        if presences._untold:
            presences._changed.set()
        return presences

    @property
    def words(self) -> Words:
        """What counts here."""
        return self._words

    def watch(self, tell: Callable[[], None]) -> None:
        """Have ``tell`` called after each change."""
        self._watchers.append(tell)

    def hear(self, _topic: str, payload: bytes) -> None:
        """The guard's retained document."""
        try:
            document = json.loads(payload)
        except (ValueError, RecursionError):
            return
        self._take(merged(self._words, from_document(document.get("agents") if isinstance(document, dict) else None)))

    async def say(self, person: str, word: Word, queue: str = ALL) -> None:
        """An agent says something on a phone of ours; on disk when this returns, as far as that takes it."""
        about = {} if queue == ALL else {"queue": queue}
        told: dict[str, Any] = {"person": person, "presence": word.presence.value, "by": word.by, **about}
        told["at"] = rfc3339(word.at)
        if word.until is not None:
            told["minutes"] = (word.until - word.at).total_seconds() / 60
        self._untold = [*self._untold, {"id": secrets.token_hex(8), "args": told}][-MOST_UNTOLD:]
        self._take(said(self._words, person, queue, word))
        await self._keep()

    async def run(self, guard: GuardLink) -> None:
        """Keep what was heard, and tell the guard what was said here."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._keep()
            while self._untold:
                if not await self._tell(guard, self._untold[0]):
                    await asyncio.sleep(RETRY_S)

    async def _tell(self, guard: GuardLink, one: Mapping[str, Any]) -> bool:
        try:
            answer = await guard.command("agent.set", one["args"], str(one["id"]), ANSWER_WITHIN_S)
        except UnreachableError:
            return False
        if answer.get("ok") is not True:
            _log.warning("the guard does not take what an agent said: %s", answer.get("error"))
        self._untold = [other for other in self._untold if other is not one]
        await self._keep()
        return True

    async def _keep(self) -> None:
        await self._memory.remember(AGENTS_KEY, {"words": to_document(self._words), "untold": self._untold})

    def _take(self, words: Words) -> None:
        if words == self._words:
            return
        self._words = words
        self._changed.set()
        for tell in self._watchers:
            tell()
