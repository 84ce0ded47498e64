"""How far a message is with the mail, and how long it is kept. Pure.

Kept as long as recordings are, a month at most: as long as the outbox knows what became of its letters. One that the
mail server has not got yet is kept however long that takes, one that it refused for the whole month.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from appliance.notify.notice_store import KEPT_S, Delivery

MOST_DAYS = int(KEPT_S / 86_400)


class Mailed(StrEnum):
    """What the mail server did with a message."""

    WAITING = "waiting"  # somebody has not got it yet
    TAKEN = "taken"  # for everybody
    REFUSED = "refused"  # for good, for somebody at least
    UNKNOWN = "unknown"  # the outbox does not know of it, or cannot be asked


def mailed(letters: Sequence[Delivery]) -> tuple[Mailed, str]:
    """Of all letters of a message, and why where that is known."""
    if not letters:
        return Mailed.UNKNOWN, ""
    for state, told in (("waiting", Mailed.WAITING), ("failed", Mailed.REFUSED)):
        found = [one for one in letters if one.state == state]
        if found:
            return told, "; ".join(dict.fromkeys(f"{one.to}: {one.reason}" for one in found if one.reason))
    return Mailed.TAKEN, ""


def is_over(began_at: str, letters: Sequence[Delivery], now: datetime, days: int) -> bool:
    """Whether a message's time is over. ``began_at`` is RFC 3339; ``days`` is how long recordings are kept."""
    state, _why = mailed(letters)
    if state is Mailed.WAITING:
        return False
    kept = MOST_DAYS if state is Mailed.REFUSED else min(days, MOST_DAYS)
    return now - datetime.fromisoformat(began_at) > timedelta(days=kept)
