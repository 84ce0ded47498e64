"""The ``hotline`` command: reads the words, runs one module, turns failures into clear lines and exit codes."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from collections.abc import Sequence

from appliance.cli.exits import CliError, Exit
from appliance.cli.parser import build_parser
from appliance.translation import _


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    try:
        arguments = build_parser().parse_args(argv)
        name, _colon, function = arguments.module.partition(":")
        # only the module of this command is imported: the guard must not carry rich, nor --help anything at all
        command = importlib.import_module(f"appliance.cli.{name}")
        code = int(getattr(command, function or "run")(arguments))
        sys.stdout.flush()
        return code
    except CliError as error:
        for line in error.lines:
            print(f"hotline: {line}" if error.prefix else line, file=sys.stderr)
        return error.code
    except BrokenPipeError:
        # the reader (head, a pager) left: point stdout away, so that the interpreter's last flush is silent
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO) or error.filename is not None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print("hotline: " + _("the output cannot be written: {why}").format(why=error.strerror), file=sys.stderr)
        return Exit.REFUSED
    except KeyboardInterrupt:
        print("hotline: " + _("interrupted"), file=sys.stderr)
        return 128 + signal.SIGINT
