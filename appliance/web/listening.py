"""Who listens to what just now. A player asks for a recording in many ranges, and the audit log has a line for each
listening, not for each range."""

from __future__ import annotations

from collections import OrderedDict

PAUSE_S = 1800.0  # whoever asks for more after this long listens anew
MOST = 1000


class Listening:
    """Bounded, and of this process: what is forgotten is noted once more, never once less."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, ...], float] = OrderedDict()

    def begins(self, key: tuple[str, ...], now: float) -> bool:
        """Whether a request at ``now`` (seconds) begins a listening, or goes on with one."""
        last = self._last.pop(key, None)
        self._last[key] = now
        if len(self._last) > MOST:
            self._last.popitem(last=False)
        return last is None or not 0 <= now - last <= PAUSE_S

    def forget(self, key: tuple[str, ...]) -> None:
        """It did not come about."""
        self._last.pop(key, None)
