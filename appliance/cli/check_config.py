"""``hotline check-config FILE``: every mistake in one run."""

from __future__ import annotations

import argparse
import sys

from appliance.cli.exits import Exit
from appliance.config import examine
from appliance.translation import _, n_


def run(arguments: argparse.Namespace) -> int:
    """Mistakes and warnings to stderr, a good word to stdout."""
    found = examine(arguments.file)
    for mistake in found.mistakes:
        print(mistake, file=sys.stderr)
    for warning in found.warnings:
        print(_("warning: {warning}").format(warning=warning), file=sys.stderr)
    if found.mistakes:
        return Exit.USAGE
    count = len(found.warnings)
    doubts = n_("{n} warning", "{n} warnings", count).format(n=count) if count else _("nothing to say against it")
    print(_("{file}: usable, {doubts}").format(file=arguments.file, doubts=doubts))
    return Exit.DONE
