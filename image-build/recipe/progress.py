"""What the build is doing, and for how long: a line a step."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Tells steps as they begin and end; what a step says meanwhile replaces its line on a terminal."""

    def __init__(self, stream: object = None) -> None:
        self._stream = sys.stderr
        self._live = self._stream.isatty()
        self._name = ""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step; an error passes through and the line says so."""
        self._name = name
        began = time.monotonic()
        self._write(f"image: {name} …", "" if self._live else "\n")
        try:
            yield
        except BaseException:
            self._write("\r\x1b[K" if self._live else "", f"image: {name}: failed\n")
            raise
        self._write("\r\x1b[K" if self._live else "", f"image: {name}: {time.monotonic() - began:.0f} s\n")

    def say(self, detail: str) -> None:
        """How far the running step is."""
        if self._live:
            self._write(f"\r\x1b[Kimage: {self._name}: {detail}", "")

    def note(self, text: str) -> None:
        """Something of its own line."""
        self._write("\r\x1b[K" if self._live else "", f"image: {text}\n")

    def _write(self, head: str, tail: str) -> None:
        self._stream.write(head + tail)
        self._stream.flush()
