"""Where things are: the sources, and a cache outside the repository."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
RECIPE = REPOSITORY / "image-build"
LOCK = RECIPE / "packages.lock"
OUTPUT = REPOSITORY / "build/image"


def cache() -> Path:
    """Packages, wheels and base roots, kept between builds; removing it costs time only."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "hotline/image"
