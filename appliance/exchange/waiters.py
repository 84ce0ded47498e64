"""Who waits in a queue, as a call's record tells it: the place outlasts the exchange. Pure."""

from __future__ import annotations

from datetime import datetime

from appliance.domain.calls import CallRecord
from appliance.queueing.hall import Waiter


def waiter_of(record: CallRecord, caller: str | None = None) -> Waiter | None:
    """The caller as they stand in the queue; ``None`` for one who waits in none (any more). ``caller`` is the person
    whose phone calls, where it is one of ours."""
    if record.queue is None or record.queue_left is not None or record.answered_at is not None:
        return None
    if record.ended_at is not None or record.queued_at is None:
        return None
    since = datetime.fromisoformat(record.place_since or record.queued_at)
    return Waiter(record.id, record.queue, since.timestamp(), but=caller)
