"""Bytes from the terminal into command lines; pure of I/O."""

from __future__ import annotations

from dataclasses import dataclass

CTRL_Z, ESC, BACKSPACE = 0x1A, 0x1B, 0x08
MAX_LINE = 2048


@dataclass(frozen=True, slots=True)
class Line:
    """A whole command line, without its carriage return."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """What was typed after a prompt; ``None`` when it was broken off with ESC."""

    text: str | None


class Receiver:
    """Collects a line until carriage return, or a text until Ctrl-Z while ``prompting``."""

    def __init__(self) -> None:
        self.prompting = False
        self._buffer = bytearray()

    def clear(self) -> None:
        """Power-up."""
        self.prompting = False
        self._buffer.clear()

    def feed(self, data: bytes) -> list[Line | Text]:
        """Take bytes in; returns what is complete. A line too long is thrown away, as modems do."""
        out: list[Line | Text] = []
        for byte in data:
            if self.prompting:
                self._prompted(byte, out)
            elif byte == 0x0D:
                text = self._buffer.decode("ascii", "replace").strip()
                self._buffer.clear()
                if text:
                    out.append(Line(text))
            elif byte == BACKSPACE:
                del self._buffer[-1:]
            elif byte != 0x0A:
                self._buffer.append(byte)
                if len(self._buffer) > MAX_LINE:
                    self._buffer.clear()
        return out

    def _prompted(self, byte: int, out: list[Line | Text]) -> None:
        if byte not in (CTRL_Z, ESC):
            self._buffer.append(byte)
            return
        text = self._buffer.decode("ascii", "replace").strip()
        self._buffer.clear()
        self.prompting = False
        out.append(Text(text if byte == CTRL_Z else None))
