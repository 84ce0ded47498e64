"""Connections that say nothing do not keep others out: whoever opens one has a while to send a whole request.

uvicorn bounds how many there are (:data:`.server.MOST_CONNECTIONS`) and how long one may idle after an answer, not
how long a request may take to come. A few hundred that a broken program leaves half open would shut everybody out.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LOOK_EVERY_S = 20.0
HEAD_LOOKS, BODY_LOOKS = 2, 45  # 20 MB over a slow link take some minutes


class PatientProtocol(H11Protocol):
    """Closed where at so many looks in a row a request was on its way, or none came."""

    _look: asyncio.TimerHandle | None = None
    _seen = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look."""
        super().connection_made(transport)
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def _look_later(self) -> None:
        self._look = self.loop.call_later(LOOK_EVERY_S, self._look_now)

    def _look_now(self) -> None:
        most = self._most_looks()
        self._seen = 0 if most is None else self._seen + 1
        if most is not None and self._seen >= most:
            self.transport.close()
            return
        self._look_later()

    def _most_looks(self) -> int | None:
        """At how many looks it may still be so; ``None`` while an answer is made or told: that may take its time."""
        if self.conn.their_state is h11.SEND_BODY:
            return BODY_LOOKS
        answering = self.cycle is not None and not self.cycle.response_complete
        return None if answering else HEAD_LOOKS
