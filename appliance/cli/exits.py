"""How a command ends (CONTRACT, "Command line")."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3


class CliError(Exception):
    """An expected failure: its lines go to stderr, its code is the exit code. No traceback."""

    def __init__(self, code: Exit, *lines: str, prefix: bool = True) -> None:
        super().__init__("\n".join(lines))
        self.code = code
        self.lines = lines
        self.prefix = prefix
