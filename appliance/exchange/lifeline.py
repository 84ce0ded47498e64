"""Nobody waits for an exchange that never comes back.

The dialplan lets each caller in for so many seconds only (``TIMEOUT(absolute)``), and then leads them to the
technician. While the exchange lives it gives every caller who waits more time, again and again; whoever talks has all
the time they want: a talk goes on without us.

What is given to whoever waits is not urgent, and a hundred who wait are given something every 0.15 s. It is done one
at a time, over all callers: whoever has an agent would stand behind them all until they may talk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from appliance.asterisk.ari import AriError

RENEWALS = 4  # in the time that a caller has; so many may fail but one
UNBOUNDED = "0"
_log = logging.getLogger(__name__)


class Lifeline:
    """One caller's. ``give`` sets the channel's ``TIMEOUT(absolute)``; ``life_s`` is what the dialplan gave, 0 where
    it gave all the time in the world: then nothing is done at all. ``one_at_a_time`` is all callers' together."""

    def __init__(self, give: Callable[[str], Awaitable[None]], life_s: int, one_at_a_time: asyncio.Lock) -> None:
        self._give, self._life_s, self._one_at_a_time = give, life_s, one_at_a_time
        self._talks = False
        self._turn = asyncio.Lock()

    async def keep(self) -> None:
        """Renew it until cancelled."""
        while self._life_s:
            await asyncio.sleep(self._life_s / RENEWALS)
            async with self._one_at_a_time, self._turn:
                if not self._talks:
                    await self._try(str(self._life_s))

    async def let_talk(self) -> None:
        """From now on they have all the time they want. Raises :class:`appliance.asterisk.ari.AriError`."""
        if not self._life_s:
            return
        async with self._turn:
            self._talks = True
            await self._give(UNBOUNDED)

    async def waits(self) -> None:
        """The talk is over, and the caller waits for another one."""
        if self._life_s and self._talks:
            async with self._turn:
                self._talks = False
                await self._try(str(self._life_s))

    async def _try(self, value: str) -> None:
        try:
            await self._give(value)
        except AriError as error:  # the caller has just gone, or Asterisk is away: both are told in another way
            _log.debug("a caller's time was not renewed: %s", error)
