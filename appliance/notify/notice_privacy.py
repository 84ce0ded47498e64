"""One caller in the notices: those to them, and those about them that are still to be handed over."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from appliance.domain.privacy import Erased, HolderError, digits_of
from appliance.notify.notice_store import MIGRATIONS
from appliance.storage import Database

_FOUND = "SELECT id, channel, recipient, subject, text, at, state, sound FROM letter"


class NoticeHolder:
    """Opens the file beside whoever hands notices over."""

    kind = "notices"

    def __init__(self, path: Path) -> None:
        self._path = path

    async def export(self, digits: str) -> Sequence[Mapping[str, Any]]:
        """What was or is to be told to the caller, or of them."""
        found: list[sqlite3.Row] = await self._with(lambda connection: _of(connection, digits))
        return [{**dict(row), "sound": await asyncio.to_thread(_sound, row["sound"])} for row in found]

    async def erase(self, digits: str) -> Erased:
        """Gone, those too that were not handed over."""

        def erase(connection: sqlite3.Connection) -> int:
            connection.execute("PRAGMA secure_delete = ON")
            found = _of(connection, digits)
            for row in found:
                if row["sound"] is not None:  # first: nobody would know of it later
                    Path(row["sound"]).unlink(missing_ok=True)
            connection.executemany("DELETE FROM letter WHERE id = ?", [(row["id"],) for row in found])
            return len(found)

        return Erased(await self._with(erase))

    async def _with(self, job: Any) -> Any:
        try:
            database = await Database.open(self._path, MIGRATIONS)
            try:
                return await database.run(job)
            finally:
                await database.close()
        except (sqlite3.Error, OSError) as error:
            raise HolderError(f"notices cannot be read ({error})") from None


def _sound(path: str | None) -> str | None:
    """The file that comes with a letter, as JSON can carry it."""
    try:
        return None if path is None else base64.b64encode(Path(path).read_bytes()).decode()
    except OSError:
        return None


def _of(connection: sqlite3.Connection, digits: str) -> list[sqlite3.Row]:
    return [
        row
        for row in connection.execute(_FOUND)
        if digits_of(row["recipient"] if row["channel"] == "sms" else None) == digits
        or digits in digits_of(f"{row['subject'] or ''} {row['text']}")
        or (row["sound"] is not None and f"-{digits}-" in Path(row["sound"]).name)  # its text is gone once it is sent
    ]
