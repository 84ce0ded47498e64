"""The configuration as a command of the person needs it: mistakes become lines on stderr and exit code 2."""

from __future__ import annotations

from pathlib import Path

from appliance.cli.exits import CliError, Exit
from appliance.config import Config, ConfigError, load


def load_or_exit(file: Path) -> Config:
    """The checked configuration. Raises :class:`CliError` with every mistake."""
    try:
        return load(file)
    except ConfigError as error:
        raise CliError(Exit.USAGE, *map(str, error.mistakes), prefix=False) from None
