"""A service in the foreground: it runs until a signal, and has left two seconds after it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Coroutine
from typing import Any

from appliance.cli.exits import Exit

LEAVE_WITHIN_S = 1.8  # the promise is two seconds; a thread stuck in a driver must not break it
FILES_FOR_US = 0o027  # as our units say it: calls, numbers and messages are not for everybody on the machine
_log = logging.getLogger("hotline")


async def until_signal(service: Coroutine[Any, Any, int]) -> int:
    """Run it. Every file of our services is safe against a kill: better to leave hard than late."""
    os.umask(os.umask(FILES_FOR_US) | FILES_FOR_US)  # who started us may have been stricter
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(service)
    stopping = False

    def stop(number: signal.Signals) -> None:
        nonlocal stopping
        if stopping:
            return
        stopping = True
        _log.info("%s: leaving", number.name)
        last_resort = threading.Timer(LEAVE_WITHIN_S, _leave_hard)
        last_resort.daemon = True  # it must outlast the event loop, but never hold up a clean end
        last_resort.start()
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not stopping:
            raise
        return Exit.DONE


def _leave_hard() -> None:
    _log.error("still not gone after %.1f s: leaving hard", LEAVE_WITHIN_S)
    os._exit(Exit.REFUSED)
