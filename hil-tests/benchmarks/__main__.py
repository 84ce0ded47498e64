"""``python -m benchmarks``: measure, print the tables, and write them to ``docs/figures.md``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import growth, outages
from benchmarks.fifty import section as fifty
from benchmarks.figures import Section, terminal, update
from benchmarks.origination import section as origination
from benchmarks.queue import section as queue
from benchmarks.rest import section as rest
from benchmarks.rivals import section as rivals
from benchmarks.screening import section as screening
from benchmarks.web import section as web

PAGE = Path(__file__).resolve().parents[2] / "docs" / "figures.md"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks of a section."""

    quick: bool
    runs: int
    seed: int
    progress: Callable[[str], None]


def sections() -> Mapping[str, Callable[[Wanted], Section]]:
    """Every section by its key, in the order of the page."""
    return {
        "outages": lambda wanted: outages.measure(
            quick=wanted.quick, runs=wanted.runs, seed=wanted.seed, progress=wanted.progress
        ),
        "rivals": lambda wanted: rivals.measure(quick=wanted.quick, seed=wanted.seed, progress=wanted.progress),
        "rest": lambda wanted: rest.measure(quick=wanted.quick, progress=wanted.progress),
        "growth": lambda wanted: growth.measure(quick=wanted.quick, progress=wanted.progress),
        "screening": lambda wanted: screening.measure(quick=wanted.quick, progress=wanted.progress),
        "origination": lambda wanted: origination.measure(
            quick=wanted.quick, seed=wanted.seed, progress=wanted.progress
        ),
        "web": lambda wanted: web.measure(quick=wanted.quick, progress=wanted.progress),
        "queue": lambda wanted: queue.measure(quick=wanted.quick, seed=wanted.seed, progress=wanted.progress),
        "fifty": lambda wanted: fifty.measure(quick=wanted.quick, seed=wanted.seed, progress=wanted.progress),
    }


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(sections())}; all if none")
    parser.add_argument("--quick", action="store_true", help="short and rough: prints, and leaves the page alone")
    parser.add_argument("--runs", type=int, default=30, help="runs a fault in the section outages")
    parser.add_argument(
        "--seed", type=int, default=1, help="of chance, in the sections outages, rivals, origination, queue and fifty"
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    return parser


def main() -> int:
    """Measure what was asked for; a section is written as soon as it is measured."""
    parser = arguments()
    options = parser.parse_args()
    known = sections()
    if strange := [key for key in options.sections if key not in known]:
        parser.error(f"no section {strange[0]!r}; there are {', '.join(known)}")
    began = time.monotonic()

    def progress(words: str) -> None:
        print(f"[{time.monotonic() - began:6.1f} s] {words}", file=sys.stderr, flush=True)

    for key in [key for key in known if key in options.sections or not options.sections]:
        section = known[key](Wanted(options.quick, options.runs, options.seed, progress))
        print(terminal(section), flush=True)
        if not options.quick:
            update(options.page, [section], list(known))
    return 0


if __name__ == "__main__":
    sys.exit(main())
