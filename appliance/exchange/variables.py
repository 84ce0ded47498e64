"""Setting variables of callers' channels, through the manager interface.

ARI can do it, too, but a channel that ARI has set a variable on may neither read nor write Asterisk's database any
more, which the dialplan behind us needs: for whom to ring, and to note how the call ended. ARI is the last resort.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from appliance.asterisk.channels import Channels
from appliance.asterisk.manager import Manager, ManagerError, RefusedError

TRIES = 2  # a connection that went stale is found out by the first
_log = logging.getLogger(__name__)


class ThroughAri:
    """Where there is no manager interface."""

    async def set(self, channels: Channels, channel: str, variable: str, value: str) -> None:
        """Set a variable or function. Raises :class:`appliance.asterisk.ari.AriError`."""
        await channels.set(channel, variable, value)


class Variables:
    """One connection, made when it is first needed."""

    def __init__(self, host: str, port: int, secret: Callable[[], str]) -> None:
        self._place, self._secret = (host, port), secret
        self._manager: Manager | None = None
        self._turn = asyncio.Lock()

    async def set(self, channels: Channels, channel: str, variable: str, value: str) -> None:
        """Set a variable or function. Raises :class:`appliance.asterisk.ari.AriError` where no way leads there."""
        async with self._turn:
            for left in reversed(range(TRIES)):
                try:
                    manager = await self._connected()
                    await manager.action("Setvar", Channel=channel, Variable=variable, Value=value)
                    return
                except RefusedError:
                    break  # the channel has just gone, or the manager interface is of an older rendering
                except ManagerError as error:
                    self.close()
                    if not left:
                        _log.warning("%s is set on %s through ARI: %s", variable, channel, error)
        await channels.set(channel, variable, value)

    async def aclose(self) -> None:
        """Let go of the connection."""
        self.close()

    def close(self) -> None:
        """Let go of the connection; it is made anew when it is needed."""
        if self._manager is not None:
            self._manager.close()
            self._manager = None

    async def _connected(self) -> Manager:
        if self._manager is None or not self._manager.connected:
            self.close()
            self._manager = await Manager.connect(*self._place, self._secret())
        return self._manager
