"""Callers who wait until what they asked for is on disk. Many share one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Commit:
    """Somebody waits until events up to ``last_id``, and all else there was then, are on disk."""

    last_id: int
    batches_before: int
    future: asyncio.Future[bool]


class Commits:
    """Futures that end with ``True`` (durable) or ``False`` (the disk refuses)."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Commit] = []
        self._batches = 0

    def wait(self, last_id: int) -> asyncio.Future[bool]:
        """Wait for everything there is now, the newest event being ``last_id``."""
        future: asyncio.Future[bool] = self._loop.create_future()
        self._waiting.append(_Commit(last_id, self._batches, future))
        return future

    def batch_taken(self) -> None:
        """A batch is on its way: who comes now waits for a later one."""
        self._batches += 1

    def batch_written(self, first_waiting: int | None) -> None:
        """That batch is durable; events from ``first_waiting`` on are not."""
        self._settle(
            lambda c: c.batches_before < self._batches and (first_waiting is None or c.last_id < first_waiting), True
        )

    def settle_all(self, *, durable: bool) -> None:
        """Nobody need wait any longer."""
        self._settle(lambda _: True, durable)

    def _settle(self, which: Callable[[_Commit], bool], durable: bool) -> None:
        settled = [commit for commit in self._waiting if which(commit)]
        self._waiting = [commit for commit in self._waiting if not which(commit)]
        for commit in settled:
            if not commit.future.done():
                commit.future.set_result(durable)
