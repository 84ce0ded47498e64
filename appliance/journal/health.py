"""How the journal is, in words a person can act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TroubleKind(StrEnum):
    """What keeps the journal from writing."""

    FULL = "full"
    READ_ONLY = "read_only"
    DAMAGED = "damaged"
    BUSY = "busy"
    STALLED = "stalled"
    MISSING = "missing"
    FAILED = "failed"


class JournalError(Exception):
    """The disk refused. ``reason`` is a sentence for people; ``aside`` names a damaged file that was moved away."""

    def __init__(self, kind: TroubleKind, reason: str, *, aside: str | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.aside = aside


@dataclass(frozen=True, slots=True)
class JournalHealth:
    """``ok`` while everything appended is on disk; else ``reason`` says why not.

    ``since`` is when it came to be so; ``waiting`` counts the events held in memory until the disk takes them.
    """

    ok: bool
    reason: str
    since: datetime
    waiting: int
