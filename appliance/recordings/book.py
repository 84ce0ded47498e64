"""Which recordings there are: durable, opened anew after a disk that failed. Raises :class:`RecordingsError`."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from appliance.domain.calls import CallRecord
from appliance.domain.phrase import phrase
from appliance.recordings import store
from appliance.recordings.entry import Recording, State, Wanted
from appliance.storage import Database, is_passing

T = TypeVar("T")
WITHIN_S = 5.0
FILE = "recordings.db"


class RecordingsError(Exception):
    """The disk refuses or hangs, or there is no such recording; the message says which."""


class Book:
    """Each method is one transaction, durable once it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: Database | None = None
        self._opening = asyncio.Lock()

    async def begin(self, recording: Recording) -> None:
        """Note it before anything of it is there."""
        await self._run(lambda connection: store.put(connection, recording))

    async def change(self, name: str, state: State, reason: str = "", frames: int = 0) -> None:
        """Note how far it is."""
        await self._run(lambda connection: store.change(connection, name, state=state, reason=reason, frames=frames))

    async def forget(self, name: str) -> None:
        """It is not there any more, or never was."""
        await self._run(lambda connection: store.forget(connection, name))

    async def get(self, name: str) -> Recording | None:
        """By name."""
        return await self._run(lambda connection: store.get(connection, name))

    async def of_state(self, state: State) -> list[Recording]:
        """All of a state, oldest first."""
        return await self._run(lambda connection: store.of_state(connection, state))

    async def due(self, now: str, limit: int) -> list[Recording]:
        """Those whose time is over."""
        return await self._run(lambda connection: store.due(connection, now, limit))

    async def oldest(self, before: str, limit: int) -> list[Recording]:
        """The oldest that are done."""
        return await self._run(lambda connection: store.oldest(connection, before, limit))

    async def find(self, wanted: Wanted) -> list[Recording]:
        """What is looked for, newest first."""
        return await self._run(lambda connection: store.find(connection, wanted))

    async def of_number(self, digits: str) -> list[Recording]:
        """Everything in which a number took part."""
        return await self._run(lambda connection: store.of_number(connection, digits))

    async def names(self) -> set[str]:
        """Every recording there is."""
        return await self._run(store.names)

    async def place(self) -> int:
        """How far the call log was read."""
        return await self._run(store.place)

    async def follow(self, records: Sequence[CallRecord], seq: int) -> None:
        """Take over what the log says of recorded calls, and how far it was read."""
        await self._run(lambda connection: store.follow(connection, records, seq))

    async def close(self) -> None:
        """Let go."""
        database, self._database = self._database, None
        if database is not None:
            await database.close()

    async def _run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        try:
            # not wait_for(): before Python 3.12 it may swallow a cancellation that comes with the result
            async with asyncio.timeout(WITHIN_S):
                async with self._opening:
                    if self._database is None:
                        self._database = await Database.open(self._path, store.MIGRATIONS)
                    database = self._database
                return await database.run(job)
        except TimeoutError:
            raise RecordingsError(phrase("the disk does not answer")) from None
        except (sqlite3.Error, OSError) as error:
            if not is_passing(error):
                await self.close()
            raise RecordingsError(phrase("the list of recordings cannot be used ({why})", why=str(error))) from error
