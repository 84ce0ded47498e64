"""What a service can do without for a while is started again when it breaks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

_log = logging.getLogger(__name__)
PAUSE_S = 5.0


async def again(name: str, serve: Callable[[], Awaitable[None]], pause_s: float = PAUSE_S) -> None:
    """Run ``serve`` for ever: where it fails or ends, it is run anew after a pause."""
    while True:
        try:
            await serve()
        except Exception:
            _log.exception("%s failed; starting it again in %g s", name, pause_s)
        await asyncio.sleep(pause_s)
