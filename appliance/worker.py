"""One thread that touches the files of one database.

Not a ``ThreadPoolExecutor``: the interpreter joins those on exit however long it takes, and a failing SD card can
hold a thread in the kernel for minutes. The service must be gone two seconds after SIGTERM all the same.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Worker:
    """Runs jobs one after the other in their order of arrival; results come back to the event loop."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = SimpleQueue()
        self._ended = self._loop.create_future()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def start(self, job: Callable[[], T]) -> asyncio.Future[T]:
        """Queue a job. Cancelling the future gives up the answer; the job is done all the same."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((job, future))
        return future

    async def close(self, patience_s: float) -> bool:
        """Let queued jobs end, then the thread; ``False`` where it hangs and was left to die with the process."""
        self._jobs.put(None)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await asyncio.shield(self._ended)
            self._thread.join()
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            try:
                result = job()
            except Exception as error:
                self._tell(_fail, future, error)
            else:
                self._tell(_succeed, future, result)
        self._tell(_succeed, self._ended, None)

    def _tell(self, how: Callable[[asyncio.Future[Any], Any], None], future: asyncio.Future[Any], what: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(how, future, what)


def _succeed(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
