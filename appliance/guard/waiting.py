"""Sleeping until a time or until woken, and never so long that the watchdog would miss a beat."""

from __future__ import annotations

import asyncio
from contextlib import suppress

LONGEST_SLEEP_S = 30.0


async def sleep_until(at: float | None, woken: asyncio.Event) -> None:
    """Return at ``at`` (loop time; ``None``: at no time), when ``woken`` is set, or after the longest sleep."""
    latest = asyncio.get_running_loop().time() + LONGEST_SLEEP_S
    with suppress(TimeoutError):
        async with asyncio.timeout_at(latest if at is None else min(at, latest)):
            await woken.wait()
