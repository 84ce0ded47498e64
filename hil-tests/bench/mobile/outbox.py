"""What a modem says, in order: echo, answers and unsolicited lines go through one queue to the port."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bench.mobile.rudeness import Rudeness
from bench.mobile.state import NUMERIC_RESULT, Settings


class Outbox:
    """Frames lines after ITU-T V.250 §5.7 and writes them, in pieces and with pauses where manners are bad."""

    def __init__(self, write: Callable[[bytes], None], rudeness: Rudeness) -> None:
        self._write = write
        self._rudeness = rudeness
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._held: list[bytes] = []

    async def run(self) -> None:
        """Write what is queued, until cancelled."""
        while True:
            pieces = self._rudeness.pieces(await self._queue.get())
            for index, piece in enumerate(pieces):
                if index:
                    await asyncio.sleep(self._rudeness.chunk_delay_s)
                self._write(piece)

    def forget(self) -> None:
        """The modem lost power: nothing more of this is said."""
        self._held.clear()
        while not self._queue.empty():
            self._queue.get_nowait()

    def raw(self, data: bytes) -> None:
        """Echo and prompts."""
        if data and not self._rudeness.frozen:
            self._queue.put_nowait(self._rudeness.wire(data))

    def unsolicited(self, line: str, settings: Settings) -> None:
        """One line that nobody asked for; unknown text is framed as information."""
        if settings.verbose:
            self.raw(f"\r\n{line}\r\n".encode())
        else:
            self.raw(f"{NUMERIC_RESULT[line]}\r".encode() if line in NUMERIC_RESULT else f"{line}\r\n".encode())

    def answer(self, groups: list[list[str]], final: str, settings: Settings) -> None:
        """The answer to a command line: the information lines of each command, then the final result."""
        data = frame(groups, final, settings)
        if self._rudeness.late_answers > 0:
            self._rudeness.late_answers -= 1
            self._held.append(data)
        else:
            self.raw(data)

    def release(self) -> None:
        """A new command came in: what was held back comes out now, before its answer."""
        held, self._held = self._held, []
        for data in held:
            self.raw(data)


def frame(groups: list[list[str]], final: str, settings: Settings) -> bytes:
    """The bytes of an answer; pure."""
    parts: list[str] = []
    for lines in groups:
        if lines:
            body = "\r\n".join(lines) + "\r\n"
            parts.append("\r\n" + body if settings.verbose else body)
    if not settings.quiet:
        parts.append(f"\r\n{final}\r\n" if settings.verbose else f"{NUMERIC_RESULT.get(final, final)}\r")
    return "".join(parts).encode()
