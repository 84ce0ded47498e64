"""Checked rosters that wait for a yes: kept in memory for a while, each for the one who sent it, taken once.

What waits may hold a password that was given anew. So it is never sent back to a browser, which gets a token instead.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 8
LASTS_S = 1800.0


@dataclass(frozen=True, slots=True)
class Draft:
    """A document, and the revision that it was checked against."""

    account: str
    document: Mapping[str, Any]
    revision: int
    made_at: float


class Drafts:
    """All that wait."""

    def __init__(self) -> None:
        self._kept: dict[str, Draft] = {}

    def keep(self, draft: Draft) -> str:
        """Its token. The oldest goes where there are too many."""
        self._tidy(draft.made_at)
        while len(self._kept) >= MOST:
            del self._kept[min(self._kept, key=lambda token: self._kept[token].made_at)]
        token = secrets.token_urlsafe(24)
        self._kept[token] = draft
        return token

    def take(self, token: str, account: str, now: float) -> Draft | None:
        """The draft, once, for who kept it; ``None`` where there is none any more."""
        self._tidy(now)
        found = self._kept.get(token)
        return self._kept.pop(token) if found is not None and found.account == account else None

    def _tidy(self, now: float) -> None:
        self._kept = {token: one for token, one in self._kept.items() if now - one.made_at < LASTS_S}
