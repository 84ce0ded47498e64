"""One recording being written, as the scribe's thread sees it. Blocks; raises ``OSError``."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from uuid import UUID, uuid4

from appliance.recordings.connection import Connection
from appliance.recordings.file import GrowingFile
from appliance.recordings.track import Track

CONNECTS_WITHIN_S = 5.0
_log = logging.getLogger(__name__)


class Writing:
    """``spares`` is the folder in which Asterisk goes on while nobody listens: ``NAME.SIDE.SECONDS.sln``."""

    def __init__(self, name: str, file: GrowingFile, sides: int, spares: Path) -> None:
        self.name, self._file, self._spares = name, file, spares
        self._track = Track(sides)
        self._expected: dict[UUID, tuple[int, float]] = {}
        self._connections: dict[int, Connection] = {}

    @property
    def frames(self) -> int:
        """How many are in the file."""
        return self._file.frames

    def expect(self, side: int, now: float) -> UUID:
        """What the side's next connection must name."""
        self._expected = {id_: one for id_, one in self._expected.items() if one[0] != side}
        id_ = uuid4()
        self._expected[id_] = side, now
        return id_

    def claim(self, connection: Connection, now: float) -> bool:
        """Take a connection that was expected; what Asterisk wrote of the side by itself comes before it."""
        if connection.id not in self._expected:
            return False
        side, _since = self._expected.pop(connection.id)
        if (old := self._connections.pop(side, None)) is not None:
            self._track.feed(side, old.take(now))
            old.close()
        self._take_spares(side)
        self._connections[side] = connection
        return True

    def collect(self, now: float) -> list[int]:
        """Put what has come into the file; the sides that will bring no more, or never came."""
        lost = []
        for side, connection in [*self._connections.items()]:
            self._track.feed(side, connection.take(now))
            if connection.over:
                connection.close()
                del self._connections[side]
                lost.append(side)
        for id_, (side, since) in [*self._expected.items()]:
            if now - since > CONNECTS_WITHIN_S:
                del self._expected[id_]
                lost.append(side)
        self._file.append(self._track.take())
        return lost

    def sync(self) -> None:
        """Safe from a power cut from here on."""
        self._file.sync()

    def finish(self, now: float) -> int:
        """Everything that came is in the file, which has its length; how many frames."""
        self.collect(now)
        for side in range(self._track.sides):
            self._take_spares(side)
        self.hang_up()
        self._file.append(self._track.take(all_of_it=True))
        self._file.close()
        return self._file.frames

    def leave(self, now: float) -> None:
        """Let go: whoever comes after this process goes on."""
        with contextlib.suppress(OSError):
            self.collect(now)
            self._file.append(self._track.take(all_of_it=True))
            self._file.sync()
        self.hang_up()
        self._file.abandon()

    def hang_up(self) -> None:
        """Nothing more is wanted."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
        self._expected.clear()

    def _take_spares(self, side: int) -> None:
        for spare in sorted(self._spares.glob(f"{self.name}.{side}.*.sln")):
            try:
                self._track.feed(side, spare.read_bytes())
                spare.unlink()
            except OSError as error:
                _log.error("what Asterisk recorded by itself is lost: %s", error)
