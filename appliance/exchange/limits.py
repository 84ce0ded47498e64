"""How much may be called through the trunks (toll fraud). Pure: time comes in.

A fault or a thief must not be able to run up a bill: so many calls in any hour in all, so many to one number. Whom a
call may ring is decided where its steps are made: nothing but the roster, duty and a callback's number leads to one.
"""

from __future__ import annotations

from collections import deque

from appliance.domain.phrase import counted

HOUR_S = 3600.0


class Limits:
    """Counts calls over a sliding hour. Times are seconds of any one clock that does not go back.

    The very last attempt to reach a human is worth more than a bill: for the technician as the last step ask with
    ``last=True``, which counts, and refuses only at twice the limit in all.
    """

    def __init__(self, per_hour: int, per_number: int) -> None:
        self._per_hour, self._per_number = per_hour, per_number
        self._all: deque[tuple[float, str]] = deque()
        self._counts: dict[str, int] = {}

    def take(self, number: str, now: float, *, last: bool = False) -> str | None:
        """Count a call to ``number``: ``None``; or do not, and say in words why it is refused."""
        if (why := self.refuses(number, now, last=last)) is None:
            self._count(number, now)
        return why

    def refuses(self, number: str, now: float, *, last: bool = False) -> str | None:
        """Why :meth:`take` would refuse a call now; ``None`` where it would not."""
        self._forget(now)
        factor = 2 if last else 1
        if len(self._all) >= self._per_hour * factor:
            return counted(
                "{n} call went out within the last hour; exchange.calls_per_hour = {limit}",
                "{n} calls went out within the last hour; exchange.calls_per_hour = {limit}",
                len(self._all),
                limit=self._per_hour,
            )
        count = self._counts.get(number, 0)
        if count >= self._per_number * factor:
            return counted(
                "{n} call went out to {number} within the last hour; exchange.calls_per_number_and_hour = {limit}",
                "{n} calls went out to {number} within the last hour; exchange.calls_per_number_and_hour = {limit}",
                count,
                number=number,
                limit=self._per_number,
            )
        return None

    def recall(self, number: str, at: float) -> None:
        """Count a call of before a restart, from the log, the oldest first."""
        self._count(number, at)

    def free_at(self, now: float) -> float | None:
        """When the limit in all lets the next call through; ``None`` while it does."""
        self._forget(now)
        over = len(self._all) - self._per_hour
        return self._all[over][0] + HOUR_S if over >= 0 else None

    def _count(self, number: str, at: float) -> None:
        self._all.append((at, number))
        self._counts[number] = self._counts.get(number, 0) + 1

    def _forget(self, now: float) -> None:
        while self._all and self._all[0][0] + HOUR_S <= now:
            _at, number = self._all.popleft()
            self._counts[number] -= 1
            if not self._counts[number]:
                del self._counts[number]
