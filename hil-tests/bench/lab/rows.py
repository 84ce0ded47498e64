"""Rows of the call logs: a row is written when a call comes, and is whole a moment after its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bench.lab.exchange_roles import Exchanges
from bench.lab.roles import NotReachedError

WHOLE_WITHIN_S = 90.0
PAUSE_S = 0.2
ROUNDED_S = 0.01  # times of the log have milliseconds


def unix(text: str) -> float:
    """A time of the log in Unix seconds."""
    return datetime.fromisoformat(text).timestamp()


async def row_of(exchanges: Exchanges, caller: str | None, since: float = 0.0) -> Mapping[str, Any]:
    """The row of the newest call of ``caller`` (``None``: who hides the number) that came after ``since`` (Unix
    seconds), once it is whole.

    Raises :class:`bench.lab.roles.NotReachedError`.
    """
    deadline = time.monotonic() + WHOLE_WITHIN_S
    while True:
        rows = [
            row
            for row in await exchanges.calls()
            if row["caller"] == caller and unix(row["arrived_at"]) + ROUNDED_S >= since
        ]
        if rows and rows[-1]["ended_at"]:
            return rows[-1]
        if time.monotonic() > deadline:
            raise NotReachedError(f"the log does not tell the end of the call of {caller}: {rows}")
        await asyncio.sleep(PAUSE_S)
