"""How much the journal keeps, and how patient it is."""

from __future__ import annotations

from dataclasses import dataclass

RESPONSE_KEPT_S = 3600.0  # CONTRACT: the same id within an hour gives the first response again


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that let a box run for years without a visit. Times in seconds.

    While the disk refuses, at most ``waiting_events`` are held in memory; beyond that the oldest is given up first,
    for the newest say how things stand now, and the number given up is told when the journal heals.
    """

    waiting_events: int = 10_000
    waiting_responses: int = 1_000
    batch_events: int = 500
    event_bytes: int = 256 * 1024
    patience_s: float = 5.0  # a disk that has not answered by then counts as refusing: SD cards can hang for minutes
    retry_first_s: float = 1.0
    retry_most_s: float = 60.0
    lazy_s: float = 5.0  # cursors may wait so long for a write: losing one only repeats deliveries
    close_s: float = 1.5  # the service must be gone two seconds after SIGTERM
    keep_days: float = 90.0
    keep_events: int = 200_000
    prune_every_s: float = 6 * 3600.0
    prune_every_events: int = 1_000
