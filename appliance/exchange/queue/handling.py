"""How long agents were busy with callers of late, by queue: what those who wait are told is made of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import timedelta

from appliance.domain.calls import CallRecord
from appliance.queueing.terms import RECENT, Left
from appliance.roster.models import Roster

RECALLED = timedelta(hours=12)  # calls of before a restart that are told of


class Handling:
    """Seconds of talk and wrap-up, the last ones of each queue. Memory only; :meth:`recall` fills it."""

    def __init__(self) -> None:
        self._seconds: dict[str, deque[float]] = {}

    def took(self, queue: str, seconds: float) -> None:
        """An agent was busy so long with one caller, wrap-up included."""
        self._seconds.setdefault(queue, deque(maxlen=RECENT)).append(seconds)

    def recent(self, queue: str) -> tuple[float, ...]:
        """What the last ones took, the newest last."""
        return tuple(self._seconds.get(queue, ()))

    def recall(self, records: Iterable[CallRecord], roster: Roster) -> None:
        """Calls of before a restart, the oldest first: what they took is what the next ones will probably take."""
        for record in records:
            queue = roster.queue_by_id(record.queue or "")
            if queue is not None and record.talked_s and record.queue_left == Left.AGENT:
                self.took(queue.id, record.talked_s + queue.wrap_up_s)
