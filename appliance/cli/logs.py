"""Logs of a service: to stderr, and for the journal of systemd without what it adds itself."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import TextIO

# syslog priorities of sd-daemon(3)
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG_PRIORITY = 7


class JournaldFormatter(logging.Formatter):
    """``<N>name: message``, the priority on every line of a record; time and unit are the journal's."""

    def __init__(self) -> None:
        super().__init__("%(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One record; a traceback keeps the priority of its first line."""
        number = next((number for level, number in _PRIORITIES if record.levelno >= level), _DEBUG_PRIORITY)
        return "\n".join(f"<{number}>{line}" for line in super().format(record).splitlines())


def configure(level: str, environment: Mapping[str, str], stream: TextIO | None = None) -> None:
    """Send all logs to ``stream`` (stderr), journald-friendly where ``JOURNAL_STREAM`` says that it listens."""
    handler = logging.StreamHandler(stream or sys.stderr)
    if "JOURNAL_STREAM" in environment:
        handler.setFormatter(JournaldFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
