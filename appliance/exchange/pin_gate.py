"""Whether somebody is who they say, by their PIN: guesses are counted over calls, crashes and restarts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from appliance.exchange.pin_lock import Lock, kept, read_lock
from appliance.roster.models import Person
from appliance.roster.pins import hash_pin, is_pin
from appliance.threads import in_daemon_thread

_log = logging.getLogger(__name__)


class Memory(Protocol):
    """Where guesses are counted."""

    async def remember(self, key: str, value: Any) -> bool:
        """Keep a value, durably."""

    async def recall(self, key: str) -> Any:
        """The value last kept."""


class Answer(Enum):
    """What came of a guess."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"


class PinGate:
    """One exchange's. ``unix`` is the time of day."""

    def __init__(self, memory: Memory, unix: Callable[[], float]) -> None:
        self._memory, self._unix = memory, unix
        self._locks: dict[str, Lock] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._nobodys: str | None = None  # a hash for people without a PIN, so that they take as long as others

    async def opens(self, person: Person | None, pin: str) -> Answer:
        """Judge a guess. ``None`` and people without a PIN take as long as a wrong guess, and are never right."""
        if person is None:
            await self._is_pin(None, pin)
            return Answer.WRONG
        key = f"pin-lock-{person.id}"
        async with self._turns.setdefault(key, asyncio.Lock()):
            lock = self._locks.get(key) or read_lock(await self._memory.recall(key))
            now = self._unix()
            if lock.holds(now):
                return Answer.LOCKED
            counted = self._locks[key] = lock.tried(now)
            await self._memory.remember(key, kept(counted))
            if await self._is_pin(person.pin_hash, pin):
                self._locks[key] = Lock()
                await self._memory.remember(key, kept(Lock()))
                return Answer.RIGHT
            _log.warning("a wrong PIN for %s, %d in a row", person.id, counted.wrong)
            return Answer.LOCKED if counted.holds(now) else Answer.WRONG

    async def _is_pin(self, pin_hash: str | None, pin: str) -> bool:
        if pin_hash is None:
            if self._nobodys is None:
                self._nobodys = await in_daemon_thread(lambda: hash_pin("nobody's"), "pin")
            nobodys = self._nobodys
            await in_daemon_thread(lambda: is_pin(pin, nobodys), "pin")
            return False
        return await in_daemon_thread(lambda: is_pin(pin, pin_hash), "pin")
