"""What the words of the command line share: options that many commands have, and the types of their values."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.translation import _

MOST_ROWS = 10**9  # "all of them", and what SQLite can count to
WHEN = _("RFC 3339, 2h, 14:30, today or yesterday")
Subparsers = Any  # argparse keeps the type of its sub-parsers action private


def command(
    commands: Subparsers, name: str, module: str, text: str, *, tells_config: bool = False
) -> argparse.ArgumentParser:
    """A command with the options that every command has; ``module`` says what :mod:`appliance.cli.main` runs.

    ``tells_config``: its help names ``--config`` too, as for what is started by units and scripts.
    """
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    # the same options after the command as before it; SUPPRESS keeps what stood before
    told = _("configuration (default: see hotline --help)") if tells_config else argparse.SUPPRESS
    parser.add_argument("--config", type=a_path, metavar="FILE", default=argparse.SUPPRESS, help=told)
    parser.add_argument("--timeout", type=positive_s, metavar="S", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.set_defaults(module=module)
    return parser


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help=_("as JSON"))


def add_minutes(parser: argparse.ArgumentParser, text: str) -> None:
    """``--minutes N``."""
    parser.add_argument("--minutes", type=a_number_of_minutes, metavar="N", help=text)


def _checked(read: Callable[[str], float], text: str, what: str) -> float:
    try:
        value = read(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(_("{text!r} is not {what}").format(text=text, what=what))
    return value


def a_path(text: str) -> Path:
    """A path that is not empty."""
    if not text:  # Path("") is the working directory, and an unset variable of a script would mean that
        raise argparse.ArgumentTypeError(_("is empty; write a path"))
    return Path(text)


def positive_s(text: str) -> float:
    """Seconds above 0."""
    return _checked(float, text, _("a number of seconds above 0"))


def seconds_from_0(text: str) -> float:
    """Seconds from 0."""
    return 0.0 if text.strip() in ("0", "0.0") else _checked(float, text, _("a number of seconds from 0"))


def a_number_of_minutes(text: str) -> int | float:
    """Minutes above 0."""
    value = _checked(float, text, _("a number of minutes above 0"))
    return int(value) if value == int(value) else value


def a_count(text: str) -> int:
    """A whole number from 1, no more than SQLite counts to."""
    return min(int(_checked(int, text, _("a count from 1"))), MOST_ROWS)
