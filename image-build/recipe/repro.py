"""Two builds of the same sources and the same lock, held against each other byte by byte.

The second one makes everything anew but the fetched packages: other folders, another base root, another moment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recipe import layout
from recipe.image import Request
from recipe.places import OUTPUT, cache
from recipe.problems import BuildError
from recipe.progress import Progress

BLOCK = 1 << 20
SUFFIXES = (".img", ".cdx.json")
Build = Callable[[Request, Progress], Path]


@dataclass(frozen=True, slots=True)
class Same:
    """Two images of the same bytes."""

    architecture: str
    first: Path
    second: Path
    time_s: int

    @property
    def words(self) -> str:
        """In one line."""
        return f"{self.first} and {self.second} are the same, {self.first.stat().st_size} bytes"


def repro(request: Request, progress: Progress, build: Build) -> Same:
    """What is the same. Raises :class:`BuildError` with the first difference."""
    base = OUTPUT.parent / "repro"
    first = build(_into(request, base / "1"), progress)
    with _another_cache(base / "cache"):
        second = build(_into(request, base / "2"), progress)
    for suffix in SUFFIXES:
        one, other = first.with_suffix(suffix), second.with_suffix(suffix)
        if (at := difference(one, other)) is not None:
            where = f"in {_part(request.architecture, at)}" if suffix == ".img" else "in the bill of materials"
            raise BuildError(f"{one} and {other} differ from byte {at} on, {where}")
    return Same(request.architecture, first, second, request.time_s)


def _into(request: Request, folder: Path) -> Request:
    return Request(request.architecture, request.mirror, request.time_s, folder, compress=False)


@contextmanager
def _another_cache(place: Path) -> Iterator[None]:
    debs = cache() / "debs"
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(place)
    try:
        cache().mkdir(parents=True, exist_ok=True)
        for old in cache().glob("base-*"):
            old.unlink()
        if not (cache() / "debs").exists():
            (cache() / "debs").symlink_to(debs.resolve())  # believed by their hashes, wherever they come from
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


def difference(one: Path, other: Path) -> int | None:
    """The first byte that differs, or ``None``."""
    with one.open("rb") as a, other.open("rb") as b:
        at = 0
        while True:
            left, right = a.read(BLOCK), b.read(BLOCK)
            if left != right:
                return at + next((n for n, (x, y) in enumerate(zip(left, right, strict=False)) if x != y),
                                 min(len(left), len(right)))  # fmt: skip
            if not left:
                return None
            at += len(left)


def _part(architecture: str, at: int) -> str:
    """The partition, counted from genimage's first megabyte on."""
    start = layout.MIB
    if at < start:
        return "the partition table"
    for one in layout.partitions(architecture):
        if at < start + one.size:
            return one.label
        start += one.size
    return "the end"
