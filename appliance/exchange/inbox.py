"""What a call reads: one queue of events, each wait with an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from appliance.screening.verdict import Verdict

T = TypeVar("T")


class Inbox(Generic[T]):
    """A queue whose reader never waits for ever, unless it says so."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._queue: asyncio.Queue[T] = asyncio.Queue()
        self._now = now

    def put(self, item: T) -> None:
        """Never waits."""
        self._queue.put_nowait(item)

    async def next(self, until: float | None = None) -> T | None:
        """The next item, or ``None`` once the clock has reached ``until``."""
        if until is None:
            return await self._queue.get()
        if not self._queue.empty():
            return self._queue.get_nowait()
        try:
            async with asyncio.timeout(max(0.0, until - self._now())):
                return await self._queue.get()
        except TimeoutError:
            return None


@dataclass(frozen=True, slots=True)
class BookChanged:
    """Somebody became free, or was taken."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """A member's INVITE has left."""

    member: str


@dataclass(frozen=True, slots=True)
class PickedUp:
    """A member's phone was picked up, and is being screened."""

    member: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What the watch on a leg that was connected came to: a machine after all, or a human for good."""

    channel: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Somebody else has moved the callback that this call is."""


@dataclass(frozen=True, slots=True)
class AttemptOver:
    """The attempt to reach a member is over; the task holds what came of it."""

    member: str
