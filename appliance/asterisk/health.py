"""The exchange's own health, for the guard beside it: watched through the manager interface, told on a socket.

The guard asks on a unix socket instead of over MQTT, because it must know without a broker; and it asks, so that an
exchange that hangs is silent, which an old message would not be.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from appliance.asterisk.manager import Manager, ManagerError
from appliance.asterisk.readiness import Seen

SOCKET = "exchange.sock"  # below the state directory
EVERY_S = 2.0
PATIENCE_S = 4.0
_log = logging.getLogger(__name__)


class AsteriskWatch:
    """Asks Asterisk every few seconds how its registrations are. ``seen`` is the newest answer."""

    def __init__(
        self,
        host: str,
        port: int,
        secret: Callable[[], str],
        *,
        every_s: float = EVERY_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._host, self._port, self._secret = host, port, secret
        self._every_s, self._patience_s = every_s, patience_s
        self.seen = Seen()

    async def run(self) -> None:
        """Watch, forever."""
        while True:
            try:
                async with _connected(self._host, self._port, self._secret(), self._patience_s) as manager:
                    await self._ask_on(manager)
            except Exception as error:
                if not isinstance(error, ManagerError):
                    _log.exception("the watch over Asterisk failed")
                self._note(str(error) or type(error).__name__)
            await asyncio.sleep(self._every_s)

    async def _ask_on(self, manager: Manager) -> None:
        while True:
            registrations = await manager.registrations()
            if self.seen.trouble and self.seen.at is not None:
                _log.warning("Asterisk answers again")
            self.seen = Seen(asyncio.get_running_loop().time(), "", registrations)
            await asyncio.sleep(self._every_s)

    def _note(self, trouble: str) -> None:
        if trouble != self.seen.trouble:
            _log.warning("Asterisk: %s", trouble)
        self.seen = Seen(self.seen.at, trouble, self.seen.registrations)


@contextlib.asynccontextmanager
async def _connected(host: str, port: int, secret: str, patience_s: float) -> AsyncIterator[Manager]:
    manager = await Manager.connect(host, port, secret, timeout_s=patience_s)
    try:
        yield manager
    finally:
        manager.close()


class HealthSocket:
    """Answers whoever connects with one line of JSON, and hangs up. ``report`` is called for each question."""

    def __init__(self, path: Path, report: Callable[[], Mapping[str, Any]]) -> None:
        self._path = path
        self._report = report
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; a socket left behind by a killed exchange is replaced. Raises ``OSError``."""
        self._server = await asyncio.start_unix_server(self._answer, self._path)
        await asyncio.to_thread(self._path.chmod, 0o660)

    async def close(self) -> None:
        """Stop listening and take the socket away."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
            await asyncio.to_thread(self._path.unlink, missing_ok=True)

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(json.dumps(self._report()).encode() + b"\n")
            async with asyncio.timeout(PATIENCE_S):
                await writer.drain()
        except (OSError, TimeoutError):
            pass
        except Exception:  # silence is then the right answer
            _log.exception("the health report failed")
        finally:
            writer.close()
