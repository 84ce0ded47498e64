"""``python -m recipe build|lock|repro``: what `make image`, `make image-lock` and `make image-repro` run."""

from __future__ import annotations

import argparse
import os
import sys

from benchmarks.figures import update
from recipe.fetch import mirror
from recipe.figures import section
from recipe.image import Request, build, source_time_s
from recipe.lock import read
from recipe.locking import relock
from recipe.places import LOCK, REPOSITORY
from recipe.problems import BuildError
from recipe.progress import Progress
from recipe.repro import repro
from recipe.wanted import ARCHITECTURES


def main() -> int:
    """0 done, 1 failed with the reason said."""
    parser = argparse.ArgumentParser(prog="recipe")
    parser.add_argument("what", choices=("build", "lock", "repro"))
    parser.add_argument("--arch", choices=ARCHITECTURES, default="arm64")
    parser.add_argument("--no-compress", action="store_true", help="leave the image as it is, for a test")
    arguments = parser.parse_args()
    valid_until = os.environ.get("APT_CHECK_VALID_UNTIL", "yes") != "no"
    try:
        if arguments.what == "lock":
            relock(mirror(), valid_until, Progress())
        else:
            request = Request(arguments.arch, mirror(), source_time_s(), compress=not arguments.no_compress)
            print(_repro(request) if arguments.what == "repro" else build(request, Progress()))
    except BuildError as error:
        print(f"image: {error}", file=sys.stderr)
        return 1
    return 0


def _repro(request: Request) -> str:
    same = repro(request, Progress(), build)
    update(REPOSITORY / "docs/figures.md", [section(same, read(LOCK.read_text()))], [])
    return same.words


sys.exit(main())
