"""Blocking calls that have no asynchronous form, for every room: name look-ups, reading certificates."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def in_daemon_thread(job: Callable[[], T], name: str) -> asyncio.Future[T]:
    """Run ``job`` in a thread of its own, called ``name``; the future has its result or its ``Exception``. Cancelling
    the future gives up the answer and leaves the thread to itself.

    Not the loop's executor: a name server that is silent holds a thread for half a minute, which would starve the
    journal's writes and, as executor threads are waited for at the end, keep the service from stopping in time.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failure = None, None
        try:
            result = job()
        except Exception as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
