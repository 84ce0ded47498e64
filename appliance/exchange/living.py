"""How a call's task ends that met an error: taken up again later where Asterisk is away, else led out of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from appliance.asterisk.ari import AriError

_log = logging.getLogger(__name__)


async def lived(
    name: str, live: Callable[[], Awaitable[None]], escape: Callable[[Exception], Awaitable[None]]
) -> None:
    """Do ``live``; a fault of ours or of Asterisk's is ``escape``'s. ``name`` is for the log. Raises nothing but
    ``CancelledError``."""
    try:
        await live()
    except AriError as error:
        if not error.unreachable:
            await escape(error)
        else:
            _log.warning("%s: %s; it is taken up once Asterisk answers", name, error)
    except Exception as error:
        await escape(error)
