"""``hotline watch``: the situation as it changes, live on a terminal, in plain lines elsewhere."""

from __future__ import annotations

import argparse
import os
import sys

from appliance.cli import guardlink


def run(arguments: argparse.Namespace) -> int:
    """Watch until interrupted."""
    config = guardlink.configuration(arguments)
    if arguments.plain or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        from appliance.cli.watch.plain import watch_plain

        return watch_plain(config, arguments.footer)
    from appliance.cli.watch.screen import watch_screen

    return watch_screen(config, arguments.footer)
