"""``hotline check-config FILE``: every mistake in one run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from appliance.cli.exits import Exit
from appliance.config import Mistake, examine
from appliance.config.load import MOST_BYTES, read_at_most
from appliance.provision.examining import is_no_toml
from appliance.provision.settings import of_hotline
from appliance.translation import _, n_


def run(arguments: argparse.Namespace) -> int:
    """Mistakes and warnings to stderr, a good word to stdout."""
    found = examine(arguments.file)
    mistakes = [*found.mistakes, *_of_the_set_up(arguments.file)]
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    for warning in found.warnings:
        print(_("warning: {warning}").format(warning=warning), file=sys.stderr)
    if mistakes:
        return Exit.USAGE
    count = len(found.warnings)
    doubts = n_("{n} warning", "{n} warnings", count).format(n=count) if count else _("nothing to say against it")
    print(_("{file}: usable, {doubts}").format(file=arguments.file, doubts=doubts))
    return Exit.DONE


def _of_the_set_up(file: Path) -> list[Mistake]:
    """Mistakes of ``[provisioning]``: the services pass it over, and a box of the image takes no file with one."""
    try:
        text = read_at_most(file, MOST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []  # told already
    if is_no_toml(text):
        return []
    return [Mistake(one.file, one.path, one.message, one.line) for one in of_hotline(text, str(file))[1]]
