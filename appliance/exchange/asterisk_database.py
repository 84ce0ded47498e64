"""What the exchange keeps in Asterisk's own database: whom the dialplan rings when there is no exchange."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection

from appliance.asterisk.manager import Manager, ManagerError
from appliance.asterisk.site import DATABASE_FAMILY, ENDED_FAMILY, TECHNICIAN_KEY
from appliance.exchange import unseen
from appliance.exchange.unseen import Note

_log = logging.getLogger(__name__)
LOOK_EVERY_S = 30.0
RETRY_S = 2.0


class AsteriskDatabase:
    """Level-triggered: what should be there is compared with what was written since Asterisk was reached."""

    def __init__(self, host: str, port: int, secret: Callable[[], str], technician: Callable[[], str | None]) -> None:
        self._host, self._port, self._secret, self._technician = host, port, secret, technician
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Something may have changed, or Asterisk may be another one."""
        self._poked.set()

    async def run(self) -> None:
        """Keep it right, for ever."""
        told = ""
        while True:
            try:
                await self._keep()
            except ManagerError as error:
                if str(error) != told:
                    _log.warning("the technician's number is not kept in Asterisk: %s", error)
                    told = str(error)
                await asyncio.sleep(RETRY_S)

    async def _keep(self) -> None:
        manager = await self._connect()
        try:
            while True:
                self._poked.clear()
                number = self._technician()
                if number is not None and number != await manager.db_get(DATABASE_FAMILY, TECHNICIAN_KEY):
                    await manager.db_put(DATABASE_FAMILY, TECHNICIAN_KEY, number)
                    _log.info("without an exchange, Asterisk rings %s", number)
                try:
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._poked.wait()
                except TimeoutError:
                    continue
        finally:
            manager.close()

    async def notes(self) -> dict[str, Note]:
        """How calls ended that nobody of us saw, by channel id; empty where Asterisk does not say."""
        try:
            manager = await self._connect()
        except ManagerError as error:
            _log.warning("Asterisk cannot be asked how calls ended: %s", error)
            return {}
        try:
            found = await manager.listing("DBGetTree", Family=ENDED_FAMILY)
        except ManagerError:  # nothing was kept
            return {}
        finally:
            manager.close()
        read = {one.get("Key", "").rpartition("/")[2]: unseen.read(one.get("Val", "")) for one in found}
        return {channel: note for channel, note in read.items() if channel and note is not None}

    async def forget_notes(self, channels: Collection[str]) -> None:
        """Those are in the log now; a call that ended meanwhile keeps its own."""
        try:
            manager = await self._connect()
        except ManagerError:
            return
        try:
            for channel in channels:
                await manager.action("DBDel", Family=ENDED_FAMILY, Key=channel)
        except ManagerError as error:
            _log.warning("notes of calls that ended stay in Asterisk: %s", error)
        finally:
            manager.close()

    async def _connect(self) -> Manager:
        return await Manager.connect(self._host, self._port, self._secret())
