"""Recording of calls: both sides mixed into one WAV file, by Asterisk's MixMonitor on the caller's channel.

Not a recording of the bridge (ARI): that makes Asterisk mix the talk for everybody in it, which costs a delay of tens
of milliseconds and twice the CPU (figures.md, "Fifty calls at once"). MixMonitor only listens, and stays with the
caller over transfers and over restarts of the exchange. ARI has no way to ask for it; the manager interface has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from appliance.asterisk.manager import Manager, ManagerError, RefusedError

_log = logging.getLogger(__name__)
TRIES = 2  # a connection that went stale is found out by the first


class Recorder:
    """``folder`` is where recordings go, as Asterisk knows it."""

    def __init__(self, host: str, port: int, secret: Callable[[], str], folder: Path) -> None:
        self._host, self._port, self._secret, self._folder = host, port, secret, folder
        self._manager: Manager | None = None
        self._turn = asyncio.Lock()

    async def start(self, channel: str, name: str) -> bool:
        """Record the call of ``channel`` into the file ``name``; ``False`` where Asterisk does not: a call that is
        not recorded is better than none, so that is only said."""
        headers = {"Channel": channel, "File": str(self._folder / name)}
        async with self._turn:
            for left in reversed(range(TRIES)):
                try:
                    manager = await self._connected()
                    await manager.action("MixMonitor", **headers)
                    return True
                except RefusedError as error:
                    _log.error("call %s is not recorded: %s", channel, error)
                    return False
                except ManagerError as error:
                    self.close()
                    if not left:
                        _log.error("call %s is not recorded: %s", channel, error)
        return False

    def close(self) -> None:
        """Let go of the connection; what is being recorded goes on."""
        if self._manager is not None:
            self._manager.close()
            self._manager = None

    async def _connected(self) -> Manager:
        if self._manager is None or not self._manager.connected:
            self._manager = await Manager.connect(self._host, self._port, self._secret())
        return self._manager
