"""Packages of the image's lock that a test needs beside the image."""

from __future__ import annotations

from pathlib import Path

from recipe.fetch import fetched, mirror
from recipe.lock import read
from recipe.places import LOCK, cache


def debs(group: str, architecture: str, begins: str = "") -> dict[str, Path]:
    """Those of a group whose names begin so, by name; fetched where the cache has them not."""
    wanted = (one for one in read(LOCK.read_text())[group, architecture] if one.name.startswith(begins))
    return fetched(wanted, cache() / "debs", mirror(), print)
