"""``hotline guard``: the guard in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os

from appliance.cli import logs
from appliance.cli.configuration import load_or_exit
from appliance.cli.exits import Exit
from appliance.cli.foreground import until_signal

_log = logging.getLogger("hotline")


def run(arguments: argparse.Namespace) -> int:
    """Run until a signal."""
    logs.configure(arguments.log_level, os.environ)
    config = load_or_exit(arguments.config)
    from appliance.guard import app

    try:
        return asyncio.run(until_signal(app.run(config, config_file=arguments.config)))
    except Exception:
        _log.exception("the guard was ended by an error of its own")
        return Exit.REFUSED
