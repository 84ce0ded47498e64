"""One build at a time makes a thing of the cache; another that wants it waits, and finds it made."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Nobody else is inside with the same target; a process that ends lets go by itself."""
    real = target.resolve()  # a second cache may lead to the packages of the first
    real.parent.mkdir(parents=True, exist_ok=True)
    with real.with_name(f"{real.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
