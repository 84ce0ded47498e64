"""How the call log is, and what its disk means by an error."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from appliance.storage import error_code

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class CallLogError(Exception):
    """The log cannot be read now; the message says why."""


@dataclass(frozen=True, slots=True)
class CallLogHealth:
    """``ok`` while every record is on disk; else ``reason`` says why not, and ``waiting`` how many are in memory.

    ``lost`` counts records that were given up because too many waited.
    """

    ok: bool
    reason: str
    waiting: int
    lost: int


def set_aside_if_damaged(path: Path, error: Exception) -> None:
    """Keep a damaged file under another name, so that a new one is begun. Blocks."""
    if error_code(error) not in _DAMAGED:
        return
    aside = f"{path}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")
