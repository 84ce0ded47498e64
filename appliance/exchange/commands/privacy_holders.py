"""One caller's callbacks and messages, beside whoever works on them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.domain.privacy import Erased, HolderError, digits_of
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
    """Messages that are not with the outbox yet: in seconds they are, and notices then."""

    kind = "messages"

    def __init__(self, path: Path) -> None:
        self._path = path

    async def export(self, digits: str) -> Sequence[Mapping[str, Any]]:
        """What was left, without its sound."""
        return [{**asdict(one.left), "state": str(one.state)} for one in await self._of(digits)]

    async def erase(self, digits: str) -> Erased:
        """Nothing here: they are on their way."""
        return Erased(0, len(await self._of(digits)))

    async def _of(self, digits: str) -> list[Message]:
        try:
            store = await VoicemailStore.open(self._path)
            try:
                found = [one for state in State for one in await store.of_state(state)]
            finally:
                await store.close()
        except (sqlite3.Error, OSError) as error:
            raise HolderError(f"messages cannot be read ({error})") from None
        return [one for one in found if digits_of(one.left.caller) == digits]
