"""What is asked of the call log: which calls, of which period, told by what. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

SERVICE_LEVEL_S = 20.0  # the field's common goal: so many of a hundred calls answered within 20 s
SHORT_ABANDON_S = 5.0  # who hangs up within it was hardly waiting: a wrong number, a second thought


class By(StrEnum):
    """What the rows of a summary are: times of the call's arrival, or whose call it was."""

    HOUR = "hour"
    WEEKDAY = "weekday"
    DAY = "day"
    PERSON = "person"
    LINE = "line"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Question:
    """``since`` (inclusive) to ``until`` (exclusive) are moments of arrival, with a zone; ``zone`` is the local time
    that hours, weekdays and days are told in.

    With ``line`` only its calls count, with ``queue`` those that were in it, with ``person`` those that rang one of
    the person's phones or were answered by them. ``service_level_s`` is how soon a call should be answered; callers
    who hang up before ``short_abandon_s`` are no reproach to anybody.
    """

    since: datetime
    until: datetime
    zone: tzinfo
    line: str | None = None
    queue: str | None = None
    person: str | None = None
    by: By | None = None
    service_level_s: float = SERVICE_LEVEL_S
    short_abandon_s: float = SHORT_ABANDON_S
