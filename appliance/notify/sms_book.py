"""The messages an outbox has in hand: in memory first, on disk as soon as it takes them.

The database is opened when it is first needed. Ages are monotonic within a run: a clock that jumps gives up nothing.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

from appliance.notify import message as rules
from appliance.notify.message import Message
from appliance.notify.sms_store import SmsStore

log = logging.getLogger(__name__)

KEPT_IN_MEMORY = 500
DISK_ERRORS = (sqlite3.Error, OSError)


class SmsBook:
    """``unix`` is the wall clock; ``reports_within_s`` how long after its sending a message may be reported on;
    ``before_opening`` may make ready what the database needs."""

    def __init__(
        self,
        path: Path,
        unix: Callable[[], float],
        reports_within_s: float,
        before_opening: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._path = path
        self._unix = unix
        self._reports_within_s = reports_within_s
        self._before_opening = before_opening
        self._store: SmsStore | None = None
        self._opening = asyncio.Lock()
        self._messages: dict[int, Message] = {}
        self._accepted: dict[int, float] = {}
        self._unsaved: set[int] = set()

    @property
    def open(self) -> bool:
        """Whether the database is."""
        return self._store is not None

    @property
    def messages(self) -> Sequence[Message]:
        """What is in hand, oldest first."""
        return list(self._messages.values())

    @property
    def going(self) -> list[Message]:
        """What is still to be sent, oldest first."""
        return [one for one in self._messages.values() if one.state.on_its_way]

    async def exists(self) -> bool:
        """Whether there is a database."""
        return await asyncio.to_thread(self._path.exists)

    async def store(self) -> tuple[SmsStore, list[Message] | None]:
        """The database, and, if this call opened it, what was found in it. Raises one of ``DISK_ERRORS``."""
        async with self._opening:
            if self._store is not None:
                return self._store, None
            if self._before_opening is not None:
                await self._before_opening()
            store = await SmsStore.open(self._path)
            try:
                now = self._unix()
                kept = await store.open_messages(now - self._reports_within_s)
                restored = [rules.after_restart(message, now) for message in kept]
                if changed := [after for before, after in zip(kept, restored, strict=True) if after is not before]:
                    await store.save(changed)
            except BaseException:
                await store.close()
                raise
            for message in restored:
                self.enter(message)
            self._store = store
            return store, restored

    async def close(self) -> None:
        """Let go of the database."""
        store, self._store = self._store, None
        if store is not None:
            await store.close()

    def enter(self, message: Message) -> bool:
        """Take a message in hand; ``False`` where it is already."""
        if message.id in self._messages:
            return False
        age_s = max(0.0, self._unix() - message.accepted_at)
        self._messages[message.id] = message
        self._accepted[message.id] = asyncio.get_running_loop().time() - age_s
        return True

    def present(self, message: Message) -> Message:
        """The message as it is now."""
        return self._messages.get(message.id, message)

    def age_s(self, message: Message) -> float:
        """How long ago it was accepted."""
        return asyncio.get_running_loop().time() - self._accepted[message.id]

    async def keep(self, message: Message) -> bool:
        """Remember the new state, and write it with whatever could not be written before; whether it is durable."""
        self._messages[message.id] = message
        self._unsaved.add(message.id)
        wanted = [self._messages[id_] for id_ in self._unsaved if id_ in self._messages]
        try:
            if self._store is None:
                raise OSError("the database is closed")
            await self._store.save(wanted)
        except DISK_ERRORS as error:
            log.error("the state of message %d cannot be kept (%s)", message.id, error)  # noqa: TRY400
            return False
        self._unsaved -= {saved.id for saved in wanted if self._messages.get(saved.id) is saved}
        return True

    def undo(self, message: Message) -> None:
        """What was not durable did not happen."""
        self._messages[message.id] = message

    def forget_old(self) -> Iterable[int]:
        """Drop from memory what no report can come for any more; the ids."""
        done = [one for one in self._messages.values() if not one.state.on_its_way and one.id not in self._unsaved]
        old = [
            one.id
            for index, one in enumerate(done)
            if self.age_s(one) > 2 * self._reports_within_s or index < len(done) - KEPT_IN_MEMORY
        ]
        for id_ in old:
            del self._messages[id_], self._accepted[id_]
        return old
