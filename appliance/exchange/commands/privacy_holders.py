"""One caller's callbacks and messages, beside whoever works on them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.domain.privacy import Erased, HolderError, digits_of
from appliance.exchange.mailbox.files import FOLDER
from appliance.exchange.mailbox.store import Message, State, VoicemailStore
from appliance.queueing.callback_store import CallbackStore, CallbackStoreError


class CallbackHolder:
    """Those that are over are erased; one that stands is in use until somebody has called, or it is cancelled."""

    kind = "callbacks"

    def __init__(self, path: Path) -> None:
        self._path = path

    async def export(self, digits: str) -> Sequence[Mapping[str, Any]]:
        """All of the number."""
        store = CallbackStore(self._path)
        try:
            return [asdict(one) for one in await store.of_number(f"+{digits}")]
        except CallbackStoreError as error:
            raise HolderError(str(error)) from None
        finally:
            await store.close()

    async def erase(self, digits: str) -> Erased:
        """Those that are over."""
        store = CallbackStore(self._path)
        try:
            erased = await store.erase(f"+{digits}")
            return Erased(erased, len(await store.of_number(f"+{digits}")))
        except CallbackStoreError as error:
            raise HolderError(str(error)) from None
        finally:
            await store.close()


class VoicemailHolder:
    """Messages in mailboxes, with their sound. Those that the outbox has not got yet are in use, for seconds."""

    kind = "messages"

    def __init__(self, path: Path) -> None:
        self._path = path

    async def export(self, digits: str) -> Sequence[Mapping[str, Any]]:
        """What was left; the sound itself comes by ``voicemail.read``."""
        async with self._store() as store:
            return [
                {**asdict(one.left), "id": one.left.call, "state": str(one.state)} for one in await _of(store, digits)
            ]

    async def erase(self, digits: str) -> Erased:
        """File and row of each; the file first, since the row names it."""
        async with self._store() as store:
            found = await _of(store, digits)
            done = [one for one in found if one.state is State.HANDED]
            for one in done:
                await asyncio.to_thread((self._path.parent / FOLDER / one.file).unlink, missing_ok=True)
                await store.forget(one.left.call)
            return Erased(len(done), len(found) - len(done))

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[VoicemailStore]:
        try:
            store = await VoicemailStore.open(self._path)
            try:
                yield store
            finally:
                await store.close()
        except (sqlite3.Error, OSError) as error:
            raise HolderError(f"messages cannot be read or erased ({error})") from None


async def _of(store: VoicemailStore, digits: str) -> list[Message]:
    found = await store.of_state(*State)
    return [one for one in found if digits_of(one.left.caller) == digits]
